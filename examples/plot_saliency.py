"""
What a prediction depends on
============================

Two maps of one image: how much of the answer is lost where a count is set to 0, and how much is
gained with a little more ink.
"""

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.displays import SaliencyDisplay

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)

# %%
# Why is it a three?
# ------------------
#
# Red counts speak for the class: blank them, and log-probability is lost.

SaliencyDisplay.from_estimator(clf, X_test[3])

# %%
# What speaks for another digit?
# ------------------------------
#
# `target` asks about another class than the predicted one. Where would ink make an eight of this
# three?

SaliencyDisplay.from_estimator(clf, X_test[3], target=8)
