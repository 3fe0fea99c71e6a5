"""The cache of UCI's data is complete or refused, and a bug report describes it."""

import errno
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import get_data_home

from skdigits.datasets import describe_storage, fetch_optdigits
from skdigits.datasets._cache import cache_path, read_cache, write_cache
from skdigits.datasets._packaged import packaged_table
from skdigits.datasets._uci import UciDigits


@pytest.fixture
def path(tmp_path):
    """A cache file."""
    path = tmp_path / "new" / "digits.npz"
    write_cache(path, UciDigits(packaged_table(), {"name": "optdigits"}))
    return path


def test_round_trip(path):
    kept = read_cache(path)

    np.testing.assert_array_equal(kept.table, packaged_table())
    assert kept.metadata == {"name": "optdigits"}
    assert [*path.parent.iterdir()] == [path]


def test_every_truncation_and_every_flipped_byte_of_the_content_is_found(path):
    whole = path.read_bytes()
    cut = [whole[:size] for size in range(0, len(whole), 10_000)]
    flipped = [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(100, 100_000, 10_000)
    ]

    for damaged in [*cut, *flipped]:
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is damaged"):
            read_cache(path)


def test_other_data_and_pickles_are_refused(path):
    table = packaged_table().copy()
    table[5, 5] ^= 1
    write_cache(path, UciDigits(table, {}))
    with pytest.raises(ValueError, match="published checksum"):
        read_cache(path)

    np.savez(path, table=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="is damaged"):
        read_cache(path)


def test_the_cache_is_scikit_learns_by_default(monkeypatch, tmp_path):
    for variable in ("SKDIGITS_DATA", "SCIKIT_LEARN_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert str(cache_path().parents[1]) == get_data_home()


@pytest.fixture
def unknown_user(monkeypatch):
    """A user without HOME and without an entry in the table of users, as in some containers."""
    pwd = pytest.importorskip("pwd")
    for variable in ("SKDIGITS_DATA", "SCIKIT_LEARN_DATA", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)


@pytest.mark.usefixtures("unknown_user")
def test_without_a_home_folder_the_variable_to_set_is_named(tmp_path, monkeypatch):
    assert describe_storage()["cache"].startswith("no folder: no home folder was found for ~")
    for data_home in (None, "~/data"):
        with pytest.raises(OSError, match=r"no home folder.*data_home or SKDIGITS_DATA, or use"):
            fetch_optdigits(data_home=data_home, download_if_missing=False)
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path))
    assert describe_storage()["cache"].endswith("optdigits.npz (absent)")


def test_a_home_folder_that_is_closed_is_reported(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path))
    monkeypatch.setattr(Path, "exists", refuse)
    assert "Permission denied" in describe_storage()["cache"]


@pytest.mark.parametrize("variable", ["SKDIGITS_DATA", "SCIKIT_LEARN_DATA"])
def test_a_bug_report_has_the_data_and_the_cache_and_makes_no_folder(
    tmp_path, monkeypatch, variable
):
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "home"))

    path = tmp_path / "home" / "optdigits_uci" / "optdigits.npz"
    assert describe_storage() == {"data_intact": True, "cache": f"{path} (absent)"}
    assert [*tmp_path.iterdir()] == []
    path.parent.mkdir(parents=True)
    path.touch()
    assert describe_storage()["cache"] == f"{path} (present)"
