import numpy as np

from skdigits.displays import DigitSamplesDisplay


def test_images_stand_under_their_class(digits):
    X, y = digits
    display = DigitSamplesDisplay.from_data(X, y, n_per_class=2, random_state=0)
    assert [ax.get_title() for ax in display.axes_[0]] == [str(label) for label in range(10)]
    for label, column in enumerate(display.axes_.T):
        drawn = np.stack([ax.images[0].get_array() for ax in column])
        known = X[y == label].reshape(-1, 8, 8)
        assert all((image == known).all(axis=(1, 2)).any() for image in drawn)
        assert len({image.tobytes() for image in drawn}) == 2


def test_the_seed_chooses(digits):
    first, again, other = (
        DigitSamplesDisplay.from_data(*digits, n_per_class=1, random_state=seed).images
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_with_few_images_has_empty_places():
    X, y = np.arange(5 * 4.0).reshape(5, 4), np.array(["b", "a", "a", "a", "b"])
    display = DigitSamplesDisplay.from_data(X, y, n_per_class=3)
    assert [len(ax.images) for ax in display.axes_.ravel()] == [1, 1, 1, 1, 1, 0]
    assert not display.axes_[2, 1].axison
