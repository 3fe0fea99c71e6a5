"""What each distortion does to the digits, seen by a classifier that keeps what it is given."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.svm import SVC

from skdigits.datasets import load_optdigits
from skdigits.evaluation import evaluate_robustness

ROTATIONS = [f"rotation by {degrees} degrees" for degrees in (5, 10, 15)]
NAMES = [
    "none",
    "shift by 1 pixel",
    *ROTATIONS,
    "noise",
    "missing block",
    "ink times 0.7",
    "ink times 1.3",
]


class Witness(ClassifierMixin, BaseEstimator):
    """Keeps all that it is asked to predict, and calls everything 0."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = []
        return self

    def predict(self, X):
        self.seen_.append(X.copy())
        return np.zeros(len(X), dtype=int)


@pytest.fixture
def seen(digits):
    """Show images to a witness: the distorted ones by distortion."""

    def show(X, *, image_shape=(8, 8), random_state=0):
        witness = Witness().fit(*digits)
        evaluate_robustness(
            witness, X, np.zeros(len(X)), image_shape=image_shape, random_state=random_state
        )
        images = (x.reshape(-1, *image_shape) for x in witness.seen_)
        return dict(zip(NAMES, images, strict=True))

    return show


def moved(image, down, right):
    """Move an image by at most one pixel; what comes in is empty."""
    height, width = image.shape
    return np.pad(image, 1)[1 - down : 1 - down + height, 1 - right : 1 - right + width]


def test_a_row_for_each_distortion(digits):
    X, y = digits
    result = evaluate_robustness(Witness().fit(X, y), X, y)
    assert result.index.tolist() == NAMES
    assert result.index.name == "distortion"
    assert result.columns.tolist() == ["accuracy"]
    assert set(result.accuracy) == {np.mean(y == 0)}


def test_none_leaves_the_images_as_they_are(digits, seen):
    np.testing.assert_array_equal(seen(digits[0])["none"].reshape(-1, 64), digits[0])


@pytest.mark.parametrize("image_shape", [(8, 8), (4, 16)])
def test_a_shift_is_by_exactly_one_pixel_to_each_of_four_sides(digits, seen, image_shape):
    X, _ = digits
    shifted = seen(X, image_shape=image_shape)["shift by 1 pixel"]
    sides = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    taken = set()
    for image, before in zip(shifted, X.reshape(-1, *image_shape), strict=True):
        fitting = [side for side in sides if np.array_equal(image, moved(before, *side))]
        assert len(fitting) == 1
        taken.update(fitting)
    assert taken == set(sides)


def test_a_rotation_is_to_either_side_and_keeps_the_ink_of_the_middle(seen):
    images = np.zeros((40, 8, 8))
    images[:, 2:6, 3:5] = 10.0  # an upright bar
    shown = seen(images.reshape(40, 64))
    rows, columns = np.mgrid[-3.5:4, -3.5:4]
    moments = []
    for name in ROTATIONS:
        rotated = shown[name]
        assert rotated.shape == images.shape
        assert rotated.min() >= 0
        assert rotated.max() <= 10
        np.testing.assert_allclose(rotated.sum(axis=(1, 2)), 80, rtol=0.05)
        leaning = (rotated * rows * columns).sum(axis=(1, 2))
        assert leaning.min() == pytest.approx(-leaning.max())  # to either side, by as much
        assert len(np.unique(leaning.round(6))) == 2
        moments.append(leaning.max())
    assert 0 < moments[0] < moments[1] < moments[2]


def test_noise_is_of_two_counts_and_clipped(seen):
    grey, empty, full = (np.full((200, 64), value) for value in (8.0, 0.0, 16.0))
    noise = seen(grey)["noise"] - 8
    assert noise.mean() == pytest.approx(0, abs=0.1)
    assert noise.std() == pytest.approx(2, rel=0.05)
    assert len(np.unique(noise)) > 0.99 * noise.size
    for images in (empty, full):
        noisy = seen(images)["noise"]
        assert noisy.min() >= 0
        assert noisy.max() <= 16
        changed = noisy.reshape(-1, 64) != images
        assert changed.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("image_shape", [(8, 8), (4, 16)])
def test_a_missing_block_is_of_two_by_two_pixels_anywhere(seen, image_shape):
    height, width = image_shape
    full = np.full((2000, 64), 9.0)
    places = set()
    for image in seen(full, image_shape=image_shape)["missing block"]:
        rows, columns = np.nonzero(image == 0)
        top, left = rows.min(), columns.min()
        expected = np.full(image_shape, 9.0)
        expected[top : top + 2, left : left + 2] = 0
        np.testing.assert_array_equal(image, expected)
        assert len(rows) == 4
        places.add((top, left))
    assert places == {(top, left) for top in range(height - 1) for left in range(width - 1)}


