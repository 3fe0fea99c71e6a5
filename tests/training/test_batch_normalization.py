import keras
import numpy as np
import pytest

from skdigits._tensorflow import tf
from skdigits.training._fast_layers import BatchNormalization


def pair():
    """Keras' layer, with all weights random, and ours with the same."""
    layers = [kind(momentum=0.9) for kind in (keras.layers.BatchNormalization, BatchNormalization)]
    for layer in layers:
        layer.build((None, 4, 3, 5))
        generator = np.random.default_rng(0)
        layer.set_weights([generator.uniform(0.5, 2, 5) for _ in range(4)])
    return layers


def images(n, seed=0):
    return tf.random.stateless_normal((n, 4, 3, 5), [seed, 0], 3, 2)


@pytest.mark.parametrize("n", [1, 2, 50])
def test_images_gradients_and_running_values_are_those_of_keras(n):
    found = []
    for layer in pair():
        x = images(n)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(outputs * images(n, seed=1))
        gradients = tape.gradient(loss, [x, *(v.value for v in layer.trainable_variables)])
        found.append([outputs, *gradients, *layer.get_weights()])
    for expected, value in zip(*found, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-4)


def test_outside_training_it_is_keras():
    expected, found = (layer(images(3), training=False) for layer in pair())
    np.testing.assert_array_equal(found, expected)
