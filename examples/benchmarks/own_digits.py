"""Pictures of digits through ``DigitImageEncoder``: how many of them are recognised.

Prints tables: the test part's bitmaps, the same drawn as ink on 280x280 pages, and pictures by
other people, on none of which a network has been trained: MNIST's test images and, in the folder
named by ``--data``, what there is of OpenCV, Semeion, ARDIS and of public repositories. Takes some
minutes; the networks are trained each time.
"""

import argparse
import io
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_configuration, default_training_rows
from skdigits.exceptions import DigitsWarning, PictureError
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
    """Return the networks by name and part: those to be measured on the test part have not seen it.

    "for pictures" is trained as the default model is.
    """
    models = {}
    for part in ("train", "all"):
        rows = load_optdigits(subset=part, return_X_y=True)
        made = default_training_rows(subset=part, n_jobs=-1)
        for name, make, data in (
            ("default", DigitCNNClassifier, rows),
            ("for pictures", default_configuration, made),
        ):
            models[name, part] = [make().set_params(random_state=s).fit(*data) for s in SEEDS]
        models["SVC", part] = [SVC(C=10, gamma=0.2 / 256).fit(*rows)]
    return models


def strangers(folder):
    """Yield the name of each source that is there, its pictures and their digits."""
    with np.load(folder / "mnist_t10k_first2000.npz") as file:
        yield "MNIST, test images 0 to 1999", list(file["images"]), file["labels"]
    if (folder / "strangers_tuning.npz").exists():
        with np.load(folder / "strangers_tuning.npz") as file:
            for name in ("opencv", "semeion", "ardis"):
                yield name, list(file[name]), file[f"{name}_labels"]
    if (folder / "strangers_tuning_pictures.zip").exists():
        with zipfile.ZipFile(folder / "strangers_tuning_pictures.zip") as file:
            names = sorted(name for name in file.namelist() if name.endswith(".png"))
            pictures = [file.read(name) for name in names]
        yield "public repositories", pictures, np.array([int(name[0]) for name in names])


def encode(encoder, pictures):
    """Return counts; a picture without ink is a row of zeros, and so a mistake in nine of ten."""
    rows = []
    for picture in pictures:
        try:
            rows.append(encoder.transform([picture])[0])
        except PictureError:
            rows.append(np.zeros(64))
    return np.array(rows)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = Path(__file__).parents[3] / "shared/data"
    arguments.add_argument("--data", type=Path, default=folder, help="folder of the pictures")
    arguments.add_argument("--pages", type=int, default=600, help="of each kind")
    chosen = arguments.parse_args()
    warnings.simplefilter("ignore", DigitsWarning)
    test = load_optdigits(subset="test", bitmaps=True)
    bitmaps, X_test, y_test = test.bitmaps, test.data, test.target
    encoder = DigitImageEncoder()
    same = (encoder.transform(bitmaps) == X_test).all(axis=1)
    print(f"Bitmaps that give exactly their row of the data set: {same.sum()} of {len(same)}\n")

    models = train()
    names = ("default", "for pictures", "SVC")

    def accuracies(X, y, part):
        return [
            mean_and_range([model.score(X, y) for model in models[name, part]]) for name in names
        ]

    show("pages, 3 seeds", *names)
    show("---", *["---"] * len(names))
    show("the true counts", *accuracies(X_test, y_test, "train"))
    for kind, draw in PAGES.items():
        count = len(bitmaps) if kind == "black ink on white" else chosen.pages
        pages = [
            draw(bitmap.astype(bool), np.random.default_rng([number, 7]))
            for number, bitmap in enumerate(bitmaps[:count])
        ]
        show(kind, *accuracies(encode(encoder, pages), y_test[:count], "train"))

    print()
    show("strangers, 3 seeds, all rows", *names, "recall of 1, for pictures", "ms to encode one")
    show("---", *["---"] * 5)
    for source, pictures, digits in strangers(chosen.data):
        start = time.perf_counter()
        counts = encode(encoder, pictures)
        milliseconds = 1000 * (time.perf_counter() - start) / len(pictures)
        is_one = digits == 1
        ones = [model.score(counts[is_one], digits[is_one]) for model in models[names[1], "all"]]
        show(
            source,
            *accuracies(counts, digits, "all"),
            mean_and_range(ones),
            f"{milliseconds:.1f}",
        )


if __name__ == "__main__":
    main()
