"""
The data
========

5620 handwritten digits of 43 people. Each is an image of 8x8 counts of ink, flat: a row of 64
features.
"""

import matplotlib.pyplot as plt

from skdigits.datasets import load_optdigits
from skdigits.displays import DigitSamplesDisplay

# sphinx_gallery_thumbnail_number = 1

# %%
# Six of each digit
# -----------------

digits = load_optdigits(bitmaps=True)
X, y = digits.data, digits.target
print(X.shape, X.min(), X.max())
display = DigitSamplesDisplay.from_data(X, y, random_state=0)

# %%
# What a count is
# ---------------
#
# The forms were scanned as bitmaps of 32x32 dots. A count is the number of black dots in a block
# of 4x4, from 0 to 16, so that strokes come out in shades of grey. 4677 of the bitmaps are
# packaged too.

row = digits.has_bitmap.nonzero()[0][3]
bitmap = digits.bitmaps[row]
counts = bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3))
assert (counts.ravel() == X[row]).all()

figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
axes[0].imshow(bitmap, cmap="gray_r")
axes[0].set_title(f"The bitmap of a {y[row]}")
axes[0].set_xticks([4 * i - 0.5 for i in range(9)], labels=[])
axes[0].set_yticks([4 * i - 0.5 for i in range(9)], labels=[])
axes[0].grid(color="tab:orange", linewidth=0.8)
axes[1].imshow(counts, cmap="gray_r", vmin=0, vmax=16)
axes[1].set_title("Its 8x8 counts")
axes[1].set_axis_off()
for (i, j), count in ((index, counts[index]) for index in zip(*counts.nonzero(), strict=True)):
    axes[1].text(j, i, count, ha="center", va="center", color="w" if count > 8 else "k")

# %%
# The average digit
# -----------------
#
# The mean of all images of a class is still a digit: that is why even a linear classifier reads
# 95 % of them. What is left takes more.

figure, axes = plt.subplots(2, 5, figsize=(7, 3.2), layout="constrained")
for label, ax in enumerate(axes.flat):
    ax.imshow(X[y == label].mean(axis=0).reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
    ax.set_title(f"Mean of {(y == label).sum()}", fontsize=9)
    ax.set_axis_off()
