"""
Augmentation
============

People write slanted, large, small and beside the line. Augmentation shows the network each
image a little shifted, turned, zoomed and sheared, anew in every epoch.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.synthesis import distort_bitmaps, draw_digits

# sphinx_gallery_thumbnail_number = 1

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)

# %%
# With and without
# ----------------
#
# The same network is trained twice. Then the test images are distorted.

distortions = {
    "none": lambda image: image,
    "shifted by 1 count": lambda image: ndimage.shift(image, (0, 1), order=0),
    "turned by 5 degrees": lambda image: ndimage.rotate(image, 5, reshape=False, order=1),
    "turned by 10 degrees": lambda image: ndimage.rotate(image, 10, reshape=False, order=1),
    "turned by 15 degrees": lambda image: ndimage.rotate(image, 15, reshape=False, order=1),
    "ink times 0.7": lambda image: 0.7 * image,
}
distorted = {
    name: np.array([distort(image) for image in X_test.reshape(-1, 8, 8)]).reshape(-1, 64)
    for name, distort in distortions.items()
}
models = {
    "trained on images as they are": DigitCNNClassifier.fast(epochs=8, random_state=0),
    "trained on augmented images": DigitCNNClassifier.fast(
        epochs=8, augment="affine", random_state=0
    ),
}

figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
places = np.arange(len(distorted))
for shift, (name, model) in zip((-0.2, 0.2), models.items(), strict=True):
    model.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # distorted images are unlike those of training
        accuracy = [100 * model.score(images, y_test) for images in distorted.values()]
    ax.barh(places + shift, accuracy, height=0.38, label=name)
ax.set(yticks=places, yticklabels=list(distorted), xlim=(80, 100), xlabel="Accuracy (%)")
ax.set_title("Distorted digits of unseen writers")
ax.invert_yaxis()
figure.legend(loc="outside lower center", ncols=2)

# %%
# Bitmaps can be distorted further
# --------------------------------
#
# To turn 8x8 counts blurs them. :func:`~skdigits.synthesis.distort_bitmaps` distorts the bitmaps
# of 32x32 dots that they were made of, and counts afterwards. The model that comes with skdigits
# is trained on such rows. First the original, then five of its kind:

digits = load_optdigits(subset="test", bitmaps=True)
rows = distort_bitmaps(digits.bitmaps[2:5], n_copies=5, random_state=0)
originals = digits.data[2:5]


def show(lines, title):
    """Draw lines of images of 8x8 counts."""
    figure, axes = plt.subplots(len(lines), len(lines[0]), figsize=(7, 1.2 * len(lines)))
    figure.suptitle(title)
    for ax, image in zip(axes.flat, (image for line in lines for image in line), strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set_axis_off()


show([[originals[i], *rows[i::3]] for i in range(3)], "Three bitmaps, each distorted five times")

# %%
# Digits that nobody in the data set writes
# -----------------------------------------
#
# A 1 with a flag and a foot, a 7 with a bar: :func:`~skdigits.synthesis.draw_digits` draws from
# templates of strokes.

drawn, labels = draw_digits(200, random_state=0)
show([drawn[labels == label][:6] for label in (1, 2, 7)], "Drawn 1s, 2s and 7s")
