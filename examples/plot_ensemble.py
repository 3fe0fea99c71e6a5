"""
An ensemble of networks
=======================

Networks that differ in their seeds make different mistakes. Their average makes fewer than most
of them alone.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import VotingClassifier

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)

# %%
# Five networks that vote
# -----------------------
#
# scikit-learn's :class:`~sklearn.ensemble.VotingClassifier` with soft voting averages the
# probabilities of its members. The networks share one traced graph, so that five take little more
# than five times the training of one. They are trained on a quarter of the samples, so that there
# are enough mistakes to count.

networks = [(f"network_{seed}", DigitCNNClassifier.fast(random_state=seed)) for seed in range(5)]
ensemble = VotingClassifier(networks, voting="soft").fit(X[::4], y[::4])

# %%
# Alone and together
# ------------------

probabilities = np.stack([member.predict_proba(X_test) for member in ensemble.estimators_])
alone = (probabilities.argmax(axis=2) != y_test).sum(axis=1)
together = (probabilities.cumsum(axis=0).argmax(axis=2) != y_test).sum(axis=1)
print("alone   ", alone)
print("together", together)

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
members = np.arange(1, 6)
ax.plot(members, alone, "o", label="each network alone")
ax.plot(members, together, "o-", label="the first k together")
ax.axhline(alone.mean(), color="tab:blue", linestyle=":", label="mean of the networks alone")
ax.set(
    xlabel="Networks",
    ylabel=f"Mistakes of {len(y_test)}",
    xticks=members,
    ylim=(0, 1.1 * alone.max()),
    title="Digits of people they have never seen",
)
ax.legend()

# %%
# Where they disagree
# -------------------
#
# The images that the five networks disagree on most are the ones that people hesitate at, too.

disagreement = probabilities.std(axis=0).max(axis=1)
figure, axes = plt.subplots(1, 6, figsize=(7, 1.8), layout="constrained")
for ax, row in zip(axes, np.argsort(-disagreement), strict=False):
    ax.imshow(X_test[row].reshape(8, 8), cmap="gray_r")
    ax.set_title(" ".join(map(str, probabilities[:, row].argmax(axis=1))), fontsize=8)
    ax.set_axis_off()
