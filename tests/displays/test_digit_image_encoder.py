import numpy as np
import pytest

from skdigits.displays import DigitImageEncoderDisplay
from skdigits.pictures import DigitImageEncoder


def test_each_step_is_drawn_in_order_with_dark_ink():
    picture = np.ones((60, 80))
    picture[10:50, 30:36] = picture[10:16, 30:60] = 0.1
    encoder = DigitImageEncoder(deslant=None)
    display = DigitImageEncoderDisplay.from_picture(encoder, picture)
    steps = encoder.explain(picture)
    assert list(display.steps) == list(steps)
    for ax, (name, image) in zip(display.axes_, steps.items(), strict=True):
        drawn = ax.images[0]
        np.testing.assert_array_equal(drawn.get_array(), image)
        full = {"grey": 0.0, "counts": 16}.get(name, 1)
        assert drawn.to_rgba(np.array([[full]]))[0, 0, :3] == pytest.approx(0)
    titles = [ax.get_title() for ax in display.axes_]
    assert (titles[0], titles[1], titles[-1]) == ("picture", "ink", "counts")
    assert "upright" not in titles
