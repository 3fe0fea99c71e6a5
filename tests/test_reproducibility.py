"""The same seed gives the same network everywhere, and nothing global is read or changed."""

import inspect
import os
import platform
import random
import warnings

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.model_selection import cross_val_score
from tensorflow.python.eager import context
from tensorflow.python.framework.config import is_op_determinism_enabled

from skdigits.datasets import load_optdigits

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
if "keras" not in sys.modules:
    import skdigits._tensorflow
    from keras.callbacks import TerminateOnNaN
    clf.set_params(callbacks=[TerminateOnNaN()])
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


def test_another_seed_gives_another_network(digits, tiny):
    assert not same_weights(tiny(random_state=0).fit(*digits), tiny(random_state=1).fit(*digits))


def test_same_seed_same_network_in_another_process_in_each_configuration(run_python, capsys):
    print_digests()
    here = capsys.readouterr().out
    assert run_python(DIGESTS, PYTHONHASHSEED="1") == here
    assert len(set(here.split())) == 3


@pytest.mark.slow
@pytest.mark.parametrize("widest", ["", pytest.param("AVX2", marks=on_x86)])
def test_same_seed_same_network_in_processes_with_other_memory_in_each_configuration(
    widest, run_python
):
    environment = {"ONEDNN_MAX_CPU_ISA": widest} if widest else {}
    outputs = {
        run_python(DIGESTS, PYTHONHASHSEED=str(number), PADDING="x" * 37 * number, **environment)
        for number in range(10)
    }
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 3


@on_x86
@pytest.mark.parametrize("first", ["keras", pytest.param("skdigits", marks=pytest.mark.slow)])
def test_workers_add_as_this_process_does_whatever_is_imported_first(
    first, run_python, monkeypatch
):
    """A worker that unpickles a callback imports Keras first."""
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    code = KERAS_FIRST + A_WORKER if first == "keras" else A_WORKER
    one, two = run_python(code).splitlines()
    assert one == two


def test_the_order_of_rows_does_not_matter(digits, tiny):
    X, y = digits
    order = np.random.default_rng(0).permutation(len(y))
    assert same_weights(tiny().fit(X, y), tiny().fit(X[order], y[order]))


def test_the_order_of_rows_matters_without_shuffling(digits, tiny):
    X, y = digits
    assert not same_weights(
        tiny(shuffle=False).fit(X, y), tiny(shuffle=False).fit(X[::-1], y[::-1])
    )


@pytest.mark.worker_processes
def test_cross_validation_is_the_same_with_two_processes(digits, tiny):
    one, two = (cross_val_score(tiny(), *digits, cv=5, n_jobs=n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("augment", ["affine", {"shift": 1, "shear": 0.2}])
def test_same_seed_same_distortions(augment, digits, tiny):
    X, y = digits
    first, again = (tiny(epochs=3, augment=augment).fit(X, y) for _ in range(2))
    assert same_weights(first, again)
    assert first.history_ == again.history_
    other = tiny(epochs=3, augment=augment, random_state=1).fit(X, y)
    assert first.history_ != other.history_


@pytest.mark.slow
def test_cross_validation_of_the_defaults_is_the_same_with_two_processes():
    from skdigits import DigitCNNClassifier

    X, y = load_optdigits(return_X_y=True)
    one, two = (
        cross_val_score(DigitCNNClassifier(random_state=0), X, y, cv=5, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


ON_SOME_CORES = """
import os, sys
cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}
if sys.argv[-1] == "one core" and len(cores) > 1:
    os.sched_setaffinity(0, {min(cores)})
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.training import _traced_network
_traced_network._LEAST_OF_A_PART = 2**15
X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier(filters=(4, 8, 16), epochs=2, batch_size=64, random_state=0)
clf.fit(X[:450], y[:450])
import tensorflow as tf
from skdigits.training._pool import TRACED_NETWORKS
network = TRACED_NETWORKS._idle[-1][1]
print(tf.config.threading.get_inter_op_parallelism_threads(), network._n_parts)
print([w.tobytes().hex() for w in clf.model_.get_weights()])
"""


def test_same_bits_on_any_number_of_cores(run_python):
    # An empty list of threads leaves it to the cores.
    one = run_python("import sys; sys.argv.append('one core')" + ON_SOME_CORES, OMP_NUM_THREADS="")
    four = run_python(ON_SOME_CORES, OMP_NUM_THREADS="4")
    threads_of_one, weights = one.splitlines()
    assert [threads_of_one, four.splitlines()[0]] == ["1 4", "4 4"]
    assert four.splitlines()[1] == weights


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


@pytest.mark.parametrize("seeded", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {
            "augment": "affine",
            "label_smoothing": 0.1,
            "learning_rate_schedule": "one_cycle",
            "optimizer": "adamw",
            "temperature": "validation",
        },
    ],
    ids=["plain", "augmented"],
)
def test_global_state_is_as_before(parameters, seeded, digits, tiny):
    if seeded:  # then Keras takes default seeds from the global generator of `random`
        random.seed(1)
        np.random.seed(1)
        tf.random.set_seed(1)
    before = global_state()
    clf = tiny(early_stopping=True, batch_normalization=True, **parameters).fit(*digits)
    clf.partial_fit(*digits).predict_proba(digits[0])
    assert global_state() == before


def test_the_users_arrays_are_as_before(digits, tiny):
    X, y = (values.copy() for values in digits)
    weight = np.linspace(0, 3, len(y))
    kept = [values.copy() for values in (X, y, weight)]
    tiny(epochs=1, class_weight="balanced").fit(X, y, weight).predict(X)
    for values, copy in zip((X, y, weight), kept, strict=True):
        np.testing.assert_array_equal(values, copy)


def test_fits_in_threads_are_the_same_as_one_after_the_other(digits, tiny):
    with joblib.parallel_config(backend="threading"):
        threads = cross_val_score(tiny(), *digits, cv=4, n_jobs=2)
    np.testing.assert_array_equal(threads, cross_val_score(tiny(), *digits, cv=4))
