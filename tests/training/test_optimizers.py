"""Optimizers do what the classifier's parameters say, and kernels alone decay."""

import keras
import numpy as np
import pytest

from skdigits._parameters import NETWORK_PARAMETERS, OPTIMIZERS
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


@pytest.mark.parametrize("batch_normalization", [False, True])
def test_steps_with_weight_decay_are_those_of_adamw_of_keras(batch_normalization, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        **PARAMETERS,
        batch_normalization=batch_normalization,
        optimizer="adamw",
        beta_2=0.9,
        weight_decay=0.5,
        batch_size=40,
        epochs=4,
    ).fit(X, y)
    model = network_before_training(clf)
    adamw = keras.optimizers.AdamW(learning_rate=0.01, beta_2=0.9, weight_decay=0.5)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer=adamw, loss="sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X.reshape(-1, 8, 8, 1), y, batch_size=40, epochs=4, shuffle=False, verbose=0)
    for ours, of_keras in zip(clf.model_.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, of_keras, atol=2e-4)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
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


def test_biases_and_normalisation_do_not_decay(digits, tiny):
    clf = tiny(
        **PARAMETERS,
        batch_normalization=True,
        optimizer="adamw",
        learning_rate=1e-6,
        weight_decay=1e5,
        batch_size=50,
        epochs=10,
    ).fit(*digits)
    shrunk, others = kernels_and_others(clf.model_.get_weights()[:3])  # gamma and beta
    (start,), _ = kernels_and_others(network_before_training(clf).get_weights()[:3])
    assert np.abs(shrunk[0]).max() < 0.01 * np.abs(start).max()
    np.testing.assert_allclose(others[0], 1, atol=1e-3)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_beta_2_is_for_the_optimizers_that_have_one(optimizer, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    one, other = (
        tiny(**PARAMETERS, epochs=2, batch_size=50, optimizer=optimizer, beta_2=beta_2).fit(X, y)
        for beta_2 in (0.5, 0.99)
    )
    has_one = optimizer in {"adam", "adamax", "adamw", "nadam"}
    assert hasattr(one.model_.optimizer, "beta_2") == has_one
    assert (one.history_ != other.history_) == has_one
    assert np.isfinite(one.predict_proba(X)).all()


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_the_decay_follows_the_learning_rate(schedule, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    rate, decay = 1e-6, 1e5  # the gradients hardly count
    clf = tiny(
        **PARAMETERS,
        batch_normalization=False,
        optimizer="sgd",
        learning_rate=rate,
        learning_rate_schedule=schedule,
        warmup_fraction=0.5,
        weight_decay=decay,
        batch_size=100,
        epochs=4,
    ).fit(X, y)
    done = np.arange(4) / 4
    factors = {
        "cosine": (1 + np.cos(np.pi * done)) / 2,
        "one_cycle": np.array([0.04, 0.52, 1.0, 0.5]),
    }[schedule]
    start = network_before_training(clf).get_weights()[0]
    expected = start * np.prod(1 - rate * decay * factors)
    np.testing.assert_allclose(clf.model_.get_weights()[0], expected, atol=1e-5)
