"""Several digits in one picture: each is found, where it is, in the order of reading."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skdigits.exceptions import PictureError
from skdigits.pictures import DigitImageEncoder, find_digits


def on_paper(ink, margin=12, paper=230, pen=40):
    ink = np.pad(ink, margin)
    return (paper + ink * (pen - paper)).astype(np.uint8)


def places(boxes):
    return [(box.left, box.top, box.right, box.bottom) for box in boxes]


def moved(places, right, down):
    return [(a + right, b + down, c + right, d + down) for a, b, c, d in places]


@settings(deadline=None, max_examples=30)
@given(
    text=st.text("0123456789", min_size=1, max_size=7),
    hand=st.sampled_from([0, 500, 1500, 4000]),
    height=st.integers(20, 90),
    gap=st.integers(6, 100),
    slope=st.floats(-0.12, 0.12),
    margin=st.integers(4, 60),
    light_on_dark=st.booleans(),
)
def test_separate_digits_are_found_where_they_are(
    handwriting, text, margin, light_on_dark, **settings
):
    # In a line that is only slightly slanted, neighbours stand level by half of their height.
    descent = abs(settings["slope"]) * (0.8 * settings["height"] + settings["gap"])
    assume(descent <= 0.5 * settings["height"])
    ink, expected = handwriting(text, **settings)
    picture = on_paper(ink, margin)
    boxes = find_digits(255 - picture if light_on_dark else picture)
    assert places(boxes) == moved(expected, margin, margin)
    assert {box.line for box in boxes} == {0}


def test_lines_are_read_from_the_top_and_each_from_the_left(handwriting):
    above, first = handwriting("3141", gap=20)
    below, second = handwriting("592", gap=12)
    ink = np.zeros((100, max(above.shape[1], below.shape[1] + 9)))
    ink[: len(above), : above.shape[1]] = above
    ink[52 : 52 + len(below), 9 : 9 + below.shape[1]] = below
    boxes = find_digits(on_paper(ink))
    assert places(boxes) == moved([*first, *moved(second, 9, 52)], 12, 12)
    assert [box.line for box in boxes] == [0] * 4 + [1] * 3


@pytest.mark.parametrize(("pen", "in_cells"), [(1, True), (2, False), (4, True)])
def test_a_printed_box_is_no_digit(handwriting, pen, in_cells):
    ink, expected = handwriting("60274", gap=20)
    ink = np.pad(ink, 10)
    ink[:pen] = ink[-pen:] = ink[:, :pen] = ink[:, -pen:] = 1
    if in_cells:
        for left, right in pairwise(expected):
            middle = 10 + (left[2] + right[0]) // 2
            ink[:, middle : middle + pen] = 1
    assert places(find_digits(on_paper(ink))) == moved(expected, 22, 22)


def test_digits_may_touch_the_line_that_they_are_written_on(handwriting):
    ink, expected = handwriting("23857", gap=20)
    ink = np.pad(ink, [(0, 6), (30, 30)])
    ink[37:39] = 1
    boxes = find_digits(on_paper(ink))
    for box, place in zip(boxes, moved(expected, 42, 12), strict=True):
        assert np.abs(np.subtract(places([box])[0], place)).max() <= 4


def test_a_page_may_lie_askew(handwriting):
    ink, expected = handwriting("314159", gap=16)
    ink = np.pad(ink, 12)
    ink[:2] = ink[-2:] = ink[:, :2] = ink[:, -2:] = 1
    picture = ndimage.rotate(on_paper(ink, 20).astype(float), 2, cval=230, order=1)
    assert len(find_digits(np.clip(picture, 0, 255).astype(np.uint8))) == len(expected)


def test_specks_are_no_digits(handwriting):
    ink, expected = handwriting("8086", height=60)
    picture = on_paper(ink)
    random = np.random.default_rng(0)
    dust = random.random(picture.shape) < 0.004
    boxes = find_digits(np.where(dust, 60, picture).astype(np.uint8))
    assert len(boxes) == 4
    for box, place in zip(boxes, moved(expected, 12, 12), strict=True):
        assert np.abs(np.subtract(places([box])[0], place)).max() <= 15


def test_a_broken_stroke_stays_with_its_digit():
    ink = np.zeros((60, 100))
    for left in (0, 60):  # a 5 whose bar does not meet the rest
        ink[0:5, left + 8 : left + 32] = 1
        ink[9:60, left : left + 6] = ink[24:29, left : left + 26] = 1
        ink[24:60, left + 22 : left + 28] = ink[55:60, left : left + 26] = 1
    assert places(find_digits(on_paper(ink))) == moved([(0, 0, 32, 60), (60, 0, 92, 60)], 12, 12)


def test_a_comma_is_no_digit_and_no_part_of_one(handwriting):
    ink, expected = handwriting("35", gap=30)
    ink = np.pad(ink, [(0, 8), (0, 0)])
    comma = expected[0][2] + 8
    ink[36:46, comma : comma + 5] = 1
    assert places(find_digits(on_paper(ink))) == moved(expected, 12, 12)


def test_touching_digits_are_cut_apart(handwriting):
    ink, expected = handwriting("80", height=60, gap=0)
    boxes = find_digits(on_paper(ink))
    assert len(boxes) == 2
    for box, place in zip(boxes, moved(expected, 12, 12), strict=True):
        assert np.abs(np.subtract(places([box])[0], place)).max() <= 10


def test_a_large_picture_is_searched_in_its_own_pixels(handwriting):
    ink, expected = handwriting("407", height=800, gap=300)
    found = places(find_digits(on_paper(ink, 200)))
    assert np.abs(np.subtract(found, moved(expected, 200, 200))).max() <= 4


def test_each_box_shows_one_digit_alone_dark_on_light(handwriting):
    encoder = DigitImageEncoder()
    ink, _ = handwriting("26", gap=4)
    for picture in (on_paper(ink), 255 - on_paper(ink)):
        for digit, box in zip("26", find_digits(picture), strict=True):
            assert box.picture.dtype == np.float64
            assert 0 <= box.picture.min() < 0.5 < np.median(box.picture) <= 1
            alone = encoder.transform([on_paper(handwriting(digit)[0])])
            difference = np.abs(encoder.transform([box.picture]) - alone)
            assert difference.mean() < 1


def test_an_empty_picture_has_no_digits():
    assert find_digits(np.full((30, 30), 200, dtype=np.uint8)) == []
    assert find_digits(np.zeros((1, 1))) == []


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "note.png").write_text("three")
    with pytest.raises(PictureError):
        find_digits(tmp_path / "note.png")
    with pytest.raises(PictureError):
        find_digits(np.zeros((50, 50)), max_pixels=100)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.001, 0.7),
    st.tuples(st.integers(1, 120), st.integers(1, 120)),
)
def test_noise_is_survived_and_boxes_lie_in_the_picture(seed, density, shape):
    picture = (np.random.default_rng(seed).random(shape) < density) * 255.0
    for box in find_digits(picture):
        assert 0 <= box.left < box.right <= shape[1]
        assert 0 <= box.top < box.bottom <= shape[0]


def test_rows_of_original_bitmaps_fall_apart_into_their_digits(bitmaps):
    for start in range(0, 1795, 60):
        row = np.hstack([np.pad(bitmap, ((8, 8), (2, 2))) for bitmap in bitmaps[start : start + 5]])
        assert len(find_digits(255 * (1 - row.repeat(2, axis=0).repeat(2, axis=1)))) == 5


def test_reading_and_finding_digits_do_not_wait_for_scikit_learn(run_python):
    code = """
import sys
import numpy as np
from skdigits.pictures import read_digit, read_number
from skdigits.preprocessing import check_digits
from skdigits.pictures import find_digits

class One:
    classes_ = np.arange(10)
    def predict_proba(self, counts):
        return np.eye(10)[[1] * len(counts)]

picture = np.ones((40, 40))
picture[5:35, 18:22] = 0
assert read_digit(picture, One(), explain=True).label == 1
assert read_number(picture, One()).text == "1"
print(*sys.modules)
"""
    assert {"sklearn", "pandas", "matplotlib"}.isdisjoint(run_python(code).split())
