"""How skdigits brings TensorFlow up; each in a process that has not imported it yet."""

import os
import platform
import subprocess
import sys

import pytest

on_x86 = pytest.mark.skipif(
    platform.machine().lower() not in {"amd64", "x86_64"}, reason="oneDNN is left alone elsewhere"
)

THREADS = """
def threads():
    from tensorflow import config
    return (
        config.threading.get_intra_op_parallelism_threads(),
        config.threading.get_inter_op_parallelism_threads(),
    )
"""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in ("INTRAOP_THREADS", "INTEROP_THREADS"):
        monkeypatch.delenv(f"TF_NUM_{name}", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)


def test_there_is_one_thread_by_default_and_after_tensorflow_has_run(run_python):
    code = """
from skdigits._tensorflow import tf
print(threads())
tf.ones(3) + 1
print(threads())
"""
    assert run_python(THREADS + code).splitlines() == ["(1, 1)", "(1, 1)"]


def test_a_number_of_threads_in_the_environment_goes_first(run_python):
    code = THREADS + "import skdigits._tensorflow; print(threads())"
    assert run_python(code, TF_NUM_INTRAOP_THREADS="2").strip() == "(0, 1)"


def test_a_number_of_threads_that_the_user_has_set_stays(run_python):
    code = """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)
import skdigits._tensorflow
print(threads())
"""
    assert run_python(THREADS + code).strip() == "(3, 1)"


def test_a_process_in_which_tensorflow_has_run_is_left_as_it_is(run_python):
    code = """
import tensorflow as tf
tf.ones(3) + 1
before = threads()
import skdigits._tensorflow
print(threads() == before)
"""
    assert run_python(THREADS + code).strip() == "True"


# TensorFlow itself may set variables when it is imported.
ENVIRONMENT = """
import os
before = dict(os.environ)
import {module}
for change in sorted(dict(os.environ).items() ^ before.items()):
    print(change)
"""


@on_x86
def test_the_environment_says_onednn_and_is_else_as_tensorflow_leaves_it(run_python):
    ours, theirs = (
        set(run_python(ENVIRONMENT.format(module=module)).splitlines())
        for module in ("skdigits._tensorflow", "keras")
    )
    assert theirs <= ours
    assert ours - theirs == {"('TF_ENABLE_ONEDNN_OPTS', '1')"}


@on_x86
@pytest.mark.parametrize("settled", ["0", "1"])
def test_the_environment_says_what_tensorflow_has_settled_before(settled, run_python):
    code = f"""
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "{settled}"  # as processors do that have it off, or on
import tensorflow
del os.environ["TF_ENABLE_ONEDNN_OPTS"]
import skdigits
print(os.environ["TF_ENABLE_ONEDNN_OPTS"])
"""
    assert run_python(code).strip() == settled


def test_what_the_user_says_about_onednn_stays(run_python):
    code = """
import os
import skdigits._tensorflow
from skdigits.information import collect_information
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], collect_information()["onednn"])
"""
    said, on = run_python(code, TF_ENABLE_ONEDNN_OPTS="0").split()
    assert said == "0"
    assert on != "True"


def test_nothing_is_on_standard_error_but_what_is_news(tmp_path):
    """Fits of many networks, a prediction, workers' fits, a command; at last real news."""
    code = """
import os, sys
from sklearn.model_selection import cross_val_score
from skdigits import DigitCNNClassifier, save_model
from skdigits.cli import main
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
X, y = X[:100], y[:100]
environment = dict(os.environ)
for n_filters in range(2, 8):  # TensorFlow takes it for a mistake if the fifth is traced
    clf = DigitCNNClassifier(filters=(n_filters,), epochs=1, random_state=0).fit(X, y)
clf.predict(X)
assert {key: os.environ.get(key) for key in environment} == environment
assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
cross_val_score(clf, X, y, cv=2, n_jobs=2)
save_model(clf, "digits.skdigits")
sys.argv[1:] = ["evaluate", "digits.skdigits"]
try:
    main()
except SystemExit as ended:
    assert not ended.code

from skdigits._tensorflow import quiet
with quiet():
    os.write(2, b"I0000 00:00:1 1 port.cc:1] a remark\\nE0000 00:00:1 1 device.cc:1] an error\\n")
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
