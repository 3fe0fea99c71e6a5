"""Each entry of the table of activations, column by column, against Keras and onnxruntime."""

import keras
import numpy as np
import onnxruntime
import pytest

from skdigits.export._graph import onnx_model
from skdigits.export._network import TrainedNetwork
from skdigits.network._activations import ACTIVATION_KINDS

VALUES = np.linspace(-40, 40, 10_001).reshape(-1, 1)


def described(class_name, **config):
    return {"class_name": class_name, "config": config}


@pytest.mark.parametrize("name", ACTIVATION_KINDS)
def test_numpy_computes_what_keras_computes(name):
    x = np.random.default_rng(0).normal(scale=3, size=(50, 7))
    expected = keras.activations.get(name)(x.astype(np.float32))
    np.testing.assert_allclose(ACTIVATION_KINDS[name].function(x), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATION_KINDS)
def test_extreme_values_stay_finite(name):
    assert np.isfinite(ACTIVATION_KINDS[name].function(np.array([[-1e4, 0.0, 1e4]]))).all()


@pytest.mark.parametrize("name", sorted(ACTIVATION_KINDS.keys() - {"softmax"}))
def test_order_is_kept_where_the_table_says_so(name):
    kind = ACTIVATION_KINDS[name]
    values = kind.function(VALUES.copy())
    assert (np.diff(values, axis=0).min() >= 0) == kind.keeps_order


@pytest.mark.parametrize("name", ACTIVATION_KINDS)
def test_onnx_computes_what_numpy_computes(name):
    layers = [
        described("Flatten", name="flatten"),
        described("Dense", name="dense", units=3, use_bias=True, activation=name),
        described("Dense", name="softmax", units=3, use_bias=True, activation="softmax"),
    ]
    weights = [np.eye(3), np.zeros(3)] * 2
    model = onnx_model(TrainedNetwork(layers, weights, (1, 1, 3), np.arange(3)))
    rows = np.random.default_rng(0).normal(scale=3, size=(50, 3)).astype(np.float32)
    _, probabilities = onnxruntime.InferenceSession(model.SerializeToString()).run(
        None, {"X": rows}
    )
    logits = ACTIVATION_KINDS[name].function(rows.astype(np.float64))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
