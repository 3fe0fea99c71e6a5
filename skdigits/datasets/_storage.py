"""Return whether the packaged data are whole, and what is kept of UCI's."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from skdigits._files import data_home
from skdigits.datasets._packaged import SHA256, digest, packaged_table

__all__ = ["cache_path", "describe_storage"]


def cache_path(home: Path | None = None) -> Path:
    """Return the file that keeps what UCI sent, in a home of one's own or in the usual one."""
    return (home or data_home()) / "optdigits_uci" / "optdigits.npz"


def describe_storage() -> dict[str, Any]:
    """Return what a bug report should say of the data on this machine; nothing is changed.

    Returns
    -------
    dict
        Strings, numbers and bools by name:

        data_rows : int, data_sha256 : str, data_intact : bool
            The packaged data, and whether they are the published ones.
        cache_folder : str, cache_bytes : int
            Where :func:`fetch_optdigits` keeps its copy, and its size; 0 where there is none.

    Examples
    --------
    >>> from skdigits.datasets import describe_storage
    >>> storage = describe_storage()
    >>> storage["data_rows"], storage["data_intact"]
    (5620, True)
    """
    table = packaged_table()
    cache = cache_path().parent
    return {
        "data_rows": len(table),
        "data_sha256": digest(table),
        "data_intact": digest(table) == SHA256,
        "cache_folder": str(cache),
        "cache_bytes": _size(cache),
    }


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone meanwhile, or not ours to read
            size += path.stat().st_size if path.is_file() else 0
    return size
