"""Pictures of two values whose dots stand for greys."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from skdigits.datasets import load_optdigits
from skdigits.pictures import DigitImageEncoder
from skdigits.pictures._dots import smooth_dots

X, y = load_optdigits(subset="test", return_X_y=True)
X, y = X[:20], y[:20]


def page(row, side=120, paper=255, ink=0):
    """Draw a digit, enlarged smoothly, on paper."""
    digit = Image.fromarray((row.reshape(8, 8) * 15.9).astype(np.uint8))
    cover = Image.new("L", (side * 2, side * 2))
    cover.paste(digit.resize((side, side), Image.Resampling.BICUBIC), (side // 3, side // 4))
    return (paper + (ink - paper) * (np.asarray(cover) / 255)).astype(np.uint8)


def diffused(grey):
    return np.asarray(Image.fromarray(grey).convert("1"))


def ordered(grey):
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    return grey > np.kron(np.ones(np.array(grey.shape) // 4), (order + 0.5) * 16)


def random(grey):
    return grey > np.random.default_rng(0).uniform(0, 255, grey.shape)


@pytest.mark.parametrize(
    ("drawn", "dither"),
    [({}, diffused), ({"side": 32}, random), ({"ink": 110}, ordered), ({"paper": 210}, diffused),
     ({"paper": 0, "ink": 255}, ordered)],
)  # fmt: skip
def test_dithered_digits_are_read_nearly_as_well_as_grey_ones(drawn, dither, model):
    dots = [dither(page(row, **drawn)) for row in X]
    assert np.mean(model.predict(DigitImageEncoder().transform(dots)) == y) >= 0.85


def test_clean_pictures_of_two_values_are_left_alone(bitmaps):
    line = Image.new("1", (80, 80))
    ImageDraw.Draw(line).line([(5, 5), (30, 70), (70, 10)], fill=1)
    thresholds = [page(row) > 128 for row in X]
    for picture in [*bitmaps[:200], np.asarray(line), *thresholds, np.zeros((5, 5))]:
        grey = picture.astype(float)
        assert smooth_dots(grey) is grey
