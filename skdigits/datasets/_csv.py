"""Read digits from a CSV file, and name the line and column of what is wrong in it."""

import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from skdigits.datasets._bunch import digits_bunch
from skdigits.datasets._packaged import Table

__all__ = ["read_digits_csv"]

_LABEL_NAMES = {"label", "target", "class"}
# Names that pandas gives to the index of a frame.
_INDEX_NAMES = {"", "index", "unnamed: 0"}
_N_COLUMNS = 65


class _Line(NamedTuple):
    number: int  # in the file, from 1
    cells: list[str]


def read_digits_csv(
    path: str | os.PathLike[str], *, label_column: str | int | None = None
) -> Bunch:
    """Read 8x8 digits from a CSV file with 64 counts and a label in each row.

    Parameters
    ----------
    path : str or path-like
        A text file in UTF-8 or UTF-16, which may be gzip-compressed. Each row holds 64 integers
        0..16, the counts of the image row by row, and the label, a digit 0..9. Commas,
        semicolons, tabs, bars or spaces separate the cells; numbers may be written as floats, also
        with decimal commas where commas do not separate. A header, the index of a pandas frame
        under a header and blank lines are recognised.
    label_column : str, int or None, default=None
        Column of the label: its name in the header, or its position among the 65 columns, such as
        0 or -1. None takes the column named "label", "target" or "class", in lower or upper case,
        and without such a name the last column.

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
        If a row is not valid, or the last column, taken without a name, cannot be the label. The
        message names the line, the column, what was found and what was expected.

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
        table = _read_table(_read_lines(_decode(Path(name).read_bytes())), label_column)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise ValueError(f"{name}: {error}.") from error
    return digits_bunch(table, DESCR=f"Handwritten digits from {name}.", filename=name)


def _decode(content: bytes) -> str:
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        # Spreadsheets begin files with a byte order mark, which utf-8-sig takes off.
        return content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("this is no text in UTF-8 or UTF-16, expected a CSV file") from error


def _read_lines(text: str) -> list[_Line]:
    """Split the lines that are not blank into cells."""
    first_line = text.lstrip().partition("\n")[0]
    separator = next((sign for sign in ";\t|," if sign in first_line), " ")
    lines: Iterable[str] = io.StringIO(text, newline="")
    if separator == " ":  # one or several of them, also at the end of a line
        lines = (line.strip() for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    return [_Line(reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip()]


def _read_table(lines: list[_Line], label_column: str | int | None) -> Table:
    """Check the rows, and return their counts and, last, their labels."""
    has_header = bool(lines) and _is_header(lines[0].cells)
    if len(lines) == has_header:
        raise ValueError("there are no rows, expected 64 counts and a label in each")
    n_index = int(has_header and _plain(lines[0].cells[0]) in _INDEX_NAMES)
    for line in lines:
        if len(line.cells) != n_index + _N_COLUMNS:
            besides = " besides the index" * n_index
            raise ValueError(
                f"line {line.number} has {len(line.cells) - n_index} columns{besides}, expected "
                f"{_N_COLUMNS}: 64 counts and a label"
            )
    header = lines.pop(0).cells[n_index:] if has_header else []
    label = _label_position(header, label_column)
    by_default = label is None
    label = _N_COLUMNS - 1 if label is None else label

    values = {cell: _integer(cell) for line in lines for cell in line.cells[n_index:]}
    table = np.array([[values[cell] for cell in line.cells[n_index:]] for line in lines])
    highest = np.where(np.arange(_N_COLUMNS) == label, 9, 16)
    is_bad = (table < 0) | (table > highest)
    if is_bad.any():
        row, column = np.argwhere(is_bad)[0]
        expected = "the label, an integer 0..9" if column == label else "a count, an integer 0..16"
        raise ValueError(
            f"line {lines[row].number}, column {column + n_index + 1}"
            + (f" ({header[column]})" if header else "")
            + f": found {lines[row].cells[column + n_index]!r}, expected {expected}"
            + (f". {_ANOTHER_COLUMN}" if by_default and column == label else "")
        )
    if by_default:
        _check_default_label(table[:, label])
    _check_order(header[:label] + header[label + 1 :])
    return np.column_stack([np.delete(table, label, axis=1), table[:, label]]).astype(np.uint8)


def _is_header(cells: list[str]) -> bool:
    """Return whether a row has names, or counts the columns as pandas does for an array's."""
    names = [*map(_plain, cells)]
    return (
        not _LABEL_NAMES.isdisjoint(names)
        # A row with a bad cell is not a header.
        or sum(not _is_number(name) for name in names) > len(names) / 2
        or names[-_N_COLUMNS:] == [*map(str, range(_N_COLUMNS))]
    )


def _label_position(header: list[str], label_column: str | int | None) -> int | None:
    """Return the position of the label that is asked for or has a usual name."""
    if isinstance(label_column, int):
        if not -_N_COLUMNS <= label_column < _N_COLUMNS:
            raise ValueError(f"label_column is {label_column}, expected 0..64, -1 or a name")
        return label_column % _N_COLUMNS
    wanted = _LABEL_NAMES if label_column is None else {_plain(label_column)}
    found = [i for i, name in enumerate(header) if _plain(name) in wanted]
    if len(found) > 1:
        several = ", ".join(repr(header[i]) for i in found)
        raise ValueError(f"the header has several label columns ({several}): pass label_column=")
    if label_column is not None and not found:
        raise ValueError(f"there is no column {label_column!r}")
    return found[0] if found else None


_ANOTHER_COLUMN = (
    "If another column is the label, call it 'label' in a first line with the names of the columns "
    "or, in Python, pass label_column=, such as label_column=0"
)


def _check_default_label(labels: Table) -> None:
    """Raise ValueError unless a column without a name looks like labels.

    It may be the last pixel of images whose label is in the first column: that is nearly always 0.
    """
    if len(labels) > 1 and np.bincount(labels).max() > len(labels) / 2:
        raise ValueError(
            "the last column cannot be the label, since most of its values are "
            f"{np.bincount(labels).argmax()}. {_ANOTHER_COLUMN}"
        )


def _check_order(names: list[str]) -> None:
    """Refuse columns that are sorted as words, pixel_10 before pixel_2."""
    numbers = [[int(number) for number in re.findall(r"\d+", name)] for name in names]
    if len(set(map(len, numbers))) == 1 and numbers != sorted(numbers):
        place = next(i for i in range(63) if numbers[i] > numbers[i + 1])
        raise ValueError(
            f"column {names[place]!r} stands before {names[place + 1]!r}; order the columns as "
            "the image has them, row by row, or take the numbers out of their names"
        )


def _integer(cell: str) -> int:
    """Return the integer 0..16 in a cell, or -1 if it holds something else."""
    value = float(_plain(cell)) if _is_number(cell) else -1.0
    return int(value) if 0 <= value <= 16 and value.is_integer() else -1


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", _plain(cell)) is not None


def _plain(cell: str) -> str:
    return cell.strip(" \t'\"#").lower().replace(",", ".")
