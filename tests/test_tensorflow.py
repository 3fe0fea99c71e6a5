"""How skdigits brings TensorFlow up; each in a process that has not imported it yet."""

import os
import platform
import subprocess
import sys

import pytest

X86 = {"amd64", "x86_64"}

THREADS = """
def threads():
    from tensorflow import config
    return (
        config.threading.get_intra_op_parallelism_threads(),
        config.threading.get_inter_op_parallelism_threads(),
    )
"""


SETTINGS = {
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Run code in a fresh interpreter without settings of TensorFlow: the lines it prints."""

    def start(code, **environment):
        without = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=tmp_path_factory.mktemp("outside"),
            env={**without, **environment},
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return start


def test_operations_have_one_thread_and_openmp_says_how_many_run_side_by_side(start):
    code = """
import os
before = dict(os.environ)
import skdigits._tensorflow
print(threads())
import tensorflow as tf
tf.ones(3) + 1
print(threads(), os.environ["TF_ENABLE_ONEDNN_OPTS"])
"""
    before, after = start(THREADS + code, OMP_NUM_THREADS="3,2")
    assert before == "(1, 3)"
    if platform.machine().lower() in X86:
        assert after == "(1, 3) 1"


def test_settings_of_the_user_stay(start):
    code = """
import os
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)
import skdigits._tensorflow
from skdigits.information import collect_information
print(threads())
print(os.environ["TF_ENABLE_ONEDNN_OPTS"])
print(collect_information()["onednn"])
"""
    number, said, on = start(THREADS + code, OMP_NUM_THREADS="64", TF_ENABLE_ONEDNN_OPTS="0")
    assert number == "(3, 4)"  # no more than four are used
    assert said == "0"
    assert on != "True"


def test_a_process_in_which_tensorflow_has_run_is_left_unchanged(start):
    code = """
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # as on processors that have it off
import tensorflow as tf
del os.environ["TF_ENABLE_ONEDNN_OPTS"]
tf.ones(3) + 1
before = threads()
import skdigits._tensorflow
print(threads() == before)
print(os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
"""
    unchanged, said = start(THREADS + code)
    assert unchanged == "True"
    if platform.machine().lower() in X86:
        assert said == "0"


def test_networks_train_on_the_first_cpu_or_within_the_scope_of_a_device(start):
    code = """
import numpy as np
import skdigits._tensorflow
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from skdigits import DigitCNNClassifier
from skdigits.training._pool import TRACED_NETWORKS
X, y = np.arange(640.0).reshape(10, 64) % 17, np.arange(10) % 2
weights = []
def fit(where):
    clf = DigitCNNClassifier(filters=(4,), epochs=2, random_state=0)
    clf.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)
    network = TRACED_NETWORKS._idle[-1][1]
    variables = [*network.model.variables, *network._optimizer.variables, clf.model_.weights[0]]
    print(where, sorted({v.value.device.rpartition("/")[2] for v in variables}))
    weights.append([w.tobytes() for w in clf.model_.get_weights()])
fit("outside")
with tf.device("CPU:1"):
    fit("within")
fit("outside")
print(weights[0] == weights[1] == weights[2], len(TRACED_NETWORKS))
"""
    outside, within, again, same = start(code)
    assert outside == again == "outside ['device:CPU:0']"
    assert within == "within ['device:CPU:1']"
    assert same == "True 2"


FITS = """
import os, signal, sys
import numpy as np
X, y = np.arange(640.0).reshape(10, 64) % 17, np.arange(10) % 2
def net():
    from skdigits import DigitCNNClassifier
    return DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0)
def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # ends a child that hangs
        try:
            work()
        except RuntimeError as error:
            os._exit(2 if "loky" in str(error) and "spawn" in str(error) else 3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def test_a_child_fits_unless_tensorflow_has_run_before_the_fork(run_python):
    code = """
import skdigits.training._fit
print(in_child(lambda: net().fit(X, y)))
clf = net().fit(X, y)
clf.model_
from skdigits.export import to_keras
from skdigits.network import _numpy
many = np.tile(X, (2000, 1))
print(in_child(lambda: net().fit(X, y)), in_child(lambda: clf.partial_fit(X, y)))
print(in_child(lambda: clf.model_), in_child(lambda: to_keras(clf, "network.keras")))
with _numpy._BLAS_LOCK:
    print(in_child(lambda: (clf.predict_proba(many), clf.feature_maps(X))))
clf.partial_fit(X, y)
"""
    assert run_python(FITS + code).split() == ["0", "2", "2", "2", "2", "0"]


def test_another_backend_of_keras_is_named(run_python):
    code = """
from skdigits import DigitCNNClassifier  # needs no Keras yet
try:
    import skdigits._tensorflow
except ImportError as error:
    print(error)
"""
    message = run_python(code, KERAS_BACKEND="jax")
    assert "'jax'" in message
    assert "KERAS_BACKEND=tensorflow" in message


def test_nothing_is_on_standard_error_but_what_is_news(tmp_path):
    """Fits of many networks, a prediction and workers' fits; at last real news."""
    code = """
import os, sys
from sklearn.model_selection import cross_val_score
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
X, y = X[:100], y[:100]
environment = dict(os.environ)
for n_filters in range(2, 8):  # TensorFlow warns if the fifth is traced
    clf = DigitCNNClassifier(filters=(n_filters,), epochs=1, augment=None, random_state=0).fit(X, y)
clf.predict(X)
assert {key: os.environ.get(key) for key in environment} == environment
assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
cross_val_score(clf, X, y, cv=2, n_jobs=2)
from skdigits._tensorflow import quiet
with quiet():
    os.write(2, b"I0000 00:00:1 1 port.cc:1] a remark\\nE0000 00:00:1 1 device.cc:1] an error\\n")
    os.write(2, b"2025-01-31 23:59:59.123456: E cuda.cc:51] failed call to cuInit: ERROR (303)\\n")
    os.write(2, b"of Python\\n")
"""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TF_CPP")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=300,
        check=True,
    )
    assert done.stderr == "E0000 00:00:1 1 device.cc:1] an error\nof Python\n"


@pytest.mark.parametrize(
    ("name", "value"), [("TF_CPP_MIN_LOG_LEVEL", "0"), ("TF_CPP_MAX_VLOG_LEVEL", "1")]
)
def test_whoever_asks_for_all_lines_gets_them(monkeypatch, capfd, name, value):
    from skdigits._tensorflow import quiet

    monkeypatch.setenv(name, value)
    with quiet():
        os.write(2, b"I0000 00:00:1 1 port.cc:1] a remark\n")
    assert "a remark" in capfd.readouterr().err
