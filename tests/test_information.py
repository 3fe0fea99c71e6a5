import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version

import skdigits
from skdigits import _version
from skdigits._tensorflow import tf
from skdigits.information import collect_information

TENSORFLOW = {"intra_op_threads", "inter_op_threads", "onednn", "devices"}


def test_versions_are_those_installed():
    found = collect_information(tensorflow=False)
    assert found["skdigits"] == skdigits.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    for package in ("scikit-learn", "tensorflow", "keras", "scikeras", "numpy", "scipy"):
        assert found[package] == version(package)
    assert {"pandas", "matplotlib", "platform", "processor"} <= found.keys()
    assert 1 <= found["usable_cores"] <= found["cores"] == os.cpu_count()


def test_a_package_that_is_missing_is_no_obstacle(monkeypatch):
    def without_scikeras(package):
        if package == "scikeras":
            raise PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(_version, "version", without_scikeras)
    found = collect_information(tensorflow=False)
    assert (found["scikeras"], found["numpy"]) == ("not installed", "1")


def test_a_broken_tensorflow_is_told_and_is_no_obstacle(monkeypatch):
    monkeypatch.setitem(sys.modules, "skdigits._tensorflow", None)
    found = collect_information()
    assert TENSORFLOW.isdisjoint(found)
    assert found["tensorflow_error"].startswith("ModuleNotFoundError: ")
    assert "\n" not in found["tensorflow_error"]


def test_threads_and_onednn_are_those_that_are_set(run_python):
    code = """
import json
from skdigits.information import collect_information
print(json.dumps(collect_information()))
"""
    settings = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "3", "OMP_NUM_THREADS": "1"}
    set_by_us = json.loads(run_python(code, **settings))
    assert (set_by_us["intra_op_threads"], set_by_us["inter_op_threads"]) == (3, 1)
    assert set_by_us["onednn"] in (False, None)

    found = collect_information()
    assert json.loads(json.dumps(found)) == found
    assert found.keys() >= TENSORFLOW
    threads = tf.config.threading
    assert found["intra_op_threads"] == threads.get_intra_op_parallelism_threads()
    assert found["inter_op_threads"] == threads.get_inter_op_parallelism_threads()
