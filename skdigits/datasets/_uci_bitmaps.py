"""Download the bitmaps that are not packaged, those of UCI's file "wdep", and verify what comes."""

import io
import re
import zipfile
from pathlib import PurePosixPath
from urllib.request import urlopen

import numpy as np
import numpy.typing as npt

from skdigits.datasets._packaged import Table, packaged_bitmaps, packaged_table
from skdigits.datasets._uci import WrongDataError, published_order

__all__ = ["Bitmaps", "ask_for_bitmaps", "check_bitmaps", "complete_bitmaps"]

Bitmaps = npt.NDArray[np.uint8]

_ARCHIVE_URL = (
    "https://archive.ics.uci.edu/static/public/80/optical+recognition+of+handwritten+digits.zip"
)
_MEMBER = "optdigits-orig.wdep.Z"

# 32 lines of 32 dots and a line with the label; the lines of the header match nowhere.
_BITMAP = re.compile(rb"\b((?:[01]{32}\s+){32})(\d)\b")


def ask_for_bitmaps() -> Bitmaps:
    """Fetch UCI's archive and return its (943, 32, 32) bitmaps in the order of their rows."""
    with urlopen(_ARCHIVE_URL) as response:
        found = _BITMAP.findall(_decompressed_member(response.read()))
    rows = _rows_without_bitmap()
    if len(found) != len(rows):
        raise WrongDataError(f"{_MEMBER} has {len(found)} bitmaps, expected {len(rows)}")
    dots = b"".join(b"".join(lines.split()) for lines, _ in found)
    bitmaps = np.frombuffer(dots, np.uint8).reshape(-1, 32, 32) - ord("0")
    labels = np.array([int(label) for _, label in found], np.uint8)
    table = np.column_stack([_counts(bitmaps), labels])
    order = published_order(table, rows)
    if not np.array_equal(table[order], rows):
        raise WrongDataError(f"the counts and labels of {_MEMBER} are not the published rows")
    return bitmaps[order]


def check_bitmaps(bitmaps: Bitmaps) -> None:
    """Raise ValueError unless the counts of the bitmaps are their published rows, in order."""
    if not np.array_equal(_counts(bitmaps), _rows_without_bitmap()[:, :64]):
        raise ValueError("the counts of its bitmaps are not the published rows")


def complete_bitmaps(bitmaps: Bitmaps) -> tuple[Bitmaps, npt.NDArray[np.bool_]]:
    """Return the packaged bitmaps, completed with these, and that all of them are there."""
    packaged, has_bitmap = packaged_bitmaps()
    complete = packaged.copy()
    complete[~has_bitmap] = bitmaps
    return complete, np.ones_like(has_bitmap)


def _decompressed_member(content: bytes) -> bytes:
    from unlzw3 import unlzw

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        name = next((name for name in names if PurePosixPath(name).name == _MEMBER), None)
        if name is None:
            has = ", ".join(names) or "nothing"
            raise WrongDataError(f"{_MEMBER} is not in the archive, which has {has}")
        member = archive.read(name)
    try:
        return unlzw(member)
    except ValueError as error:  # the archive's checksum is right, so that it was not the network
        raise WrongDataError(f"{_MEMBER} cannot be decompressed: {error}") from error


def _rows_without_bitmap() -> Table:
    return packaged_table()[~packaged_bitmaps()[1]]


def _counts(bitmaps: Bitmaps) -> npt.NDArray[np.uint8]:
    return bitmaps.reshape(-1, 8, 4, 8, 4).sum(axis=(2, 4), dtype=np.uint8).reshape(-1, 64)
