import numpy as np
import pytest
from matplotlib import pyplot

from skdigits.displays import DigitImageEncoderDisplay
from skdigits.pictures import DigitImageEncoder


@pytest.fixture
def picture():
    picture = np.ones((60, 80))
    picture[10:50, 30:36] = picture[10:16, 30:60] = 0.1
    return picture


def test_each_step_is_drawn_in_order(picture):
    encoder = DigitImageEncoder()
    display = DigitImageEncoderDisplay.from_picture(encoder, picture)
    steps = encoder.explain(picture)
    assert list(display.steps) == list(steps)
    for ax, image in zip(display.axes_, steps.values(), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
    assert [ax.get_title() for ax in display.axes_[[0, 1, -1]]] == ["picture", "ink", "counts"]


def test_ink_is_dark_in_every_step(picture):
    display = DigitImageEncoderDisplay.from_picture(DigitImageEncoder(), picture)
    for name, ax in zip(display.steps, display.axes_, strict=True):
        drawn = ax.images[0]
        full = {"grey": 0.0, "counts": 16}.get(name, 1)
        assert drawn.to_rgba(np.array([[full]]))[0, 0, :3] == pytest.approx(0)


def test_steps_that_are_switched_off_are_not_drawn(picture):
    encoder = DigitImageEncoder(deslant=None)
    titles = [
        ax.get_title() for ax in DigitImageEncoderDisplay.from_picture(encoder, picture).axes_
    ]
    assert "upright" not in titles


def test_it_draws_in_the_place_of_a_subplot(picture):
    figure, (_, right) = pyplot.subplots(1, 2)
    display = DigitImageEncoderDisplay.from_picture(DigitImageEncoder(), picture, ax=right)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1
    assert not right.axison


def test_keywords_reach_imshow(picture):
    display = DigitImageEncoderDisplay.from_picture(DigitImageEncoder(), picture)
    display.plot(imshow_kw={"cmap": "magma"})
    assert {ax.images[0].get_cmap().name for ax in display.axes_} == {"magma"}
