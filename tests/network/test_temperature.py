"""Temperature scaling: of logits, and of a classifier's network after training."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from skdigits.network import fit_temperature, scale_softmax


def logits_and_labels(n, n_classes=4, seed=0):
    """Return logits and labels that follow their softmax."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2, size=(n, n_classes))
    levels = softmax(logits, axis=1).cumsum(axis=1)
    return logits, (generator.uniform(size=(n, 1)) > levels).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_the_temperature_that_probabilities_lack_is_found(temperature):
    logits, class_indices = logits_and_labels(5000)
    bold_or_timid = softmax(logits * temperature, axis=1)
    found = fit_temperature(bold_or_timid, class_indices, np.ones(len(class_indices)))
    assert found == pytest.approx(temperature, rel=0.1)


def test_no_other_temperature_has_less_log_loss():
    logits, class_indices = logits_and_labels(300)
    weight = np.random.default_rng(1).uniform(0.1, 3, 300)

    def log_loss(temperature):
        log_probabilities = log_softmax(logits / temperature, axis=1)
        return -np.average(log_probabilities[np.arange(300), class_indices], weights=weight)

    found = fit_temperature(softmax(logits, axis=1), class_indices, weight)
    assert all(log_loss(found) <= log_loss(found * factor) for factor in (0.5, 0.98, 1.02, 2))


def test_perfect_and_hopeless_predictions_have_the_temperatures_of_the_ends():
    certain, class_indices = np.eye(3) * 0.7 + 0.1, np.arange(3)
    assert 0.05 <= fit_temperature(certain, class_indices, np.ones(3)) < 0.06
    assert 19 < fit_temperature(certain, (class_indices + 1) % 3, np.ones(3)) <= 20


def test_probabilities_of_0_give_a_finite_temperature():
    probabilities, class_indices = np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 2, 1])
    assert 0.05 <= fit_temperature(probabilities, class_indices, np.ones(4)) <= 20


@pytest.mark.parametrize("temperature", [0.05, 20])
def test_scaling_the_last_layer_divides_the_logits(temperature):
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=shape) for shape in [(2, 3), (3,), (3, 4), (4,)]]
    kept = [w.copy() for w in weights]
    *others, kernel, bias = scale_softmax(weights, temperature)
    assert all(a is b for a, b in zip(others, weights[:2], strict=True))
    x = generator.normal(size=(5, 3))
    np.testing.assert_allclose(x @ kernel + bias, (x @ weights[2] + weights[3]) / temperature)
    assert all((a == b).all() for a, b in zip(weights, kept, strict=True))


def states_are_equal(a, b):
    a, b = (clf.pipeline_["network"].state_ for clf in (a, b))
    return all(
        np.array_equal(v, w)
        for values, others in zip(a, b, strict=True)
        for v, w in zip(values, others, strict=True)
    )


def log_odds(clf, X):
    log_probabilities = np.log(clf.predict_proba(X))
    return log_probabilities - log_probabilities[:, :1]


@pytest.mark.parametrize("temperature", [0.5, 3, "validation"])
def test_a_temperature_divides_the_logits_and_leaves_training_and_labels(temperature, digits, tiny):
    X, y = digits
    options = {"epochs": 2, "validation_fraction": 0.2}
    plain = tiny(**options, temperature=None).fit(X, y)
    clf = tiny(**options, temperature=temperature).fit(X, y)
    assert plain.temperature_ == 1
    if temperature != "validation":
        assert clf.temperature_ == temperature
    assert clf.temperature_ != 1
    assert states_are_equal(clf, plain)
    assert clf.history_ == plain.history_
    np.testing.assert_array_equal(clf.predict(X), plain.predict(X))
    np.testing.assert_allclose(
        log_odds(clf, X) * clf.temperature_, log_odds(plain, X), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("temperature", [0.5, "validation"])
def test_the_keras_network_has_the_temperature_too(temperature, digits, tiny):
    X, y = digits
    clf = tiny(epochs=2, temperature=temperature).fit(X, y)
    of_keras = clf.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0)
    np.testing.assert_allclose(of_keras, clf.predict_proba(X), atol=1e-5)
    of_pipeline = clf.pipeline_.predict_proba(X)
    np.testing.assert_allclose(of_pipeline, clf.predict_proba(X), atol=1e-12)


