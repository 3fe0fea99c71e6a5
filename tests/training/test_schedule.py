import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits._tensorflow import tf
from skdigits.training._schedule import learning_rate_factor

SCHEDULES = ["constant", "cosine", "one_cycle"]


def factor(progress, schedule, warmup_fraction=0.3):
    values = learning_rate_factor(tf.constant(progress, tf.float32), schedule, warmup_fraction)
    assert values.dtype == tf.float32
    return values.numpy()


def fall(progress):
    return (1 + np.cos(np.pi * progress)) / 2


FORMULAS = {
    "constant": lambda progress, warmup: 1.0,
    "cosine": lambda progress, warmup: fall(progress),
    "one_cycle": lambda progress, warmup: (
        0.04 + 0.96 * (1 - fall(progress / warmup))
        if progress < warmup
        else fall((progress - warmup) / (1 - warmup))
    ),
}


@pytest.mark.parametrize(
    ("schedule", "progress", "expected"),
    [
        ("constant", [0.0, 0.5, 1.0], [1.0, 1.0, 1.0]),
        ("cosine", [0.0, 0.5, 1.0], [1.0, 0.5, 0.0]),
        ("one_cycle", [0.0, 0.15, 0.3, 0.65, 1.0], [0.04, 0.52, 1.0, 0.5, 0.0]),
    ],
)
def test_the_course_has_known_values(schedule, progress, expected):
    np.testing.assert_allclose(factor(progress, schedule), expected, atol=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup_fraction", [0.01, 0.3, 0.9])
def test_the_course_is_that_of_the_formula(schedule, warmup_fraction):
    progress = np.linspace(0, 0.999, 333)
    expected = [FORMULAS[schedule](p, warmup_fraction) for p in progress]
    found = factor(progress, schedule, warmup_fraction)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@given(
    progress=st.floats(0, 1, width=32),
    schedule=st.sampled_from(SCHEDULES),
    warmup_fraction=st.floats(0.001, 0.999),
)
def test_a_factor_is_between_0_and_1(progress, schedule, warmup_fraction):
    assert 0 <= factor(progress, schedule, warmup_fraction) <= 1


@given(warmup_fraction=st.floats(0.01, 0.99))
def test_there_is_no_jump_where_the_rise_ends(warmup_fraction):
    around = [warmup_fraction - 1e-5, warmup_fraction, warmup_fraction + 1e-5]
    np.testing.assert_allclose(factor(around, "one_cycle", warmup_fraction), 1, atol=1e-4)


@given(warmup_fraction=st.floats(0.05, 0.95))
def test_one_cycle_rises_and_then_falls(warmup_fraction):
    rise = factor(np.linspace(0, warmup_fraction - 1e-4, 50), "one_cycle", warmup_fraction)
    drop = factor(np.linspace(warmup_fraction + 1e-4, 1, 50), "one_cycle", warmup_fraction)
    assert np.diff(rise).min() > 0
    assert np.diff(drop).max() < 0


class RecordRates(keras.callbacks.Callback):
    """Keep the learning rate of the last step of each epoch."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


def rates_of(fit, clf, X, y):
    callback = RecordRates()
    fit(clf.set_params(callbacks=[callback]), X, y)
    return callback.rates


def rates_of_last_steps(schedule, *, n_rows, batch_size, epochs, warmup=0.3):
    starts = np.arange(0, n_rows, batch_size)
    done = (np.arange(epochs) + starts[-1] / n_rows) / epochs
    return [0.02 * FORMULAS[schedule](p, warmup) for p in done]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup_fraction", [0.3, 0.7])
def test_a_fit_takes_the_course_over_its_epochs(schedule, warmup_fraction, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        epochs=5,
        batch_size=30,  # the last of the four batches is smaller
        learning_rate=0.02,
        learning_rate_schedule=schedule,
        warmup_fraction=warmup_fraction,
    )
    rates = rates_of(type(clf).fit, clf, X, y)
    expected = rates_of_last_steps(
        schedule, n_rows=100, batch_size=30, epochs=5, warmup=warmup_fraction
    )
    np.testing.assert_allclose(rates, expected, rtol=1e-4)


def test_a_warm_start_takes_the_course_anew(digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        epochs=3,
        batch_size=30,
        learning_rate=0.02,
        learning_rate_schedule="one_cycle",
        warm_start=True,
    )
    expected = rates_of_last_steps("one_cycle", n_rows=100, batch_size=30, epochs=3)
    for _ in range(2):
        np.testing.assert_allclose(rates_of(type(clf).fit, clf, X, y), expected, rtol=1e-4)
    assert clf.n_iter_ == 6


@pytest.mark.parametrize(
    ("schedule", "share"), [("constant", 1), ("cosine", 0.1), ("one_cycle", 0.1)]
)
def test_partial_fit_takes_a_tenth_of_the_highest_rate_of_a_schedule(schedule, share, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    parameters = {"learning_rate": 0.02, "learning_rate_schedule": schedule, "batch_size": 30}
    clf = tiny(epochs=1, **parameters).fit(X, y)
    rates = rates_of(type(clf).partial_fit, clf, X, y)
    np.testing.assert_allclose(rates, [0.02 * share], rtol=1e-6)
    first = tiny(**parameters)
    rates = rates_of(lambda clf, X, y: clf.partial_fit(X, y, range(10)), first, X, y)
    np.testing.assert_allclose(rates, [0.02 * share], rtol=1e-6)


def test_a_fit_after_partial_fit_takes_its_course_again(digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        epochs=2, batch_size=30, learning_rate=0.02, learning_rate_schedule="cosine",
        warm_start=True,
    )  # fmt: skip
    clf.partial_fit(X, y, range(10))
    expected = rates_of_last_steps("cosine", n_rows=100, batch_size=30, epochs=2)
    np.testing.assert_allclose(rates_of(type(clf).fit, clf, X, y), expected, rtol=1e-4)


def test_a_constant_rate_leaves_a_callback_in_force(digits, tiny):
    set_rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.005 / (epoch + 1))
    record = RecordRates()
    tiny(epochs=3, batch_size=30, callbacks=[set_rate, record]).fit(*digits)
    np.testing.assert_allclose(record.rates, [0.005, 0.0025, 0.005 / 3], rtol=1e-6)


def test_the_first_fit_of_a_schedule_is_not_its_constant_one(digits, tiny):
    def fit(schedule):
        clf = tiny(epochs=2, batch_size=30, learning_rate_schedule=schedule).fit(*digits)
        return clf.model_.get_weights()[0]

    kernels = [fit(schedule) for schedule in SCHEDULES]
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        assert not np.array_equal(kernels[i], kernels[j])
