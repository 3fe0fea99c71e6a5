"""A fit gives the same network whatever others have set in the process, and leaves it set."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import keras
import numpy as np
import pytest
import tensorflow as tf

import skdigits
from skdigits._tensorflow import keras_defaults

SETTINGS = {
    "dtype policy": (keras.config.dtype_policy, keras.config.set_dtype_policy, "mixed_float16"),
    "float64": (keras.config.dtype_policy, keras.config.set_dtype_policy, "float64"),
    "floatx": (keras.config.floatx, keras.config.set_floatx, "float64"),
    "epsilon": (keras.config.epsilon, keras.config.set_epsilon, 1e-2),
    "data format": (
        keras.config.image_data_format,
        keras.config.set_image_data_format,
        "channels_first",
    ),
    "eager": (tf.config.functions_run_eagerly, tf.config.run_functions_eagerly, True),
}


def fitted(tiny, digits):
    X, y = digits
    clf = tiny(epochs=1, batch_normalization=True, temperature="validation")
    return clf.fit(X[:100], y[:100]).partial_fit(X[:100], y[:100])


def values(clf):
    state = clf.pipeline_["network"].state_
    return [*state.weights, *state.optimizer, *clf.model_.get_weights()]


@pytest.fixture
def change():
    """Change settings by name, for the time of a test."""
    with ExitStack() as stack:

        def put(name):
            get, put, value = SETTINGS[name]
            stack.callback(put, get())
            put(value)
            return get, get()

        yield put


def test_settings_do_not_reach_the_network_and_stay(change, digits, tiny):
    wanted = values(fitted(tiny, digits))
    skdigits.clear_cache()
    left = [change(name) for name in SETTINGS]
    with np.errstate(all="raise"):
        found = values(fitted(tiny, digits))
    # Two of them are of one setting: the last one counts.
    assert all(get() == value for get, value in dict(left).items())
    assert [a.dtype for a in found] == [a.dtype for a in wanted]
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_settings_come_back_after_the_last_of_those_that_overlap(change):
    change("floatx")
    has_begun, may_end = threading.Event(), threading.Event()

    def first():
        with keras_defaults():
            has_begun.set()
            may_end.wait(60)

    with ThreadPoolExecutor(1) as executor:
        other = executor.submit(first)
        has_begun.wait(60)
        with keras_defaults():
            may_end.set()
            other.result()
            assert keras.config.floatx() == "float32"
    assert keras.config.floatx() == "float64"
