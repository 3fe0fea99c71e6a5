"""Pictures of digits through ``DigitImageEncoder``: how many of them are recognised.

Prints tables: the test part's bitmaps, the same drawn as ink on 280x280 pages, rows of digits, and
pictures by other people, on none of which a network has been trained: MNIST's test images and, in
the folder named by ``--data``, what there is of OpenCV, Semeion, ARDIS and of public repositories,
of letters and shapes, and of several digits. The networks are trained each time: half an hour.
"""

import argparse
import io
import json
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier, load_predictor, save_model
from skdigits.datasets import load_optdigits
from skdigits.default_model import OUTLIER_LABEL, default_configuration, default_training_rows
from skdigits.evaluation import expected_calibration_error
from skdigits.exceptions import DigitsWarning, PictureError
from skdigits.pictures import MOST_NOVELTY, DigitImageEncoder, read_number

SIDE = 280
SEEDS = (0, 1, 2)
NAMES = ("default", "for pictures", "SVC")


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


ROW_HEIGHT = 48

# Of the letters in the folder, those that are written like a digit.
LIKE_DIGITS = {48, 50, 54, 64, 70, 78, 82, 88, 94, 102, 104, 114, 116, 118, 120, 136}


def row_of(bitmaps, random, gaps):
    """Return the cover of a row of digits; without gaps they are so near that they touch."""
    cover = np.zeros((ROW_HEIGHT, 0))
    for bitmap in bitmaps:
        rows, columns = np.flatnonzero(bitmap.any(axis=1)), np.flatnonzero(bitmap.any(axis=0))
        ink = bitmap[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        size = round(ROW_HEIGHT * random.uniform(0.45, 0.85)), ROW_HEIGHT
        image = Image.fromarray(ink.astype(np.uint8) * 255).resize(size, Image.Resampling.BICUBIC)
        digit = np.asarray(image) / 255
        if not cover.size:
            gap = 0
        elif gaps:
            gap = round(random.uniform(*gaps) * ROW_HEIGHT)
        else:
            right, left = (np.where(c.max(1) > 0.5, (c > 0.5).argmax(1), 999) for c in
                           (cover[:, ::-1], digit))  # fmt: skip
            gap = -int((right + left).min()) - 1
        wide = np.zeros((ROW_HEIGHT, cover.shape[1] + gap + size[0]))
        wide[:, : cover.shape[1]] = cover
        wide[:, -size[0] :] = np.maximum(wide[:, -size[0] :], digit)
        cover = wide
    return cover


def page_of(cover, random):
    """Return grey paper with noise, the row on it."""
    return np.clip(
        ink_on(0.8, np.pad(cover, 30), 0.25) + random.normal(0, 0.02, np.add(cover.shape, 60)), 0, 1
    )


def many_specks(page, random):
    page = page.copy()
    for top, left in zip(*(random.integers(0, side - 3, 60) for side in page.shape), strict=True):
        page[top : top + random.integers(1, 4), left : left + random.integers(1, 4)] = 0.2
    return page


def turned(page, degrees):
    return ndimage.rotate(page, degrees, order=1, cval=0.8)


def underlined(page):
    page = page.copy()
    page[-34:-32] = 0.3
    return page


ROWS = {
    "gaps of 0.3 to 0.6 heights": (5, (0.3, 0.6), lambda page, random: page),
    "gaps of 0.05 to 0.15 heights": (5, (0.05, 0.15), lambda page, random: page),
    "falling by 5 degrees": (5, (0.3, 0.6), lambda page, random: turned(page, -5)),
    "rising by 8 degrees": (5, (0.3, 0.6), lambda page, random: turned(page, 8)),
    "on a ruled line through their feet": (5, (0.3, 0.6), lambda page, random: underlined(page)),
    "60 specks": (5, (0.3, 0.6), many_specks),
    "two digits that touch": (2, None, lambda page, random: page),
    "all five touch": (5, None, lambda page, random: page),
}


def rows_read(kind, bitmaps, digits, model, n_pages):
    """Return the shares of rows with the right number of digits, and without a mistake."""
    length, gaps, change = ROWS[kind]
    found = right = 0
    for number in range(n_pages):
        random = np.random.default_rng([number, 3])
        chosen = random.integers(len(digits), size=length)
        page = change(page_of(row_of(bitmaps[chosen], random, gaps), random), random)
        text = read_number(page, model).text
        found += len(text) == length
        right += text == "".join(map(str, digits[chosen]))
    return found / n_pages, right / n_pages


def predictor_of(clf):
    """Return the predictor of a classifier, with the class "not a digit" as novelty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skdigits"
        save_model(clf, path, outlier_label=OUTLIER_LABEL)
        return load_predictor(path)


def accuracy(model, X, y):
    return np.mean(model.predict(X) == y)


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
            fitted = [make().set_params(random_state=s).fit(*data) for s in SEEDS]
            models[name, part] = [*map(predictor_of, fitted)] if name == "for pictures" else fitted
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


def no_digits(folder):
    """Yield kinds of pictures that show no digit: letters unlike one, and shapes."""
    path = folder / "nondigits_tuning.zip"
    if not path.exists():
        return
    with zipfile.ZipFile(path) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".png"))
        letters = [name for name in names if name.startswith("letter")]
        kinds = {
            "letters": [n for n in letters if int(Path(n).stem) not in LIKE_DIGITS],
            "letters like a digit": [n for n in letters if int(Path(n).stem) in LIKE_DIGITS],
            "shapes": [name for name in names if name.startswith("shape")],
        }
        for kind, names in kinds.items():
            yield kind, [file.read(name) for name in names]


def numbers(folder):
    """Yield name, picture and truth of several digits."""
    path = folder / "numbers_tuning.zip"
    if path.exists():
        with zipfile.ZipFile(path) as file:
            for name, text in json.loads(file.read("truth.json")).items():
                yield name, file.read(name), text


def encode(encoder, pictures):
    """Return counts; a picture without ink is a row of zeros, and so a mistake in nine of ten."""
    rows = []
    for picture in pictures:
        try:
            rows.append(encoder.transform([picture])[0])
        except PictureError:
            rows.append(np.zeros(64))
    return np.array(rows)


def accuracies(models, X, y, part):
    return [
        mean_and_range([accuracy(model, X, y) for model in models[name, part]]) for name in NAMES
    ]


def show_pages(models, test, encoder, n_pages):
    show("pages, 3 seeds", *NAMES)
    show("---", *["---"] * len(NAMES))
    show("the true counts", *accuracies(models, test.data, test.target, "train"))
    for kind, draw in PAGES.items():
        count = len(test.bitmaps) if kind == "black ink on white" else n_pages
        pages = [
            draw(bitmap.astype(bool), np.random.default_rng([number, 7]))
            for number, bitmap in enumerate(test.bitmaps[:count])
        ]
        show(kind, *accuracies(models, encode(encoder, pages), test.target[:count], "train"))


def show_rows(model, test, folder, n_rows):
    with np.load(folder / "mnist_t10k_first2000.npz") as file:
        mnist = file["images"] > 127, file["labels"]
    show("rows, for pictures", "found", "read", "found, MNIST", "read, MNIST")
    show("---", *["---"] * 4)
    for kind in ROWS:
        shares = [
            share
            for source in ((test.bitmaps.astype(bool), test.target), mnist)
            for share in rows_read(kind, *source, model, n_rows)
        ]
        show(kind, *(f"{100 * share:.1f}" for share in shares))


def errors_by_chance(probabilities, n_draws=200):
    """Return calibration errors of digits that are drawn with these probabilities.

    They are what would be measured if the probabilities were right: of few pictures, not 0.
    """
    random = np.random.default_rng(0)
    below = probabilities.cumsum(axis=1)
    drawn = (random.random((n_draws, len(below), 1)) > below[:, :-1]).sum(axis=2)
    return [expected_calibration_error(digits, probabilities) for digits in drawn]


def show_strangers(models, encoder, folder):
    """Print what is read of each source, and return the novelty of all digits by model."""
    readers = models["for pictures", "all"]
    every_novelty = []
    columns = (
        *NAMES,
        "recall of 1",
        "calibration error",
        "by chance",
        "unlike a digit",
        "ms to encode one",
    )
    show("strangers, 3 seeds, all rows", *columns)
    show("---", *["---"] * len(columns))
    for source, pictures, digits in strangers(folder):
        start = time.perf_counter()
        counts = encode(encoder, pictures)
        milliseconds = 1000 * (time.perf_counter() - start) / len(pictures)
        is_one = digits == 1
        probabilities = [model.predict_proba(counts) for model in readers]
        chance = np.concatenate([errors_by_chance(p) for p in probabilities])
        novelty = [model.novelty(counts) for model in readers]
        every_novelty.append(novelty)
        show(
            source,
            *accuracies(models, counts, digits, "all"),
            mean_and_range([accuracy(model, counts[is_one], digits[is_one]) for model in readers]),
            mean_and_range([expected_calibration_error(digits, p) for p in probabilities]),
            f"{100 * chance.mean():.1f}, 95 % below {100 * np.quantile(chance, 0.95):.1f}",
            mean_and_range([np.mean(values > MOST_NOVELTY) for values in novelty]),
            f"{milliseconds:.1f}",
        )
    return np.concatenate(every_novelty, axis=1)


def show_no_digits(readers, encoder, folder, of_digits):
    show("no digits", "pictures", "beyond the threshold", "beyond that of 2 % of digits", "AUROC")
    show("---", *["---"] * 4)
    for kind, pictures in no_digits(folder):
        counts = encode(encoder, pictures)
        pairs = [(d, model.novelty(counts)) for d, model in zip(of_digits, readers, strict=True)]
        show(
            kind,
            str(len(pictures)),
            mean_and_range([np.mean(n > MOST_NOVELTY) for _, n in pairs]),
            mean_and_range([np.mean(n > np.quantile(d, 0.98)) for d, n in pairs]),
            mean_and_range(
                [roc_auc_score(np.repeat([0, 1], [len(d), len(n)]), [*d, *n]) for d, n in pairs]
            ),
        )


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = Path(__file__).parents[3] / "shared/data"
    arguments.add_argument("--data", type=Path, default=folder, help="folder of the pictures")
    arguments.add_argument("--pages", type=int, default=600, help="of each kind")
    arguments.add_argument("--rows", type=int, default=200, help="of each kind")
    chosen = arguments.parse_args()
    warnings.simplefilter("ignore", DigitsWarning)
    test = load_optdigits(subset="test", bitmaps=True)
    encoder = DigitImageEncoder()
    same = (encoder.transform(test.bitmaps) == test.data).all(axis=1)
    print(f"Bitmaps that give exactly their row of the data set: {same.sum()} of {len(same)}\n")

    models = train()
    show_pages(models, test, encoder, chosen.pages)
    print()
    show_rows(models["for pictures", "train"][0], test, chosen.data, chosen.rows)
    print()
    of_digits = show_strangers(models, encoder, chosen.data)
    print()
    readers = models["for pictures", "all"]
    show_no_digits(readers, encoder, chosen.data, of_digits)
    print()
    for name, picture, text in numbers(chosen.data):
        read = [read_number(picture, model).text for model in readers]
        print(name, text.split(), *("right" if r == text else r.split() for r in read))


if __name__ == "__main__":
    main()
