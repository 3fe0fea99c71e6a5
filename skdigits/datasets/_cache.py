"""Keep UCI's data in one file, which is complete and verified, and describe that file."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from skdigits._files import data_home, replacing
from skdigits.datasets._packaged import SHA256, digest, packaged_table
from skdigits.datasets._uci import UciDigits

__all__ = ["cache_path", "describe_storage", "read_cache", "write_cache"]


def cache_path(home: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of the cached file, below `home` or below the usual data home."""
    return data_home(home) / "optdigits_uci" / "optdigits.npz"


def read_cache(path: Path) -> UciDigits:
    """Read and verify; OSError if there is no file to read, ValueError if it is damaged."""
    with path.open("rb") as file:
        try:
            with np.load(file) as stored:
                digits = UciDigits(stored["table"], json.loads(stored["metadata"].item()))
            if digest(digits.table) != SHA256:
                raise ValueError("its data do not have the published checksum")
        except Exception as error:  # damage shows in many ways, zlib.error among them
            raise ValueError(f"{path} is damaged: {error}") from error
    return digits


def write_cache(path: Path, digits: UciDigits) -> None:
    """Write the file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file, table=digits.table, metadata=np.array(json.dumps(digits.metadata))
        )


def describe_storage() -> dict[str, Any]:
    """Describe the data on this machine for a bug report, without changing anything."""
    try:
        path = cache_path()
        cache = f"{path} ({'present' if path.exists() else 'absent'})"
    except OSError as error:  # no home folder, or a closed one
        cache = f"no folder: {error}; set SKDIGITS_DATA to one"
    return {"data_intact": digest(packaged_table()) == SHA256, "cache": cache}
