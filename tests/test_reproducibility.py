"""The same seed gives the same network everywhere, and nothing global is read or changed."""

import inspect
import os
import platform
import random
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.model_selection import cross_val_score
from tensorflow.python.eager import context
from tensorflow.python.framework.config import is_op_determinism_enabled

from skdigits import DigitCNNClassifier, clear_cache
from skdigits.datasets import load_optdigits
from skdigits.training import _traced_network

on_x86 = pytest.mark.skipif(
    platform.machine().lower() not in {"amd64", "x86_64"}, reason="oneDNN has other kernels there"
)

# Memory is taken and partly given back, so that buffers lie elsewhere in each process.
OTHER_MEMORY = """
import os
import random

import numpy as np

from skdigits._tensorflow import tf

chance = random.Random(os.environ["PYTHONHASHSEED"])
taken = [np.empty(chance.randrange(1, 300_000), np.uint8) for _ in range(200)]
taken += [np.empty(chance.randrange(1, 3000), np.uint8) for _ in range(2000)]
taken += [tf.zeros(chance.randrange(1, 70_000)) for _ in range(100)]
taken = [buffer for buffer in taken if chance.random() < 0.5]
"""


def print_digests():
    import hashlib

    from skdigits import DigitCNNClassifier
    from skdigits.datasets import load_optdigits

    X, y = load_optdigits(return_X_y=True)
    for make in (DigitCNNClassifier, DigitCNNClassifier.fast, DigitCNNClassifier.reference):
        clf = make(epochs=2, random_state=0).fit(X[:300], y[:300])
        state = clf.pipeline_["network"].state_
        found = [*state.weights, *state.optimizer, clf.predict_proba(X[:500])]
        print(hashlib.sha256(b"".join(values.tobytes() for values in found)).hexdigest())


DIGESTS = OTHER_MEMORY + inspect.getsource(print_digests) + "print_digests()"

# oneDNN is then off, as it is by itself on processors without AVX-512.
KERAS_FIRST = """
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras
del os.environ["TF_ENABLE_ONEDNN_OPTS"]
"""

A_WORKER = """
import sys
from joblib.externals.loky import get_reusable_executor
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier(epochs=1, random_state=0)
in_a_worker = get_reusable_executor(max_workers=1).submit(clf.fit, X[:200], y[:200]).result()
for fitted in (clf.fit(X[:200], y[:200]), in_a_worker):
    print(hash(b"".join(w.tobytes() for w in fitted.pipeline_["network"].state_.weights)))
"""


def same_weights(a, b):
    return all(
        np.array_equal(v, w)
        for v, w in zip(a.model_.get_weights(), b.model_.get_weights(), strict=True)
    )


def test_same_seed_same_network_also_with_other_fits_in_between(digits, tiny):
    first = tiny(batch_normalization=True).fit(*digits)
    tiny(filters=(4, 4), random_state=7).fit(*digits)
    again = tiny(batch_normalization=True).fit(*digits)
    assert same_weights(first, again)
    assert first.history_ == again.history_
    np.testing.assert_array_equal(first.predict_proba(digits[0]), again.predict_proba(digits[0]))


def test_same_seed_same_network_in_another_process_in_each_configuration(run_python, capsys):
    print_digests()
    here = capsys.readouterr().out
    assert run_python(DIGESTS, PYTHONHASHSEED="1") == here
    assert len(set(here.split())) == 3


@pytest.mark.slow
def test_same_seed_same_network_in_processes_with_other_memory_in_each_configuration(run_python):
    outputs = {
        run_python(DIGESTS, PYTHONHASHSEED=str(number), PADDING="x" * 37 * number)
        for number in range(10)
    }
    assert len(outputs) == 1


@on_x86
def test_workers_add_as_this_process_does_though_keras_is_imported_first(run_python, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    one, two = run_python(KERAS_FIRST + A_WORKER).splitlines()
    assert one == two


def test_the_order_of_rows_does_not_matter(digits, tiny):
    X, y = digits
    order = np.random.default_rng(0).permutation(len(y))
    assert same_weights(tiny().fit(X, y), tiny().fit(X[order], y[order]))


@pytest.mark.slow  # the test of workers above compares bits as well
@pytest.mark.worker_processes
def test_cross_validation_is_the_same_with_two_processes(digits, tiny):
    one, two = (cross_val_score(tiny(epochs=2), *digits, cv=2, n_jobs=n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one, two)


ON_SOME_CORES = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.training import _traced_network
_traced_network._LEAST_OF_A_PART = 2**15
X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier(filters=(4, 8, 16), epochs=2, batch_size=64, random_state=0)
print([w.tobytes().hex() for w in clf.fit(X[:450], y[:450]).model_.get_weights()])
"""


@pytest.mark.slow
def test_same_bits_on_any_number_of_cores(run_python, monkeypatch):
    # An empty list of threads leaves it to the cores: one, and those of this process.
    one = run_python(ON_SOME_CORES, OMP_NUM_THREADS="")
    monkeypatch.setattr(_traced_network, "_LEAST_OF_A_PART", 2**15)
    clear_cache()
    X, y = load_optdigits(return_X_y=True)
    clf = DigitCNNClassifier(filters=(4, 8, 16), epochs=2, batch_size=64, random_state=0)
    weights = clf.fit(X[:450], y[:450]).model_.get_weights()
    clear_cache()
    assert one.splitlines() == [str([w.tobytes().hex() for w in weights])]


def test_random_state_instances_move_on(digits, tiny):
    generator = np.random.RandomState(0)
    first, second = (tiny(random_state=generator).fit(*digits) for _ in range(2))
    assert not same_weights(first, second)
    assert same_weights(first, tiny(random_state=np.random.RandomState(0)).fit(*digits))


def global_state():
    return {
        "random": random.getstate(),
        "numpy": repr(np.random.get_state()),
        "tensorflow seed": context.global_seed(),
        "tensorflow generator": tf.random.get_global_generator().state.numpy().tolist(),
        "op determinism": is_op_determinism_enabled(),
        "environment": dict(os.environ),
        "dtype policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
        "threads": (
            tf.config.threading.get_intra_op_parallelism_threads(),
            tf.config.threading.get_inter_op_parallelism_threads(),
        ),
        "warnings filters": list(warnings.filters),
        "keras seed": keras.utils.get_random_seed()
        if hasattr(keras.utils, "get_random_seed")
        else None,
    }


def test_global_state_is_as_before(digits, tiny):
    # With a seed, Keras takes default seeds from the global generator of `random`.
    for seed in (random.seed, np.random.seed, tf.random.set_seed):
        seed(1)
    before = global_state()
    clf = tiny(
        early_stopping=True,
        batch_normalization=True,
        augment="affine",
        label_smoothing=0.1,
        learning_rate_schedule="one_cycle",
        optimizer="adamw",
        temperature="validation",
    ).fit(*digits)
    clf.partial_fit(*digits).predict_proba(digits[0])
    assert global_state() == before


def test_the_users_arrays_are_as_before(digits, tiny):
    X, y = (values.copy() for values in digits)
    weight = np.linspace(0, 3, len(y))
    kept = [values.copy() for values in (X, y, weight)]
    tiny(epochs=1, class_weight="balanced").fit(X, y, weight).predict(X)
    for values, copy in zip((X, y, weight), kept, strict=True):
        np.testing.assert_array_equal(values, copy)
