import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skdigits.datasets import load_optdigits
from skdigits.displays import NumberReadingDisplay
from skdigits.exceptions import DigitsWarning


@pytest.fixture(scope="module")
def model():
    return KNeighborsClassifier().fit(*load_optdigits(return_X_y=True))


@pytest.fixture
def picture(handwriting):
    return 1 - 0.8 * np.pad(handwriting("407")[0], 10)


def test_each_digit_has_its_box_and_label(picture, model):
    display = NumberReadingDisplay.from_picture(picture, model)
    frames = [frame.get_bbox().extents for frame in display.ax_.patches]
    expected = [
        (box.left - 0.5, box.top - 0.5, box.right - 0.5, box.bottom - 0.5)
        for box in display.reading.boxes
    ]
    np.testing.assert_allclose(frames, expected)
    confidences = display.reading.probabilities.max(axis=1)
    assert [text.get_text() for text in display.ax_.texts] == [
        f"{label} {confidence:.0%}" for label, confidence in zip("407", confidences, strict=True)
    ]
    assert display.ax_.get_title() == "407"
    np.testing.assert_allclose(display.ax_.images[0].get_array(), picture)


def test_a_picture_without_digits_is_drawn_bare(model):
    with pytest.warns(DigitsWarning, match="No digits were found"):
        display = NumberReadingDisplay.from_picture(np.ones((10, 2000)), model)
    assert not display.ax_.patches
    assert display.figure_.get_figheight() >= 1
