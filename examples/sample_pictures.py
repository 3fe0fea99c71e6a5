"""Draw the sample pictures that come with skdigits, from bitmaps of the data set's test subset.

    python examples/sample_pictures.py

They look like what people photograph and scan: ink of some colour, paper, light and noise. The
files are the same each time, as far as Pillow writes the same JPEG.
"""

from pathlib import Path

import numpy as np
from benchmarks.own_digits import ink_on, large, place, ruled, slope_of_light, thick, thin
from PIL import Image, ImageOps
from scipy import ndimage

import skdigits
from skdigits.datasets import load_optdigits, writer_groups

FOLDER = Path(skdigits.__file__).parent / "datasets" / "samples"

# Colours of ink and of paper; chalk is what a blackboard has for paper.
BLUE = ("#1d2f6f", "#f4efe2")
BLACK = ("#222222", "#e9e6df")
RED = ("#a31621", "#f7f7f4")
CHALK = ("#27352f", "#eef2ea")


def save(name, grey, colours, random):
    """Colour a page from 0, ink, to 1, paper; add a camera's blur and noise, and write it."""
    page = ndimage.gaussian_filter(grey, 0.7) + random.normal(0, 0.02, grey.shape)
    picture = Image.fromarray((np.clip(page, 0, 1) * 255).astype(np.uint8))
    picture = ImageOps.colorize(picture, *colours)
    if name.endswith(".png"):
        picture = picture.quantize(4)  # noise of many colours would make a large file
    picture.save(FOLDER / name, quality=80, optimize=True)


def line_of_digits(bitmaps, gap=70):
    """Return the cover of ink of digits side by side, on a page that is turned a little."""
    inks = [ndimage.zoom(large(bitmap).astype(float), 0.4, order=1) for bitmap in bitmaps]
    inks = [ink[:, ink.any(axis=0)] for ink in inks]
    line = np.concatenate([np.pad(ink, ((0, 0), (0, gap - ink.shape[1]))) for ink in inks], axis=1)
    page = Image.fromarray((np.pad(line, 30) * 255).astype(np.uint8))
    return np.asarray(page.rotate(2, Image.Resampling.BILINEAR)) / 255


def main():
    digits = load_optdigits(subset="test", bitmaps=True)
    writers = writer_groups()

    def of(digit, writer):
        return digits.bitmaps[(digits.target == digit) & (writers == writer)][1].astype(bool)

    def random(seed):
        return np.random.default_rng(seed)

    FOLDER.mkdir(exist_ok=True)
    size = {"scale": (0.5, 0.7), "slant": 0.1, "degrees": 5}
    for name, cover, paper, colours in (
        ("3-ruled-paper.jpg", place(large(of(3, 2)), random(3), **size), ruled(random(4)), BLUE),
        ("4-marker.jpg", place(thick(of(4, 5)), random(5), **size), 1.0, RED),
        ("5-pencil.png", place(thin(of(5, 7)), random(6), **size), 1.0, BLUE),
        (
            "7-shadow.jpg",
            place(large(of(7, 1)), random(7), **size),
            slope_of_light(random(8)),
            BLACK,
        ),
    ):
        save(name, np.minimum(ink_on(1, cover, 0), paper), colours, random(9))
    save("9-blackboard.jpg", place(large(of(9, 10)), random(10), **size), CHALK, random(11))
    number = line_of_digits([of(digit, 3) for digit in (5, 6, 2, 0)])
    save("5620-several.jpg", ink_on(1, number, 0), BLUE, random(12))


if __name__ == "__main__":
    main()
