"""The loop at the foot of a 2 goes; holes of other digits stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from skdigits.pictures._loop import without_loop
from skdigits.preprocessing import DigitImageEncoder

LOOPED_TWO = [(25, 30), (40, 12), (60, 10), (75, 25), (72, 50), (55, 80), (35, 105), (18, 110),
              (12, 98), (22, 88), (40, 96), (60, 110), (90, 104)]  # fmt: skip
PLAIN_TWO = [(25, 30), (40, 12), (60, 10), (75, 25), (72, 50), (55, 80), (15, 110), (90, 108)]
SIX = [(70, 10), (40, 30), (22, 70), (25, 100), (50, 112), (75, 98), (72, 75), (48, 66), (25, 80)]


def drawn(points, pen=7):
    image = Image.new("1", (110, 125))
    ImageDraw.Draw(image).line(points, fill=1)
    ink = ndimage.distance_transform_edt(~np.asarray(image)) <= pen / 2
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def holes(ink):
    return ndimage.label(~np.pad(ink, 1))[1] - 1


@pytest.mark.parametrize("pen", [5, 7, 9])
def test_the_loop_of_a_two_goes(pen):
    ink = drawn(LOOPED_TWO, pen)
    assert holes(ink) == 1
    plain = without_loop(ink)
    assert holes(plain) == 0
    assert plain.sum() > 0.7 * ink.sum()
    # In its bounding box, and with the foot that goes on to the right.
    assert plain[0].any()
    assert plain[-1].any()
    assert plain[:, 0].any()
    assert plain[-len(plain) // 4 :, -1].any()


@pytest.mark.parametrize("points", [PLAIN_TWO, SIX], ids=["a plain 2", "a 6"])
def test_other_digits_stay_as_they_are(points):
    ink = drawn(points)
    assert without_loop(ink) is ink


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 3)])
def test_ink_may_be_of_any_size(shape):
    ink = np.ones(shape, dtype=bool)
    assert without_loop(ink) is ink


def test_it_is_a_step_of_the_encoder_that_can_be_switched_off():
    picture = 1.0 - np.pad(drawn(LOOPED_TWO), 20)
    assert holes(DigitImageEncoder().explain(picture)["bitmap"]) == 0
    assert "unlooped" not in DigitImageEncoder(remove_loop=False).explain(picture)
    assert holes(DigitImageEncoder(remove_loop=False).explain(picture)["bitmap"]) == 1


@pytest.mark.parametrize("every", [12, pytest.param(3, marks=pytest.mark.slow)])
def test_hardly_anybody_in_the_data_set_wrote_one(every, bitmaps):
    pages = np.pad(bitmaps[::every], [(0, 0), (4, 4), (4, 4)])
    with_loops, without = (
        DigitImageEncoder(normalised=False, remove_loop=remove).transform(pages)
        for remove in (False, True)
    )
    assert (with_loops != without).any(axis=1).sum() <= 1
