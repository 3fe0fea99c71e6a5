"""Pictures of digits through ``DigitImageEncoder``: how many of them are recognised.

Prints tables: the test part's bitmaps, the same drawn as ink on 280x280 pages, and MNIST's test
images, which no network has been trained on. Needs the original bitmaps and the MNIST images as
.npz files in a folder (``--data``). Takes some minutes; the networks are trained each time.
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.metrics import confusion_matrix
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_configuration
from skdigits.preprocessing import DigitImageEncoder

SIDE = 280
SEEDS = (0, 1, 2)


def place(bitmap, random, *, scale=(3, 8), slant=0.3, degrees=0.0):
    """Return the cover of ink, 0..1, of a bitmap somewhere on a page, anti-aliased."""
    rows, columns = np.flatnonzero(bitmap.any(axis=1)), np.flatnonzero(bitmap.any(axis=0))
    size = np.array([columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]])
    shear = np.array([[1, random.uniform(-slant, slant)], [0, 1]])
    angle = np.radians(random.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    extent = np.abs(turn @ shear) @ size + 1
    factor = min(random.uniform(*scale), (SIDE - 4) / extent.max())
    room = extent * factor / 2 + 2
    middle = random.uniform(room, SIDE - room)
    inverse = np.linalg.inv(turn @ shear * factor * 2)
    offset = np.array([columns[0], rows[0]]) + size / 2 - inverse @ (middle * 2)
    coefficients = np.column_stack([inverse, offset]).ravel()
    page = Image.fromarray(bitmap.astype(np.uint8) * 255).transform(
        (SIDE * 2, SIDE * 2), Image.Transform.AFFINE, tuple(coefficients), Image.Resampling.BILINEAR
    )
    return np.asarray(page.reduce(2)) / 255


def ink_on(paper, cover, ink=0.1):
    return paper * (1 - cover) + ink * cover


def jpeg(grey, quality):
    file = io.BytesIO()
    Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8)).save(
        file, "JPEG", quality=quality
    )
    return file.getvalue()


def slope_of_light(random):
    angle, (y, x) = random.uniform(0, 2 * np.pi), np.mgrid[:SIDE, :SIDE] / SIDE
    light = np.cos(angle) * x + np.sin(angle) * y
    return 0.35 + 0.6 * (light - light.min()) / np.ptp(light)


def ruled(random):
    page = Image.new("L", (SIDE, SIDE), 255)
    draw, gap = ImageDraw.Draw(page), int(random.integers(35, 60))
    grey, width = int(random.uniform(75, 190)), int(random.integers(1, 3))
    rise = np.tan(np.radians(random.uniform(-2, 2))) * SIDE / 2
    for y in range(int(random.integers(3, gap)), SIDE, gap):
        draw.line([(-1, y - rise), (SIDE, y + rise)], fill=grey, width=width)
    return np.asarray(page) / 255


def specks(page, random):
    page = page.copy()
    for top, left in random.integers(0, SIDE - 3, (40, 2)):
        side = random.integers(1, 4)
        page[top : top + side, left : left + side] = 0
    return page


def large(bitmap):
    """Return a bitmap at eight times the size, with smooth edges."""
    cover = np.pad(bitmap, 2).astype(float)
    return ndimage.zoom(cover, 8, order=3, grid_mode=True, mode="grid-constant") > 0.5


def thick(bitmap):
    return ndimage.distance_transform_edt(~np.pad(large(bitmap), 12)) <= 8


def thin(bitmap):
    """Take from each stroke most of what it is wide."""
    depth = ndimage.distance_transform_edt(large(bitmap))
    return depth > 0.55 * ndimage.maximum_filter(depth, 33)


def photo(bitmap, random):
    cover = place(thin(bitmap), random, scale=(0.4, 1), slant=0.2, degrees=8)
    page = np.minimum(ink_on(1, cover, 0.2), 1 - 0.3 * (1 - ruled(random)))
    page = ndimage.gaussian_filter(page * slope_of_light(random), 0.8)
    return jpeg(page + random.normal(0, 0.03, page.shape), 50)


PAGES = {
    "black ink on white": lambda b, random: ink_on(1, place(b, random), 0),
    "white on black": lambda b, random: 1 - ink_on(1, place(b, random), 0),
    "turned by up to 15 degrees": lambda b, random: ink_on(
        1, place(b, random, slant=0, degrees=15), 0
    ),
    "a slope of light": lambda b, random: ink_on(1, place(b, random)) * slope_of_light(random),
    "noise, JPEG of quality 25": lambda b, random: jpeg(
        ink_on(0.8, place(b, random), 0.3) + random.normal(0, 0.06, (SIDE, SIDE)), 25
    ),
    "40 specks": lambda b, random: specks(ink_on(1, place(b, random), 0), random),
    "ruled paper": lambda b, random: np.minimum(ink_on(1, place(b, random)), ruled(random)),
    "a marker": lambda b, random: ink_on(1, place(thick(b), random, scale=(0.35, 0.85))),
    "a thin pen": lambda b, random: ink_on(1, place(thin(b), random, scale=(0.4, 1))),
    "a photograph": photo,
}


def mean_and_range(accuracies):
    low, high = min(accuracies), max(accuracies)
    return f"{100 * np.mean(accuracies):.1f} ({100 * low:.1f} to {100 * high:.1f})"


def show(title, *cells):
    print("|", " | ".join([title, *cells]), "|", flush=True)


def train():
    """Return the networks by name: those to be measured on the test part have not seen it."""
    models = {}
    for part in ("train", "all"):
        X, y = load_optdigits(subset=part, return_X_y=True)
        for name, make in (("default", DigitCNNClassifier), ("wide", default_configuration)):
            models[name, part] = [make().set_params(random_state=seed).fit(X, y) for seed in SEEDS]
        models["SVC", part] = [SVC(C=10, gamma=0.2 / 256).fit(X, y)]
    return models


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = Path(__file__).parents[3] / "shared/data"
    arguments.add_argument("--data", type=Path, default=folder, help="folder of the .npz files")
    arguments.add_argument("--pages", type=int, default=600, help="of each kind")
    chosen = arguments.parse_args()
    with np.load(chosen.data / "optdigits_test_bitmaps_32x32.npz") as file:
        bitmaps = np.unpackbits(file["bitmaps"], axis=1).reshape(-1, 32, 32)
    with np.load(chosen.data / "mnist_t10k_first2000.npz") as file:
        images, digits = file["images"], file["labels"]
    X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    encoder = DigitImageEncoder()
    same = (encoder.transform(bitmaps) == X_test).all(axis=1)
    print(f"Bitmaps that give exactly their row of the data set: {same.sum()} of {len(same)}\n")

    models = train()
    names = ("default", "wide", "SVC")
    show("pages, 3 seeds", *names)
    show("---", *["---"] * len(names))

    def accuracies(X, y, part):
        return [
            mean_and_range([model.score(X, y) for model in models[name, part]]) for name in names
        ]

    show("the true counts", *accuracies(X_test, y_test, "train"))
    for kind, draw in PAGES.items():
        count = len(bitmaps) if kind == "black ink on white" else chosen.pages
        pages = [
            draw(bitmap.astype(bool), np.random.default_rng([number, 7]))
            for number, bitmap in enumerate(bitmaps[:count])
        ]
        show(kind, *accuracies(encoder.transform(pages), y_test[:count], "train"))

    start = time.perf_counter()
    counts = encoder.transform(images)
    milliseconds = 1000 * (time.perf_counter() - start) / len(images)
    print(f"\nMNIST, {milliseconds:.1f} ms an image to encode\n")
    show("images, 3 seeds", *(f"{name}, {part}" for part in ("train", "all") for name in names))
    show("---", *["---"] * 6)
    for title, rows in (("0 to 999", slice(1000)), ("1000 to 1999", slice(1000, None))):
        cells = [
            cell
            for part in ("train", "all")
            for cell in accuracies(counts[rows], digits[rows], part)
        ]
        show(title, *cells)
    show(
        "all 2000",
        *[cell for part in ("train", "all") for cell in accuracies(counts, digits, part)],
    )
    print("\nConfusion of all 2000, wide, all rows, seed 0 (rows: true class)\n")
    print(confusion_matrix(digits, models["wide", "all"][0].predict(counts)))


if __name__ == "__main__":
    main()
