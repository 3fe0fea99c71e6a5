import numpy as np
import pytest
from matplotlib import pyplot

from skdigits.displays import DigitSamplesDisplay


def test_images_stand_under_their_class(digits):
    X, y = digits
    display = DigitSamplesDisplay.from_data(X, y, n_per_class=4, random_state=0)
    assert [ax.get_title() for ax in display.axes_[0]] == [str(label) for label in range(10)]
    for label, column in enumerate(display.axes_.T):
        drawn = np.stack([ax.images[0].get_array() for ax in column])
        known = X[y == label].reshape(-1, 8, 8)
        assert all((image == known).all(axis=(1, 2)).any() for image in drawn)
        assert len({image.tobytes() for image in drawn}) == 4


def test_the_seed_chooses(digits):
    first, again, other = (
        DigitSamplesDisplay.from_data(*digits, random_state=seed).images for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_with_few_images_has_empty_places():
    X, y = np.arange(5 * 4.0).reshape(5, 4), np.array(["b", "a", "a", "a", "b"])
    display = DigitSamplesDisplay.from_data(X, y, n_per_class=3)
    assert [len(ax.images) for ax in display.axes_.ravel()] == [1, 1, 1, 1, 1, 0]
    assert not display.axes_[2, 1].axison


def test_it_draws_in_the_place_of_a_subplot(digits):
    figure, (left, right) = pyplot.subplots(1, 2)
    display = DigitSamplesDisplay.from_data(*digits, ax=right)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1
    assert not right.axison
    assert display.axes_[0, 0].get_position().x0 > left.get_position().x1


def test_axes_that_are_no_subplot_are_refused(digits):
    ax = pyplot.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"must be a subplot"):
        DigitSamplesDisplay.from_data(*digits, ax=ax)


def test_keywords_reach_imshow(digits):
    display = DigitSamplesDisplay.from_data(*digits, imshow_kw={"cmap": "magma"})
    assert display.axes_[0, 0].images[0].get_cmap().name == "magma"
    display.plot()
    assert display.axes_[0, 0].images[0].get_cmap().name == "gray_r"


def test_importing_displays_starts_neither_pyplot_nor_tensorflow(run_python):
    code = """
import sys, skdigits.displays
print(*sys.modules)
"""
    modules = run_python(code).split()
    assert "matplotlib.pyplot" not in modules
    assert "tensorflow" not in modules
