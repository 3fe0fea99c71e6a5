import numpy as np
import pytest

from skdigits._tensorflow import keras, tf
from skdigits.training._fast_layers import Conv2D


def outputs_and_gradients(kind, size, kernel_size, **options):
    """Return what a convolution with random weights makes of random maps, and the gradients."""
    generator = np.random.default_rng(0)
    layer = kind(4, kernel_size, **{"padding": "same", **options})
    layer.build((None, *size, 3))
    layer.set_weights([generator.normal(size=w.shape) for w in layer.get_weights()])
    inputs = tf.Variable(generator.normal(size=(5, *size, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        outputs = layer(inputs)
        loss = tf.reduce_sum(outputs * generator.normal(size=outputs.shape).astype(np.float32))
    gradients = tape.gradient(loss, [inputs, *(v.value for v in layer.trainable_variables)])
    return [outputs.numpy(), *(gradient.numpy() for gradient in gradients)]


def assert_agrees_with_keras(*args, **options):
    ours = outputs_and_gradients(Conv2D, *args, **options)
    of_keras = outputs_and_gradients(keras.layers.Conv2D, *args, **options)
    for a, b in zip(ours, of_keras, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"use_bias": False, "activation": "tanh"}])
@pytest.mark.parametrize("kernel_size", [2, 3, (3, 5)])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (3, 3)])
def test_outputs_and_gradients_are_those_of_keras(size, kernel_size, options):
    assert_agrees_with_keras(size, kernel_size, **options)


@pytest.mark.parametrize("options", [{"padding": "valid"}, {"strides": 2}])
def test_no_padding_and_strides_are_those_of_keras(options):
    assert_agrees_with_keras((3, 3), 3, **options)


@pytest.mark.parametrize(
    ("size", "kernel_size", "is_keras"),
    [
        ((2, 2), 3, False),
        ((3, 3), 3, True),
        ((2, 3), 3, True),
        ((1, 1), 2, False),
        ((2, 2), 2, True),
        ((2, 2), 4, False),
        ((3, 3), 5, False),
        ((4, 4), 5, True),
        ((2, 3), (3, 5), False),
    ],
)
def test_maps_beyond_reach_are_left_to_keras(size, kernel_size, is_keras, monkeypatch):
    calls = []
    of_keras = keras.layers.Conv2D.call

    def call(self, inputs):
        calls.append(inputs)
        return of_keras(self, inputs)

    monkeypatch.setattr(keras.layers.Conv2D, "call", call)
    Conv2D(2, kernel_size, padding="same")(tf.ones((1, *size, 1)))
    assert len(calls) == is_keras


def test_a_graph_takes_batches_of_any_size():
    layer = Conv2D(2, 3, padding="same")
    layer.build((None, 2, 2, 3))
    call = tf.function(layer, input_signature=[tf.TensorSpec((None, 2, 2, 3))])
    for n in (0, 1, 4):
        assert call(tf.ones((n, 2, 2, 3))).shape == (n, 2, 2, 2)
