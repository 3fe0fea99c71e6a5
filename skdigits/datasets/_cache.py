"""One file that keeps what UCI sent: whole and verified, or not there at all."""

import json
from pathlib import Path

import numpy as np

from skdigits._files import replacing
from skdigits.datasets._packaged import SHA256, digest
from skdigits.datasets._uci import UciDigits

__all__ = ["read_cache", "write_cache"]


def read_cache(path: Path) -> UciDigits:
    """Read and verify; OSError if there is no file to read, ValueError if it is damaged."""
    with path.open("rb") as file:
        try:
            with np.load(file) as stored:
                digits = UciDigits(
                    table=stored["table"],
                    metadata=json.loads(stored["metadata"].item()),
                    variables=json.loads(stored["variables"].item()),
                )
        except Exception as error:  # damage shows in many ways, zlib.error among them
            raise ValueError(f"{path} is damaged: {error}") from error
    if digest(digits.table) != SHA256:
        raise ValueError(f"{path} is damaged: its data do not have the published checksum")
    return digits


def write_cache(path: Path, digits: UciDigits) -> None:
    """Write beside `path` and rename, so that no reader ever meets half a file.

    The caller holds the lock: one writer at a time.
    """
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            table=digits.table,
            metadata=np.array(json.dumps(digits.metadata)),
            variables=np.array(json.dumps(digits.variables)),
        )
