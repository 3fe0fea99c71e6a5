"""How skdigits brings TensorFlow up; each in a process that has not imported it yet."""

import ast
import os
import platform
import subprocess
import sys

import pytest

X86 = {"amd64", "x86_64"}
on_x86 = pytest.mark.skipif(
    platform.machine().lower() not in X86, reason="oneDNN is left alone elsewhere"
)

THREADS = """
def threads():
    from tensorflow import config
    return (
        config.threading.get_intra_op_parallelism_threads(),
        config.threading.get_inter_op_parallelism_threads(),
    )
"""


SETTINGS = {"TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_ENABLE_ONEDNN_OPTS"}


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


# TensorFlow itself may set variables when it is imported.
ENVIRONMENT = """
import os
before = dict(os.environ)
import {module}
print(sorted(dict(os.environ).items() ^ before.items()))
"""


@pytest.fixture(scope="module")
def ours(start):
    """What a process prints that imports skdigits alone."""
    code = """
print(threads())
import tensorflow as tf
tf.ones(3) + 1
print(threads())
"""
    return start(ENVIRONMENT.format(module="skdigits._tensorflow") + THREADS + code)


@pytest.fixture(scope="module")
def theirs(start):
    """What a process prints that imports Keras, sets threads and imports skdigits."""
    code = """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)
import skdigits._tensorflow
print(threads())
"""
    return start(ENVIRONMENT.format(module="keras") + THREADS + code)


def test_there_is_one_thread_by_default_and_after_tensorflow_has_run(ours):
    assert ours[1:] == ["(1, 1)", "(1, 1)"]


def test_a_number_of_threads_that_the_user_has_set_stays(theirs):
    assert theirs[1:] == ["(3, 1)"]


@on_x86
def test_the_environment_says_onednn_and_is_else_as_tensorflow_leaves_it(ours, theirs):
    changed, by_tensorflow = (set(ast.literal_eval(printed[0])) for printed in (ours, theirs))
    assert by_tensorflow <= changed
    assert changed - by_tensorflow == {("TF_ENABLE_ONEDNN_OPTS", "1")}


@pytest.mark.parametrize("settled", ["0", "1"])
def test_a_process_in_which_tensorflow_has_run_is_left_as_it_is(settled, start):
    code = f"""
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "{settled}"  # as processors do that have it off, or on
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
        assert said == settled


def test_what_the_user_says_in_the_environment_stays(start):
    code = """
import os
import skdigits._tensorflow
from skdigits.information import collect_information
print(threads())
print(os.environ["TF_ENABLE_ONEDNN_OPTS"])
print(collect_information()["onednn"])
"""
    settings = {"TF_NUM_INTRAOP_THREADS": "2", "TF_ENABLE_ONEDNN_OPTS": "0"}
    number, said, on = start(THREADS + code, **settings)
    assert number == "(0, 1)"
    assert said == "0"
    assert on != "True"
