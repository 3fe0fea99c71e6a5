"""Read digits from a CSV file of the user's own, and say what is wrong with one."""

import csv
import gzip
import os
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TextIO

import numpy as np
from sklearn.utils import Bunch

from skdigits.datasets._bunch import digits_bunch

__all__ = ["read_digits_csv"]

_LABEL_NAMES = {"class", "label", "target"}
_MISSING = {"", "?", "na", "n/a", "nan", "none", "null"}


def read_digits_csv(path: str | os.PathLike[str]) -> Bunch:
    """Read 8x8 digits from a CSV file with 64 counts and a label in each row.

    Parameters
    ----------
    path : str or path-like
        A comma-separated file in UTF-8, gzip-compressed if its name ends in ``.gz``. Each row
        holds 64 integers 0..16, the counts of the image row by row, and in the last column the
        digit 0..9. A header is recognised by its names; if it calls a column ``class``,
        ``label`` or ``target``, that column is the label. Blank lines are skipped.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As :func:`load_optdigits` returns it, without ``subset`` and ``metadata``, and:

        filename : str
            As given.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If a row is not valid; the message names the line, the column, what was found and
        what was expected.

    See Also
    --------
    load_optdigits : The data set packaged with skdigits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits.datasets import load_optdigits, read_digits_csv
    >>> frame = load_optdigits(subset="test", as_frame=True).frame
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "digits.csv"
    ...     frame.head(3).to_csv(file, index=False)
    ...     digits = read_digits_csv(file)
    >>> digits.data.shape, digits.target
    ((3, 64), array([0, 1, 2]))
    """
    name = os.fspath(path)
    try:
        with _open(Path(name)) as file:
            table = np.array(list(_rows(file)), dtype=np.uint8)
        if not len(table):
            raise ValueError("there are no rows, expected 64 counts and a label in each")
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise ValueError(f"{name}: {error}.") from error
    return digits_bunch(table, DESCR=f"Handwritten digits from {name}.", filename=name)


def _open(path: Path) -> TextIO:
    # utf-8-sig: spreadsheets like to begin a file with a byte order mark.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(file: TextIO) -> Iterator[list[int]]:
    """Yield the checked rows of a file, label last."""
    reader = csv.reader(file)
    header: list[str] | None = None
    label = 64
    first = True
    for row in reader:
        if len(row) < 2 and not "".join(row).strip():
            continue
        if len(row) != 65:
            raise ValueError(f"line {reader.line_num} has {len(row)} columns, expected 65")
        if first and _is_header(row):
            header, label = row, _label_column(row)
        else:
            yield _checked(row, label, reader.line_num, header)
        first = False


def _is_header(row: list[str]) -> bool:
    # A row with one bad cell is not a header; in a header, most cells or the label are names.
    return bool(_LABEL_NAMES & {_plain(cell) for cell in row}) or (
        sum(_reason(cell, 16) == "not a number" for cell in row) > len(row) / 2
    )


def _label_column(header: list[str]) -> int:
    columns = [i for i, cell in enumerate(header) if _plain(cell) in _LABEL_NAMES]
    if len(columns) > 1:
        found = ", ".join(repr(header[i]) for i in columns)
        raise ValueError(f"the header has several label columns ({found}), expected one")
    return columns[0] if columns else 64


def _checked(row: list[str], label: int, line: int, header: list[str] | None) -> list[int]:
    for i, cell in enumerate(row):
        top = 9 if i == label else 16
        if reason := _reason(cell, top):
            column = f"column {i + 1}" + (f" ({header[i]})" if header else "")
            kind = "the label, an integer 0..9" if i == label else f"an integer 0..{top}"
            raise ValueError(f"line {line}, {column}: {cell!r} is {reason}, expected {kind}")
    values = [int(float(cell)) for cell in row]
    return [*values[:label], *values[label + 1 :], values[label]]


@lru_cache(maxsize=256)
def _reason(cell: str, top: int) -> str:
    """Return why a cell is not an integer 0..`top`, or an empty string if it is one."""
    if _plain(cell) in _MISSING:
        return "a missing value"
    try:
        # Python reads 1_0 as 10; in a file it is a typing error.
        value = float(cell.replace("_", "?"))
    except ValueError:
        return "not a number"
    if not value.is_integer():
        return "not an integer"
    return "" if 0 <= value <= top else "out of range"


def _plain(cell: str) -> str:
    return cell.strip().lower()
