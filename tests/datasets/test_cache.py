import numpy as np
import pytest

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
