"""Plain Keras files, as a process without skdigits loads them."""

import random

import numpy as np
import pytest

from skdigits._tensorflow import keras
from skdigits.export import to_keras
from skdigits.export._keras import keras_network


@pytest.fixture
def exported(fitted, tmp_path):
    to_keras(fitted, tmp_path / "digits.keras")
    return tmp_path / "digits.keras"


def test_a_fresh_process_without_skdigits(fitted, exported, test_part, run_python):
    assert [path.name for path in exported.parent.iterdir()] == ["digits.keras"]
    np.save(exported.with_name("rows.npy"), test_part)
    run_python("""
import sys
sys.modules["skdigits"] = None
import keras
import numpy as np

network = keras.models.load_model("digits.keras")
np.save("probabilities.npy", network.predict(np.load("rows.npy"), verbose=0))
""")
    probabilities = np.load(exported.with_name("probabilities.npy"))
    np.testing.assert_allclose(probabilities, fitted.predict_proba(test_part), rtol=0, atol=1e-5)


def test_it_can_be_trained_further(exported, digits):
    X, y = digits
    network = keras.models.load_model(exported)
    network.compile("adam", "sparse_categorical_crossentropy")
    before = network.evaluate(X, y, verbose=0)
    network.fit(X, y, verbose=0)
    assert network.evaluate(X, y, verbose=0) < before


def test_no_global_state_is_used_or_changed(make_network, expect):
    network, rows = make_network(
        (6, 5, 2), dense_units=(4,), conv_dropout=0.3, global_pooling=None, pool_after=None
    )
    policy = keras.config.dtype_policy()
    state = random.getstate(), np.random.get_state()[1].tolist()
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        flat = keras_network(network)
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_dtype_policy(policy)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state
    np.testing.assert_allclose(flat(rows), expect(network, rows), rtol=0, atol=1e-5)


def test_another_suffix_is_refused_because_keras_would_refuse_it(fitted, tmp_path):
    with pytest.raises(ValueError, match=r"digits\.h5 must end in \.keras"):
        to_keras(fitted, tmp_path / "digits.h5")
    assert list(tmp_path.iterdir()) == []
