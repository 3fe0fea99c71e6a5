"""
Can its probabilities be trusted?
=================================

Of the digits that it is 90 % sure of, a calibrated classifier gets 90 % right. If so, the least
certain ones can be given to a person, and one knows how many mistakes are left.
"""

import matplotlib.pyplot as plt
import numpy as np

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.displays import ReliabilityDisplay
from skdigits.evaluation import expected_calibration_error

# sphinx_gallery_thumbnail_number = 1

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)

# %%
# Reliability
# -----------
#
# On the left, accuracy against the probability of the predicted class. Nearly all predictions are
# sure and right, and crowd in the upper corner. So the right side counts mistakes: those made,
# and those that the probabilities announce.

ReliabilityDisplay.from_estimator(clf, X_test, y_test)

# %%
# Label smoothing and temperature
# -------------------------------
#
# Label smoothing makes the network more accurate, but teaches it to be 91 % sure of everything.
# `temperature` divides the logits after training to make up for it; the predicted label stays the
# same.

raw = DigitCNNClassifier.fast(temperature=None, random_state=0).fit(X, y)
for name, model in {"with temperature": clf, "without": raw}.items():
    proba = model.predict_proba(X_test)
    error = expected_calibration_error(y_test, proba)
    print(f"{name:17} accuracy {model.score(X_test, y_test):.2%}, calibration error {error:.3f}")

# %%
# A curve for each class against the rest:

ReliabilityDisplay.from_estimator(clf, X_test, y_test, kind="per_class", strategy="uniform")

# %%
# Give the doubtful ones to a person
# ----------------------------------
#
# The rows are kept in the order of certainty. How accurate is the network on those that are left
# to it?

proba = clf.predict_proba(X_test)
is_right = clf.classes_[proba.argmax(axis=1)] == y_test
is_right = is_right[np.argsort(-proba.max(axis=1))]  # the most certain sample first


def selective_accuracy(coverage):
    """Return the accuracy on the most certain samples, a fraction of all."""
    return is_right[: round(coverage * len(is_right))].mean()


coverage = np.linspace(0.8, 1, 41)
accuracy = [selective_accuracy(part) for part in coverage]

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ax.plot(100 * coverage, 100 * np.array(accuracy))
ax.set(
    xlabel="Rows left to the network (%)",
    ylabel="Accuracy (%)",
    title="Accuracy where the least certain rows go to a person",
)
ax.grid(alpha=0.4)
print(f"With 2 % of the rows given away: {selective_accuracy(0.98):.2%}")
