"""What a bug report says of the data on this machine."""

import os

import pytest

from skdigits.datasets import describe_storage


def test_the_packaged_data_are_checked():
    found = describe_storage()
    assert (found["data_rows"], found["data_intact"]) == (5620, True)
    assert found["data_sha256"].startswith("a88fcce34a89")


@pytest.mark.parametrize("variable", ["SKDIGITS_DATA", "SCIKIT_LEARN_DATA"])
def test_the_cache_is_where_the_data_are_fetched_to(tmp_path, monkeypatch, variable):
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "home"))
    found = describe_storage()
    assert found["cache_folder"] == str(tmp_path / "home" / "optdigits_uci")
    assert found["cache_bytes"] == 0
    assert list(tmp_path.iterdir()) == []  # looking makes no folder

    cache = tmp_path / "home" / "optdigits_uci"
    cache.mkdir(parents=True)
    (cache / "optdigits.npz").write_bytes(b"12345")
    assert describe_storage()["cache_bytes"] == 5


def test_the_cache_is_scikit_learns_by_default(monkeypatch, tmp_path):
    from sklearn.datasets import get_data_home

    for variable in ("SKDIGITS_DATA", "SCIKIT_LEARN_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = describe_storage()["cache_folder"]
    assert found == os.path.join(get_data_home(), "optdigits_uci")  # noqa: PTH118
