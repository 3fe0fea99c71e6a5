"""What is kept of UCI's data is whole or refused, and a bug report describes it."""

import os

import numpy as np
import pytest

from skdigits.datasets import describe_storage
from skdigits.datasets._cache import read_cache, write_cache
from skdigits.datasets._packaged import packaged_table
from skdigits.datasets._uci import UciDigits


@pytest.fixture
def digits():
    return UciDigits(packaged_table(), {"name": "optdigits"}, [{"name": "class", "units": None}])


def test_round_trip(tmp_path, digits):
    write_cache(tmp_path / "digits.npz", digits)
    kept = read_cache(tmp_path / "digits.npz")

    np.testing.assert_array_equal(kept.table, digits.table)
    assert (kept.metadata, kept.variables) == (digits.metadata, digits.variables)
    assert [file.name for file in tmp_path.iterdir()] == ["digits.npz"]


def test_every_truncation_is_found(tmp_path, digits):
    path = tmp_path / "digits.npz"
    write_cache(path, digits)
    whole = path.read_bytes()

    for size in range(0, len(whole), 5000):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="is damaged"):
            read_cache(path)


def test_every_flipped_byte_of_the_content_is_found(tmp_path, digits):
    path = tmp_path / "digits.npz"
    write_cache(path, digits)
    whole = path.read_bytes()

    for place in range(100, 100_000, 10_000):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="is damaged"):
            read_cache(path)


def test_well_formed_file_of_other_data_is_found(tmp_path, digits):
    table = digits.table.copy()
    table[5, 5] ^= 1
    write_cache(tmp_path / "digits.npz", UciDigits(table, {}, []))

    with pytest.raises(ValueError, match="published checksum"):
        read_cache(tmp_path / "digits.npz")


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "digits.npz", table=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ValueError, match="is damaged"):
        read_cache(tmp_path / "digits.npz")


def test_absent_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_cache(tmp_path / "digits.npz")


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
