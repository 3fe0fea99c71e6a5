import numpy as np
import pytest

from skdigits._tensorflow import keras, tf
from skdigits.training._fast_layers import Adam

PARAMETERS = [{}, {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}]


def small_model():
    layers = [keras.layers.Dense(4, name="first"), keras.layers.Dense(2, name="second")]
    model = keras.Sequential([keras.Input((3,)), *layers], name="small")
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    return model


def optimize(optimizer, model, steps):
    for step in steps:
        generator = np.random.default_rng(step)
        gradients = [
            tf.constant(generator.normal(size=v.shape), tf.float32)
            for v in model.trainable_variables
        ]
        optimizer.apply(gradients, model.trainable_variables)


def values(variables):
    return np.concatenate([np.ravel(variable.numpy()) for variable in variables])


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_steps_are_those_of_keras(parameters):
    ours, of_keras = small_model(), small_model()
    our_adam, keras_adam = Adam(**parameters), keras.optimizers.Adam(**parameters)
    optimize(our_adam, ours, range(10))
    optimize(keras_adam, of_keras, range(10))
    np.testing.assert_allclose(values(ours.variables), values(of_keras.variables), atol=1e-6)
    np.testing.assert_allclose(values(our_adam.variables), values(keras_adam.variables), atol=1e-6)


def test_steps_in_a_graph_are_those_of_keras():
    ours, of_keras = small_model(), small_model()
    our_adam = Adam(learning_rate=0.01)
    our_adam.build(ours.trainable_variables)
    step = tf.function(our_adam.apply)
    for _ in range(10):
        step([tf.ones(v.shape) for v in ours.trainable_variables])
    keras_adam = keras.optimizers.Adam(learning_rate=0.01)
    for _ in range(10):
        keras_adam.apply(
            [tf.ones(v.shape) for v in of_keras.trainable_variables], of_keras.trainable_variables
        )
    np.testing.assert_allclose(values(ours.variables), values(of_keras.variables), atol=1e-6)


def test_a_new_learning_rate_counts_from_the_next_step():
    ours, of_keras = small_model(), small_model()
    for optimizer, model in ((Adam(), ours), (keras.optimizers.Adam(), of_keras)):
        optimize(optimizer, model, range(3))
        optimizer.learning_rate = 0.01
        optimize(optimizer, model, range(3, 6))
    np.testing.assert_allclose(values(ours.variables), values(of_keras.variables), atol=1e-6)


def test_the_variables_are_those_of_keras_in_their_order():
    described = []
    for optimizer in (Adam(), keras.optimizers.Adam()):
        optimizer.build(small_model().trainable_variables)
        described.append([(v.name, v.shape, v.dtype) for v in optimizer.variables])
    assert described[0] == described[1]


@pytest.mark.parametrize("kinds", [(Adam, keras.optimizers.Adam), (keras.optimizers.Adam, Adam)])
def test_the_state_of_one_continues_in_the_other(kinds):
    whole, halves = small_model(), small_model()
    optimize(keras.optimizers.Adam(), whole, range(10))
    first, second = (kind() for kind in kinds)
    optimize(first, halves, range(5))
    second.build(halves.trainable_variables)
    for variable, value in zip(second.variables, first.variables, strict=True):
        variable.assign(value)
    optimize(second, halves, range(5, 10))
    np.testing.assert_allclose(values(halves.variables), values(whole.variables), atol=1e-6)


def test_the_configuration_of_keras_makes_the_same_optimizer():
    configuration = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.8).get_config()
    assert Adam.from_config(configuration).get_config() == configuration


def test_a_graph_takes_other_numbers():
    ours, of_keras = small_model(), small_model()
    our_adam = Adam(weight_decay=0.5)
    our_adam.build(ours.trainable_variables)
    step = tf.function(our_adam.apply)
    our_adam.set_weight_decay(0.1)
    step([tf.ones(v.shape) for v in ours.trainable_variables])
    keras_adam = keras.optimizers.Adam(weight_decay=0.1)
    keras_adam.apply([tf.ones(v.shape) for v in of_keras.trainable_variables], of_keras.variables)
    np.testing.assert_allclose(values(ours.variables), values(of_keras.variables), atol=1e-6)
    our_adam.set_weight_decay(1.0)
    before = values(ours.variables)
    step([tf.zeros(v.shape) for v in ours.trainable_variables])
    assert (values(ours.variables) != before).all()
    assert our_adam.get_config()["weight_decay"] == 1.0


def test_decay_spares_what_it_is_told_to():
    model, adam = small_model(), Adam(learning_rate=0.1, weight_decay=0.5)
    adam.exclude_from_weight_decay(var_names=["bias"])
    model.layers[0].bias.assign([1.0] * 4)
    before = [v.numpy() for v in model.variables]
    adam.apply([tf.zeros(v.shape) for v in model.trainable_variables], model.trainable_variables)
    for variable, value in zip(model.variables, before, strict=True):
        expected = value if variable.name == "bias" else value * 0.95
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-6)
