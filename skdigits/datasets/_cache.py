"""Keep what UCI sent in one file, whole and verified or not at all, and describe what is kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from skdigits._files import data_home, replacing
from skdigits.datasets._packaged import SHA256, digest, packaged_table
from skdigits.datasets._uci import UciDigits
from skdigits.datasets._uci_bitmaps import Bitmaps, check_bitmaps

__all__ = [
    "cache_path",
    "describe_storage",
    "read_bitmaps",
    "read_cache",
    "write_bitmaps",
    "write_cache",
]


def cache_path(home: Path | None = None) -> Path:
    """Return the path of the cached file, below `home` or below the usual data home."""
    return (home or data_home()) / "optdigits_uci" / "optdigits.npz"


def read_cache(path: Path) -> UciDigits:
    """Read and verify; OSError if there is no file to read, ValueError if it is damaged."""
    with _stored(path) as stored:
        digits = UciDigits(
            table=stored["table"],
            metadata=json.loads(stored["metadata"].item()),
            variables=json.loads(stored["variables"].item()),
        )
        if digest(digits.table) != SHA256:
            raise ValueError("its data do not have the published checksum")
    return digits


def read_bitmaps(path: Path) -> Bitmaps:
    """Read and verify; OSError if there is no file to read, ValueError if it is damaged."""
    with _stored(path) as stored:
        bitmaps = np.unpackbits(stored["bitmaps"], axis=2)
        check_bitmaps(bitmaps)
    return bitmaps


def write_cache(path: Path, digits: UciDigits) -> None:
    """Write the file as a whole; the caller holds the lock, so that one writes at a time."""
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            table=digits.table,
            metadata=np.array(json.dumps(digits.metadata)),
            variables=np.array(json.dumps(digits.variables)),
        )


def write_bitmaps(path: Path, bitmaps: Bitmaps) -> None:
    """Write the file as a whole; the caller holds the lock, so that one writes at a time."""
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(file, bitmaps=np.packbits(bitmaps, axis=2))


def describe_storage() -> dict[str, Any]:
    """Describe the data on this machine for a bug report, without changing anything.

    Returns
    -------
    dict
        Strings, numbers and bools by name:

        data_rows : int, data_sha256 : str, data_intact : bool
            The packaged data, and whether they are the published ones.
        cache_folder : str, cache_bytes : int
            Where :func:`fetch_optdigits` keeps its copy, and its size; 0 if there is none.

    See Also
    --------
    fetch_optdigits : Fetch the data into the cache.
    skdigits.information.collect_information : Describe the rest of what a bug report needs.

    Examples
    --------
    >>> from skdigits.datasets import describe_storage
    >>> storage = describe_storage()
    >>> storage["data_rows"], storage["data_intact"]
    (5620, True)
    """
    table = packaged_table()
    folder = cache_path().parent
    return {
        "data_rows": len(table),
        "data_sha256": digest(table),
        "data_intact": digest(table) == SHA256,
        "cache_folder": str(folder),
        "cache_bytes": _size(folder),
    }


@contextmanager
def _stored(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        try:
            with np.load(file) as stored:
                yield stored
        except Exception as error:  # damage shows in many ways, zlib.error among them
            raise ValueError(f"{path} is damaged: {error}") from error


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # deleted meanwhile, or not readable by this user
            size += path.stat().st_size if path.is_file() else 0
    return size
