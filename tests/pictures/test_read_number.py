"""Numbers read from a picture."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.exceptions import DigitsWarning, PictureError
from skdigits.pictures import DigitImageEncoder, read_digit, read_number


def on_paper(ink, margin=12):
    return (230 - 190 * np.pad(ink, margin)).astype(np.uint8)


@pytest.mark.parametrize("text", ["7", "42", "0123456789"])
def test_a_number_is_read_with_boxes_and_probabilities(handwriting, model, text):
    ink, places = handwriting(text, height=60)
    reading = read_number(on_paper(ink), model)
    assert reading.text == text
    assert [box.left for box in reading.boxes] == [left + 12 for left, *_ in places]
    assert reading.probabilities.shape == (len(text), 10)
    assert "".join(map(str, reading.probabilities.argmax(axis=1))) == text


def test_lines_are_separated(handwriting, model):
    above, _ = handwriting("123")
    below, _ = handwriting("45")
    ink = np.zeros((100, above.shape[1]))
    ink[: len(above)] = above
    ink[55 : 55 + len(below), : below.shape[1]] = below
    assert read_number(on_paper(ink), model).text == "123\n45"


def test_labels_may_be_words(handwriting):
    X, y = load_optdigits(return_X_y=True)
    words = np.array(["no", "yes"])[(y == 1).astype(int)]
    model = KNeighborsClassifier().fit(X, words)
    assert read_number(on_paper(handwriting("101")[0]), model).text == "yesnoyes"


def test_nothing_is_read_from_an_empty_picture(model):
    with pytest.warns(DigitsWarning, match="No digits were found"):
        reading = read_number(np.full((20, 20), 255, dtype=np.uint8), model)
    assert (reading.text, reading.boxes, reading.probabilities.shape) == ("", [], (0, 10))


def test_the_encoders_settings_are_those_of_the_search(handwriting, model):
    picture = 255 - on_paper(handwriting("38")[0])
    encoder = DigitImageEncoder(polarity="light")
    assert read_number(picture, model, encoder=encoder).text == "38"
    assert encoder.polarity == "light"
    with pytest.raises(PictureError):
        read_number(picture, model, encoder=DigitImageEncoder(max_pixels=100))


def test_four_in_five_rows_of_five_digits_by_unseen_hands_are_read_without_a_mistake(bitmaps):
    model = KNeighborsClassifier().fit(*load_optdigits(subset="train", return_X_y=True))
    _, labels = load_optdigits(subset="test", return_X_y=True)
    right = []
    for start in range(0, 1795, 120):
        row = np.hstack([np.pad(bitmap, ((8, 8), (3, 3))) for bitmap in bitmaps[start : start + 5]])
        picture = 230 - 190 * row.repeat(2, axis=0).repeat(2, axis=1)
        expected = "".join(map(str, labels[start : start + 5]))
        right.append(read_number(picture.astype(np.uint8), model).text == expected)
    assert np.mean(right) >= 0.8


class TestWhatIsNoDigit:
    """Where the model can tell it, a text has "?" for what is none, and parts must be digits."""

    @pytest.fixture
    def page(self, handwriting):
        """Write digits, and draw rectangles of ink (left, top, right, bottom) on the page."""

        def write(text, *marks, **settings):
            ink, places = handwriting(text, **{"height": 60, "gap": 40, **settings})
            ink = np.pad(ink, 20)
            for left, top, right, bottom in marks:
                ink[20 + top : 20 + bottom, 20 + left : 20 + right] = 1
            return (230 - 190 * ink).astype(np.uint8), places

        return write

    @pytest.mark.parametrize(
        "mark",
        [
            pytest.param([(14, 48, 26, 60)], id="point"),
            pytest.param([(8, 27, 32, 34)], id="minus"),
            pytest.param([(8, 27, 32, 34), (17, 18, 24, 43)], id="plus"),
        ],
    )
    def test_signs_between_digits_are_marked(self, page, mark, model):
        _, ((_, _, right, _), _) = page("37")
        picture, _ = page("37", *((right + a, b, right + c, d) for a, b, c, d in mark))
        reading = read_number(picture, default_model())
        assert reading.text == "3?7"
        assert reading.is_unlike_a_digit.tolist() == [False, True, False]
        # Others cannot tell, and leave out what is too small.
        assert read_number(picture, model).novelty is None

    def test_specks_are_no_signs(self, page):
        random = np.random.default_rng(0)
        specks = [(x, y, x + 2, y + 2) for x, y in random.integers(0, 58, (60, 2))]
        picture, _ = page("3725", *specks)
        assert read_number(picture, default_model()).text == "3725"

    def test_digits_that_touch_are_cut_apart_if_the_parts_are_digits(self, page):
        pairs = [f"{number:02d}" for number in range(0, 100, 11)]
        read = [read_number(page(pair, gap=-3)[0], default_model()).text for pair in pairs]
        assert np.mean([text == pair for text, pair in zip(read, pairs, strict=True)]) >= 0.7

    def test_a_corner_of_the_picture_is_the_papers_edge(self, page):
        picture, _ = page("4711")
        picture[:70, -12:] = picture[:12, -70:] = 40
        assert read_number(picture, default_model()).text == "4711"


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        (1, [(30, 10, 36, 66), (12, 70, 54, 76)]),  # the foot stands apart
        (7, [(10, 10, 50, 16), (40, 16, 46, 70), (48, 36, 62, 41), (24, 36, 38, 41)]),  # the bar
    ],
)
def test_strokes_a_pixel_apart_are_one_digit(label, parts):
    page = np.full((90, 90), 230, dtype=np.uint8)
    for left, top, right, bottom in parts:
        page[top:bottom, left:right] = 40
    reading = read_number(page, default_model())
    assert reading.text == str(label)
    assert read_digit(page, default_model()).label == label