def test_a_missing_block_of_a_digit_changes_at_most_four_pixels(digits, seen):
    X, _ = digits
    without = seen(X)["missing block"].reshape(-1, 64)
    changed = without != X
    assert changed.sum(axis=1).max() == 4
    assert (without[changed] == 0).all()


def test_ink_is_a_factor_and_clipped(digits, seen):
    X, _ = digits
    shown = seen(X)
    np.testing.assert_allclose(shown["ink times 0.7"].reshape(-1, 64), 0.7 * X)
    more = np.minimum(1.3 * X, 16)
    np.testing.assert_allclose(shown["ink times 1.3"].reshape(-1, 64), more)
    assert (more == 16).any()


def test_every_distortion_but_none_changes_the_digits_and_keeps_ink_in_range(digits, seen):
    X, _ = digits
    for name, images in seen(X).items():
        assert np.array_equal(images.reshape(-1, 64), X) == (name == "none")
        assert images.min() >= 0
        assert images.max() <= 16


def test_the_same_random_state_gives_the_same_images_another_others(digits, seen):
    X, _ = digits
    first, again, other = (seen(X, random_state=seed) for seed in (0, 0, 1))
    for name in NAMES:
        np.testing.assert_array_equal(first[name], again[name])
        chance = name != "none" and not name.startswith("ink")
        assert np.array_equal(first[name], other[name]) != chance


def test_the_users_images_are_as_before(digits):
    X, y = (values.copy() for values in digits)
    evaluate_robustness(Witness().fit(X, y), X, y)
    np.testing.assert_array_equal(X, digits[0])
    np.testing.assert_array_equal(y, digits[1])


def test_a_support_vector_machine_suffers():
    clf = SVC().fit(*load_optdigits(subset="train", return_X_y=True))
    X, y = load_optdigits(subset="test", return_X_y=True)
    first, again = (evaluate_robustness(clf, X, y, random_state=0) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    accuracy = first.accuracy
    assert accuracy["none"] == clf.score(X, y)
    assert accuracy.drop("none").between(0.5, accuracy["none"] + 0.01).all()
    assert accuracy[ROTATIONS].is_monotonic_decreasing
    assert accuracy["shift by 1 pixel"] < accuracy["none"] - 0.02


def test_a_digit_network_is_measured_as_any_other(digits, tiny):
    X, y = digits
    names = np.array(list("abcdefghij"))
    clf = tiny(epochs=2).fit(X, names[y])
    result = evaluate_robustness(clf, X, names[y], random_state=0)
    assert result.accuracy["none"] == clf.score(X, names[y])


def test_a_frame_may_be_given_to_a_classifier_that_has_seen_one(digits):
    X, y = pd.DataFrame(digits[0]).add_prefix("pixel_"), pd.Series(digits[1])
    clf = SVC().fit(X, y)
    result = evaluate_robustness(clf, X, y, random_state=0)
    arrays = evaluate_robustness(SVC().fit(*digits), *digits, random_state=0)
    pd.testing.assert_frame_equal(result, arrays)


def test_wrong_input_is_named(digits):
    X, y = digits
    clf = Witness().fit(X, y)
    with pytest.raises(TypeError, match="instance of a scikit-learn classifier"):
        evaluate_robustness(LinearRegression().fit(X, y), X, y)
    with pytest.raises(TypeError, match="instance of a scikit-learn classifier"):
        evaluate_robustness(Witness, X, y)
    with pytest.raises(NotFittedError):
        evaluate_robustness(SVC(), X, y)
    with pytest.raises(ValueError, match="X has 63 features; images of 8x8 have 64"):
        evaluate_robustness(clf, X[:, 1:], y)
    with pytest.raises(ValueError, match="X has 64 features; images of 4x8 have 32"):
        evaluate_robustness(clf, X, y, image_shape=(4, 8))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate_robustness(clf, X, y[1:])
    with pytest.raises(ValueError, match="contains NaN"):
        evaluate_robustness(clf, np.where(X == 16, np.nan, X), y)


def test_other_scales_of_ink_and_strips_are_refused():
    X, y = np.zeros((4, 64)), np.array([0, 1, 0, 1])
    clf = DummyClassifier().fit(X, y)
    with pytest.raises(ValueError, match=r"ink counts 0\.\.16; got 255 to 255"):
        evaluate_robustness(clf, np.full_like(X, 255.0), y)
    with pytest.raises(ValueError, match="at least 2 pixels to a side; got 1x64"):
        evaluate_robustness(clf, X, y, image_shape=(1, 64))