@pytest.mark.parametrize(
    "go_on",
    [
        lambda clf, X, y: clf.set_params(warm_start=True).fit(X, y),
        lambda clf, X, y: clf.partial_fit(X, y).partial_fit(X, y),
    ],
    ids=["warm_start", "partial_fit"],
)
def test_training_goes_on_from_the_weights_without_it(go_on, digits, tiny):
    X, y = digits
    long = tiny(epochs=4, temperature=0.5).fit(X, y)
    halves = go_on(tiny(epochs=2, temperature=0.5).fit(X, y), X, y)
    assert halves.n_iter_ == 4
    assert states_are_equal(halves, long)
    np.testing.assert_array_equal(halves.predict_proba(X), long.predict_proba(X))
    for a, b in zip(halves.model_.get_weights(), long.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_new_temperature_counts_from_the_next_training(digits, tiny):
    X, y = digits
    clf = tiny(epochs=1, temperature=0.5).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(temperature=2.0)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    assert clf.temperature_ == 0.5
    assert clf.partial_fit(X, y).temperature_ == 2
    assert clf.set_params(temperature=None).partial_fit(X, y).temperature_ == 1


@pytest.fixture
def calls(monkeypatch):
    """What fit_temperature is called with, instead of being called; it gives 3."""
    called = []

    def note(*arguments):
        called.append(arguments)
        return 3.0

    monkeypatch.setattr("skdigits.training._fit.fit_temperature", note)
    return called


@pytest.mark.parametrize(
    ("options", "n_rows"),
    [({}, 50), ({"validation_fraction": 0.2}, 100), ({"early_stopping": True}, 50)],
)
def test_validation_takes_the_rows_that_are_set_aside(options, n_rows, calls, digits, tiny):
    X, y = digits
    clf = tiny(epochs=2, temperature="validation", **options)
    clf.fit(X, y, np.where(y < 5, 2.0, 1.0))
    ((probabilities, class_indices, weight),) = calls
    assert probabilities.shape == (n_rows, 10)
    assert np.bincount(class_indices, minlength=10).min() >= 4  # stratified
    np.testing.assert_allclose(weight[class_indices < 5], 2 * weight[class_indices >= 5].mean())
    assert "val_loss" in clf.history_
    assert clf.temperature_ == 3


def test_partial_fit_keeps_the_temperature_that_validation_found(calls, digits, tiny):
    X, y = digits
    clf = tiny(epochs=1, temperature="validation").fit(X, y).partial_fit(X, y)
    assert len(calls) == 1
    assert clf.temperature_ == 3
    of_keras = clf.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0)
    np.testing.assert_allclose(of_keras, clf.predict_proba(X), atol=1e-5)


def test_partial_fit_from_nothing_has_no_rows_to_find_a_temperature_with(calls, digits, tiny):
    X, y = digits
    clf = tiny(temperature="validation").partial_fit(X, y, classes=range(10))
    assert calls == []
    assert clf.temperature_ == 1
    assert sorted(clf.history_) == ["accuracy", "loss"]


def test_validation_undoes_the_timidity_of_label_smoothing(digits, tiny):
    clf = tiny(label_smoothing=0.3, temperature="validation").fit(*digits)
    assert clf.temperature_ < 0.9


def test_a_checkpoint_of_training_is_without_it(digits, tiny, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "last.keras"))
    clf = tiny(epochs=1, temperature=0.5, callbacks=[checkpoint]).fit(*digits)
    saved = keras.saving.load_model(tmp_path / "last.keras").get_weights()
    for a, b in zip(saved, clf.pipeline_["network"].state_.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_network_that_is_handed_out_trains_on_by_hand_at_the_rate_that_was_given(digits, tiny):
    clf = tiny(
        epochs=1, optimizer="adamw", weight_decay=0.1, learning_rate_schedule="one_cycle"
    ).fit(*digits)
    optimizer = clf.model_.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(clf.learning_rate)
    spared = [v.name for v in clf.model_.weights if not optimizer._use_weight_decay(v)]
    assert spared
    assert "kernel" not in spared
