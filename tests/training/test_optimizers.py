"""Optimizers do what the classifier's parameters say, and kernels alone decay."""

import keras
import numpy as np
import pytest

from skdigits._parameters import NETWORK_PARAMETERS
from skdigits.network import build_network

PARAMETERS = {
    "filters": (4,),
    "activation": "tanh",
    "dense_units": (6,),
    "dense_activation": "tanh",
    "conv_dropout": 0,
    "dropout": 0,
    "shuffle": False,
    "rescale": 1 / 16,
}


def network_before_training(clf):
    """Return the network that a fitted classifier began with."""
    parameters = {name: getattr(clf, name) for name in NETWORK_PARAMETERS}
    return build_network((8, 8, 1), 10, seed=clf.pipeline_["network"].seed, **parameters)


def kernels_and_others(weights):
    return [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim == 1]


def test_steps_with_weight_decay_are_those_of_adamw_of_keras(digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        **PARAMETERS,
        batch_normalization=True,
        optimizer="adamw",
        weight_decay=0.5,
        batch_size=40,
        epochs=4,
    ).fit(X, y)
    model = network_before_training(clf)
    adamw = keras.optimizers.AdamW(learning_rate=0.01, beta_2=0.99, weight_decay=0.5)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer=adamw, loss="sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X.reshape(-1, 8, 8, 1), y, batch_size=40, epochs=4, shuffle=False, verbose=0)
    for ours, of_keras in zip(clf.model_.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, of_keras, atol=2e-4)


@pytest.mark.parametrize("optimizer", ["adamw", "nadam", "sgd"])
def test_a_step_takes_its_share_of_the_kernels_alone(optimizer, digits, tiny):
    X, y = digits[0][:50], digits[1][:50]
    plain, decayed = (
        tiny(
            **PARAMETERS,
            optimizer=optimizer,
            weight_decay=weight_decay,
            learning_rate=0.01,
            batch_size=50,
            epochs=1,
        ).fit(X, y)
        for weight_decay in (0.0, 2.0)
    )
    before, _ = kernels_and_others(network_before_training(plain).get_weights())
    (kernels, others), (small_kernels, same) = (
        kernels_and_others(clf.model_.get_weights()) for clf in (plain, decayed)
    )
    assert len(kernels) == 3
    for small, kernel, start in zip(small_kernels, kernels, before, strict=True):
        np.testing.assert_allclose(small, kernel - 0.01 * 2.0 * start, atol=1e-6)
    for a, b in zip(same, others, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_decay_follows_the_learning_rate(digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    rate, decay = 1e-6, 1e5  # the gradients hardly count
    clf = tiny(
        **PARAMETERS,
        batch_normalization=False,
        optimizer="sgd",
        learning_rate=rate,
        learning_rate_schedule="cosine",
        weight_decay=decay,
        batch_size=100,
        epochs=4,
    ).fit(X, y)
    factors = (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    start = network_before_training(clf).get_weights()[0]
    expected = start * np.prod(1 - rate * decay * factors)
    np.testing.assert_allclose(clf.model_.get_weights()[0], expected, atol=1e-5)
