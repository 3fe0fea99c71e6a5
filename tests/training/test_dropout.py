import numpy as np
import pytest

from skdigits._tensorflow import tf
from skdigits.training._fast_layers import Dropout

BITS_8, BITS_16 = 0.25, 0.1  # rates that take as many random bits a value


def drop(rate, shape=(1000, 100), seed=0):
    return Dropout(rate, seed=seed)(tf.ones(shape), training=True).numpy()


@pytest.mark.parametrize("rate", [BITS_8, BITS_16, 0.9])
def test_the_share_dropped_is_near_the_rate(rate):
    assert np.mean(drop(rate) == 0) == pytest.approx(rate, abs=0.005)


@pytest.mark.parametrize("rate", [BITS_8, BITS_16])
def test_what_is_kept_is_scaled_so_that_the_mean_stays(rate):
    values = drop(rate)
    np.testing.assert_allclose(values[values != 0], 1 / (1 - rate), rtol=1e-4)
    assert values.mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rate", [BITS_8, BITS_16])
@pytest.mark.parametrize("distance", [1, 2])
def test_neighbours_are_dropped_independently(rate, distance):
    dropped = drop(rate).ravel() == 0
    both = np.mean(dropped[:-distance] & dropped[distance:])
    assert both == pytest.approx(rate**2, abs=0.005)


@pytest.mark.parametrize("rate", [BITS_8, BITS_16])
def test_nothing_is_dropped_outside_training(rate):
    inputs = tf.random.stateless_normal((5, 3), [0, 0])
    np.testing.assert_array_equal(Dropout(rate, seed=0)(inputs), inputs)
    np.testing.assert_array_equal(Dropout(rate, seed=0)(inputs, training=False), inputs)


@pytest.mark.parametrize("rate", [BITS_8, BITS_16])
def test_the_state_gives_the_mask_and_each_step_has_another(rate):
    layer, inputs = Dropout(rate, seed=3), tf.ones((20, 30))
    state = layer.seed_generator.state.numpy()
    first, second = (layer(inputs, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    layer.seed_generator.state.assign(state)
    np.testing.assert_array_equal(layer(inputs, training=True), first)
    np.testing.assert_array_equal(layer(inputs, training=True), second)


@pytest.mark.parametrize("rate", [0.999999, 1e-9, 255.5 / 256])
def test_an_extreme_rate_gives_finite_values(rate):
    assert np.isfinite(drop(rate)).all()


@pytest.mark.parametrize("rate", [BITS_8, BITS_16])
def test_a_graph_takes_batches_of_any_size(rate):
    layer = Dropout(rate, seed=0)

    @tf.function(input_signature=[tf.TensorSpec((None, 5))])
    def call(inputs):
        return layer(inputs, training=True)

    state = layer.seed_generator.state.numpy()
    for n in (1, 7):
        layer.seed_generator.state.assign(state)
        in_graph = call(tf.ones((n, 5)))
        layer.seed_generator.state.assign(state)
        np.testing.assert_array_equal(in_graph, layer(tf.ones((n, 5)), training=True))


@pytest.mark.parametrize(("rate", "other"), [(BITS_8, 0.75), (BITS_16, 0.3)])
def test_a_graph_takes_another_rate(rate, other):
    layer = Dropout(rate, seed=0)
    call = tf.function(lambda inputs: layer(inputs, training=True))
    call(tf.ones((1000, 100)))
    layer.set_rate(other)
    layer.seed_generator.state.assign(Dropout(other, seed=0).seed_generator.state)
    np.testing.assert_array_equal(call(tf.ones((1000, 100))), drop(other))
    assert layer.get_config()["rate"] == other
