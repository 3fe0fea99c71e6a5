"""
Digits of people that the network has never seen
================================================

Everybody writes digits in a way of their own. In shuffled folds a writer's digits stand on both
sides of the split, so that the classifier has seen the very hand that it is tested on. The
figure is then too good to be true.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import GroupKFold

from skdigits import DigitCNNClassifier, evaluate_folds
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits, writer_groups

# sphinx_gallery_thumbnail_number = 2

# %%
# The writers
# -----------
#
# The data set does not name them, but the test rows begin anew with 0, 1, 2, ... at 14 places: a
# writer, inferred, for each. Two writers' eights:

X, y = load_optdigits(subset="test", return_X_y=True)
writers = writer_groups()

figure, axes = plt.subplots(2, 6, figsize=(7, 3), layout="constrained")
figure.suptitle("Eights by two writers")
for line, writer in zip(axes, (3, 10), strict=True):
    for ax, row in zip(line, ((y == 8) & (writers == writer)).nonzero()[0], strict=False):
        ax.imshow(X[row].reshape(8, 8), cmap="gray_r")
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(f"writer {writer}")

# %%
# The same rows, split in two ways
# --------------------------------
#
# Three folds of the same 1797 rows: shuffled, and with each writer's rows kept together.

models = {"network": DigitCNNClassifier.fast(random_state=0), "SVC": make_baseline("svc")}
mistakes = {}
for name, model in models.items():
    mixed = evaluate_folds(model, X, y, cv=3, random_state=0)
    apart = evaluate_folds(model, X, y, cv=GroupKFold(3), groups=writers)
    mistakes[name] = [100 * (1 - folds.accuracy) for folds in (mixed, apart)]
    print(f"{name}: {mixed.accuracy:.2%} mixed, {apart.accuracy:.2%} apart")

figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
for shift, (name, values) in zip((-0.2, 0.2), mistakes.items(), strict=True):
    bars = ax.barh([place + shift for place in range(2)], values, height=0.36, label=name)
    ax.bar_label(bars, fmt="%.1f %%", padding=3)
ax.set(
    xlabel="Mistakes",
    yticks=range(2),
    yticklabels=["writers mixed", "writers apart"],
    title="What leakage hides",
)
ax.margins(x=0.15)
ax.invert_yaxis()
ax.legend()

# %%
# For a figure to quote, train on ``load_optdigits(subset="train")``, by 30 writers, and test on
# ``subset="test"``, by 13 others. With data of your own, pass what the rows have in common, such
# as the person or the day, as `groups`.
