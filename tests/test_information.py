import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest

import skdigits
from skdigits import information
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


def test_the_packaged_data_are_checked():
    found = collect_information(tensorflow=False)
    assert (found["data_rows"], found["data_intact"]) == (5620, True)
    assert found["data_sha256"].startswith("a88fcce34a89")


def test_everything_fits_into_json():
    found = collect_information()
    assert json.loads(json.dumps(found)) == found
    assert found.keys() >= TENSORFLOW


def test_a_package_that_is_missing_is_no_obstacle(monkeypatch):
    def without_scikeras(package):
        if package == "scikeras":
            raise PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(information, "version", without_scikeras)
    found = collect_information(tensorflow=False)
    assert (found["scikeras"], found["numpy"]) == ("not installed", "1")


def test_a_broken_tensorflow_is_told_and_is_no_obstacle(monkeypatch):
    monkeypatch.setitem(sys.modules, "skdigits._tensorflow", None)
    found = collect_information()
    assert TENSORFLOW.isdisjoint(found)
    assert found["tensorflow_error"].startswith("ModuleNotFoundError: ")
    assert "\n" not in found["tensorflow_error"]


@pytest.mark.parametrize("variable", ["SKDIGITS_DATA", "SCIKIT_LEARN_DATA"])
def test_the_cache_is_where_the_data_are_fetched_to(tmp_path, monkeypatch, variable):
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "home"))
    found = collect_information(tensorflow=False)
    assert found["cache_folder"] == str(tmp_path / "home" / "optdigits_uci")
    assert found["cache_bytes"] == 0
    assert list(tmp_path.iterdir()) == []  # looking makes no folder

    cache = tmp_path / "home" / "optdigits_uci"
    cache.mkdir(parents=True)
    (cache / "optdigits.npz").write_bytes(b"12345")
    assert collect_information(tensorflow=False)["cache_bytes"] == 5


def test_the_cache_is_scikit_learns_by_default(monkeypatch, tmp_path):
    from sklearn.datasets import get_data_home

    for variable in ("SKDIGITS_DATA", "SCIKIT_LEARN_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = collect_information(tensorflow=False)["cache_folder"]
    assert found == os.path.join(get_data_home(), "optdigits_uci")  # noqa: PTH118


def test_threads_and_onednn_are_those_that_are_set(run_python):
    code = """
import json
from skdigits.information import collect_information
print(json.dumps(collect_information()))
"""
    ours = json.loads(run_python(code, TF_ENABLE_ONEDNN_OPTS="0"))
    assert (ours["intra_op_threads"], ours["inter_op_threads"]) == (1, 1)
    assert ours["onednn"] in (False, None)
    theirs = json.loads(run_python(code, TF_NUM_INTRAOP_THREADS="3"))
    assert theirs["intra_op_threads"] == 3
