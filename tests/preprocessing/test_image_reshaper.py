import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csc_matrix, csr_array

from skdigits import ImageReshaper

SIDES = st.integers(1, 6)


@given(
    shape=st.tuples(SIDES, SIDES, SIDES),
    n_samples=st.integers(1, 4),
    dtype=st.sampled_from([np.uint8, np.int64, np.float32, np.float64]),
    data=st.data(),
)
def test_inverse_transform_gives_the_rows_back(shape, n_samples, dtype, data):
    X = data.draw(hnp.arrays(dtype, (n_samples, int(np.prod(shape))), elements=st.integers(0, 16)))
    reshaper = ImageReshaper(shape).fit(X)
    images = reshaper.transform(X)
    assert images.shape == (n_samples, *shape)
    assert images.dtype == dtype
    np.testing.assert_array_equal(reshaper.inverse_transform(images), X)


@given(n_features=st.integers(1, 200))
def test_no_shape_infers_a_square_or_a_strip(n_features):
    shape = ImageReshaper().fit(np.zeros((2, n_features))).image_shape_
    side = int(np.sqrt(n_features))
    assert shape == ((side, side, 1) if side**2 == n_features else (1, n_features, 1))


def test_features_fill_the_image_row_by_row(digits):
    X, _ = digits
    images = ImageReshaper().fit_transform(X)
    np.testing.assert_array_equal(images[3, 2, :, 0], X[3, 16:24])


def test_images_without_channel_axis_are_flattened_too():
    X = np.arange(18.0).reshape(2, 9)
    reshaper = ImageReshaper().fit(X)
    np.testing.assert_array_equal(reshaper.inverse_transform(X.reshape(2, 3, 3)), X)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((8, 7), "holds 56 values, but X has 64 features"),
        ((64,), r"must be \(height, width\) or"),
        ((8, -8), "positive integers"),
        (8, r"must be \(height, width\) or .* got 8"),
        (np.array([4, 4]), r"image_shape=\(4, 4\) holds 16 values"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_reason(shape, message, digits):
    with pytest.raises(ValueError, match=message):
        ImageReshaper(shape).fit(digits[0])


@pytest.mark.parametrize("shape", [np.array([8, 8]), [np.int8(8), 8, 1]])
def test_a_shape_may_be_any_sequence_of_integers(shape, digits):
    reshaper = ImageReshaper(shape).fit(digits[0])
    assert reshaper.image_shape_ == (8, 8, 1)
    assert {*map(type, reshaper.image_shape_)} == {int}
    assert reshaper.image_shape is shape


@pytest.mark.parametrize("make", [csr_array, csc_matrix])
def test_sparse_rows_become_the_images_of_dense_ones(make, digits):
    reshaper = ImageReshaper().fit(make(digits[0]))
    np.testing.assert_array_equal(
        reshaper.transform(make(digits[0])), reshaper.transform(digits[0])
    )


def test_images_of_another_shape_are_refused(digits):
    reshaper = ImageReshaper().fit(digits[0])
    with pytest.raises(ValueError, match=r"Expected images of shape \('n_samples', 8, 8, 1\)"):
        reshaper.inverse_transform(np.zeros((2, 4, 16)))


def test_there_is_no_set_output_for_images():
    assert not hasattr(ImageReshaper(), "set_output")
