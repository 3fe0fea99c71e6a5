"""
Learning curves: epochs and rows
================================

Would longer training help? Would more data? Two curves answer the two questions.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import LearningCurveDisplay, StratifiedKFold

from skdigits import DigitCNNClassifier
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits
from skdigits.displays import TrainingHistoryDisplay

X, y = load_optdigits(subset="train", return_X_y=True)

# %%
# Epochs
# ------
#
# A tenth of the rows is set aside and measured after each epoch. The learning rate rises and then
# falls to zero over the epochs, so the last ones gain little: a fit of five epochs is a complete,
# shorter training, not this one cut off.

clf = DigitCNNClassifier.fast(epochs=10, validation_fraction=0.1, random_state=0).fit(X, y)
display = TrainingHistoryDisplay.from_estimator(clf)
display.figure_.suptitle("Loss and accuracy by epoch")

# %%
# Rows
# ----
#
# scikit-learn's own display fits the classifier on growing parts of the rows. Where the curve
# still rises at its end, more data would help. It works with the network as with any estimator.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, model in {
    "network": DigitCNNClassifier.fast(random_state=0),
    "SVC": make_baseline("svc"),
}.items():
    display = LearningCurveDisplay.from_estimator(
        model,
        X,
        y,
        train_sizes=np.array([0.08, 0.25, 1.0]),
        cv=StratifiedKFold(2, shuffle=True, random_state=0),
        score_type="test",
        line_kw={"marker": "o"},
        ax=ax,
    )
    display.lines_[0].set_label(name)
ax.set(title="Accuracy on rows that were left out", ylabel="Accuracy", xscale="log")
ax.legend()
