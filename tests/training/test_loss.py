import keras
import numpy as np
import pytest
from scipy.special import softmax

from skdigits.training._loss import crossentropy

CODES = np.array([0, 2, 1, 2, 0])
PROBABILITIES = softmax(np.random.default_rng(0).normal(size=(5, 3)), axis=1).astype(np.float32)


def losses(label_smoothing, codes=CODES, probabilities=PROBABILITIES):
    return keras.ops.convert_to_numpy(
        keras.losses.get(crossentropy(label_smoothing))(codes, probabilities)
    )


def by_numpy(label_smoothing, codes=CODES, probabilities=PROBABILITIES):
    n_classes = probabilities.shape[1]
    targets = np.eye(n_classes)[codes] * (1 - label_smoothing) + label_smoothing / n_classes
    return -(targets * np.log(probabilities)).sum(axis=1)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5, 0.99])
def test_the_loss_of_each_row_is_that_of_smoothed_targets(label_smoothing):
    np.testing.assert_allclose(losses(label_smoothing), by_numpy(label_smoothing), rtol=1e-5)


def test_without_smoothing_it_is_the_loss_of_keras():
    assert crossentropy(0) == crossentropy(0.0) == "sparse_categorical_crossentropy"
    of_keras = keras.losses.sparse_categorical_crossentropy(CODES, PROBABILITIES)
    np.testing.assert_array_equal(losses(0.0), of_keras)


@pytest.mark.parametrize(
    "codes", [CODES.astype(np.float32), CODES[:, None], CODES[:, None].astype(np.float32)]
)
def test_codes_may_be_floats_and_a_column_as_keras_makes_them(codes):
    np.testing.assert_array_equal(losses(0.1, codes), losses(0.1))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_a_certain_error_has_a_finite_loss(label_smoothing):
    values = losses(label_smoothing, np.array([1]), np.array([[1.0, 0.0, 0.0]], np.float32))
    assert np.isfinite(values).all()


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_history_and_validation_are_measured_with_the_smoothed_loss(label_smoothing, digits, tiny):
    X, y = digits
    clf = tiny(
        epochs=1,
        filters=(4,),
        batch_normalization=False,
        dropout=0,
        conv_dropout=0,
        learning_rate=1e-9,  # so that the weights are the same in all batches
        label_smoothing=label_smoothing,
    ).fit(X, y)
    expected = by_numpy(label_smoothing, y, clf.predict_proba(X)).mean()
    assert clf.history_["loss"] == [pytest.approx(expected, rel=1e-4)]
