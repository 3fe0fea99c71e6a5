"""
A network against a support vector machine
==========================================

Is the network worth its trouble? A support vector machine that is tuned on the same rows is the
one to beat.
"""

import numpy as np

from skdigits import DigitCNNClassifier
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits
from skdigits.displays import CrossValidationDisplay
from skdigits.evaluation import paired_difference

# sphinx_gallery_thumbnail_number = 1

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
models = {
    "network": DigitCNNClassifier.fast(random_state=0),
    "SVC": make_baseline("svc"),
    "1-NN": make_baseline("knn"),
}

# %%
# On the same folds
# -----------------
#
# Each point is a fold of the rows of the 30 training writers. The bar is their mean, the whiskers
# one standard deviation. The support vector machine gives no probabilities, so it has no
# log-loss.

display = CrossValidationDisplay.from_estimator(models, X, y, cv=3, random_state=0)
display.figure_.suptitle("Accuracy and log-loss of each fold")

# %%
# On the same strangers
# ---------------------
#
# 13 other people wrote the test rows. Two classifiers that read the same rows are compared row by
# row: rows that are hard for both say nothing about the difference.

right = {name: model.fit(X, y).predict(X_test) == y_test for name, model in models.items()}
for name, rows in right.items():
    print(f"{name:8} {np.mean(rows):.2%}, {np.sum(~rows)} of {len(y_test)} wrong")

difference = paired_difference(right["network"], right["SVC"])
print(
    f"The network is better by {difference.points:.2f} points "
    f"(standard error {difference.standard_error:.2f}, p = {difference.p_value:.1g})"
)
