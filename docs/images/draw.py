"""Draw the pictures of the landing page and the tutorial.

python docs/images/draw.py
"""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt

from skdigits import DigitCNNClassifier
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits
from skdigits.displays import (
    CrossValidationDisplay,
    DigitSamplesDisplay,
    MistakesDisplay,
    TrainingHistoryDisplay,
)

FOLDER = Path(__file__).parent

# The row of the test subset on the landing page: a three.
ROW = 3


def main():
    """Draw and save all of them beside this file."""
    matplotlib.use("agg")
    X, y = load_optdigits(subset="train", return_X_y=True)
    test = load_optdigits(subset="test", bitmaps=True)
    clf = DigitCNNClassifier.fast(validation_fraction=0.1, random_state=0).fit(X, y)
    for style, name in {"default": "light", "dark_background": "dark"}.items():
        with plt.style.context(style):
            figure = draw_reading(clf, test, ROW)
            figure.savefig(FOLDER / f"how_a_digit_is_read_{name}.png", dpi=160, transparent=True)
    models = {"network": DigitCNNClassifier.fast(random_state=0), "SVC": make_baseline("svc")}
    displays = {
        "samples": DigitSamplesDisplay.from_data(X, y, random_state=0),
        "training": TrainingHistoryDisplay.from_estimator(clf),
        "folds": CrossValidationDisplay.from_estimator(models, X, y, cv=5, random_state=0),
        "mistakes": MistakesDisplay.from_estimator(clf, test.data, test.target, n_images=10),
    }
    for name, display in displays.items():
        display.figure_.savefig(FOLDER / f"tutorial_{name}.png", dpi=100)


def draw_reading(clf, digits, row):
    """Draw a bitmap, its counts, some maps of each convolution, and the probabilities."""
    maps = clf.feature_maps(digits.data[row : row + 1])
    figure = plt.figure(figsize=(9, 2.5), layout="constrained")
    bitmap, counts, layers, answer = figure.subfigures(1, 4, width_ratios=(1, 1, 1.6, 1.1))
    ink = {"cmap": "gray_r" if plt.rcParams["figure.facecolor"] == "white" else "gray"}
    draw_image(bitmap.subplots(), digits.bitmaps[row], "32x32 dots", **ink)
    draw_image(counts.subplots(), digits.images[row], "8x8 counts of ink", **ink)
    axes = layers.subplots(3, 5)
    names = [name for name in maps if name.startswith("conv") and name.count("_") == 1]
    for line, name in zip(axes, names, strict=True):
        image = maps[name][0]
        strongest = image.std(axis=(0, 1)).argsort()[::-1]
        for ax, channel in zip(line, strongest, strict=False):
            draw_image(ax, image[..., channel], cmap="magma")
    layers.suptitle("maps of three convolutions", fontsize=10)
    ax = answer.subplots()
    probabilities = clf.predict_proba(digits.data[row : row + 1])[0]
    ax.barh(range(10), probabilities, color="#1f8a9e")
    ax.set(yticks=range(10), xticks=[0, 1], xlim=(0, 1))
    ax.set_title("probabilities", fontsize=10)
    ax.tick_params(labelsize=8)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def draw_image(ax, image, title="", **imshow_kw):
    """Draw an image without axes."""
    ax.imshow(image, **imshow_kw)
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


if __name__ == "__main__":
    main()
