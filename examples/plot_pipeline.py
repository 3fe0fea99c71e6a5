"""
A pipeline from pictures to digits
==================================

The encoder of pictures and the network are steps of a pipeline like any others: it is fitted,
searched, copied and pickled as a whole, and takes pictures where the network takes counts.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.pictures import DigitImageEncoder

# sphinx_gallery_thumbnail_number = 1

# %%
# Pictures
# --------
#
# 600 bitmaps of the data set, each at a place of its own on a grey page of 60x60 pixels.

digits = load_optdigits(subset="test", bitmaps=True)
rng = np.random.default_rng(0)
pages = np.full((600, 60, 60), 220, dtype=np.uint8)
for page, bitmap in zip(pages, digits.bitmaps, strict=False):
    top, left = rng.integers(2, 26, 2)
    page[top : top + 32, left : left + 32][bitmap > 0] = rng.integers(30, 90)
labels = digits.target[:600]
train, test, y_train, y_test = train_test_split(pages, labels, random_state=0)

figure, axes = plt.subplots(2, 8, figsize=(7, 2.3), layout="constrained")
figure.suptitle("Pictures of 60x60 pixels")
for ax, page in zip(axes.flat, pages, strict=False):
    ax.imshow(page, cmap="gray", vmin=0, vmax=255)
    ax.set_axis_off()

# %%
# The pipeline
# ------------

pipeline = make_pipeline(DigitImageEncoder(), DigitCNNClassifier.fast(random_state=0))
pipeline.fit(list(train), y_train)
print(f"{pipeline.score(list(test), y_test):.1%} of {len(test)} pictures are read")
pipeline

# %%
# Parameters of every step
# ------------------------
#
# They have the step's name in front, in a search as well as here.

pipeline.set_params(digitimageencoder__polarity="dark", digitcnnclassifier__epochs=10)
print(f"{pipeline.fit(list(train), y_train).score(list(test), y_test):.1%}")
