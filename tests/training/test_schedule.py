import keras
import numpy as np
import pytest

from skdigits._tensorflow import tf
from skdigits.training._schedule import learning_rate_factor

SCHEDULES = ["constant", "cosine", "one_cycle"]


def factor(progress, schedule):
    values = learning_rate_factor(tf.constant(progress, tf.float32), schedule)
    assert values.dtype == tf.float32
    return values.numpy()


def fall(progress):
    return (1 + np.cos(np.pi * progress)) / 2


FORMULAS = {
    "constant": lambda progress: 1.0,
    "cosine": fall,
    "one_cycle": lambda progress: (
        0.04 + 0.96 * (1 - fall(progress / 0.3)) if progress < 0.3 else fall((progress - 0.3) / 0.7)
    ),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_course_is_that_of_the_formula(schedule):
    progress = np.linspace(0, 0.999, 333)
    expected = [FORMULAS[schedule](p) for p in progress]
    np.testing.assert_allclose(factor(progress, schedule), expected, atol=1e-4)


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


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_each_fit_takes_the_whole_course_over_its_epochs(schedule, digits, tiny):
    X, y = digits[0][:100], digits[1][:100]
    clf = tiny(
        epochs=5,
        batch_size=30,  # the last of the four batches is smaller
        learning_rate=0.02,
        learning_rate_schedule=schedule,
        warm_start=True,
    )
    expected = [0.02 * FORMULAS[schedule]((epoch + 0.9) / 5) for epoch in range(5)]
    for _ in range(2):
        np.testing.assert_allclose(rates_of(type(clf).fit, clf, X, y), expected, rtol=1e-4)


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


def test_a_constant_rate_leaves_a_callback_in_force(digits, tiny):
    set_rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.005 / (epoch + 1))
    record = RecordRates()
    tiny(epochs=3, batch_size=30, callbacks=[set_rate, record]).fit(*digits)
    np.testing.assert_allclose(record.rates, [0.005, 0.0025, 0.005 / 3], rtol=1e-6)
