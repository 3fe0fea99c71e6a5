"""How skdigits brings TensorFlow up; each in a process that has not imported it yet."""

import platform

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
