"""Read digits from a CSV file of the user's own, and say what is wrong with one."""

import csv
import gzip
import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from skdigits.datasets._bunch import digits_bunch
from skdigits.datasets._packaged import Table

__all__ = ["read_digits_csv"]

# In names without a number: columns of counts are numbered.
_LABEL_NAME = re.compile(r"label|class|target|digit|species|(?<![a-z])y(?![a-z])")
_INDEX_NAME = re.compile(r"|index|id|unnamed: 0(\.\d+)?")
_MISSING = {"", "?", "na", "n/a", "nan", "none", "null"}

# From so many rows on the values tell which column is the label, and may contradict the header.
_ROWS_THAT_TELL, _ROWS_THAT_CONTRADICT = 3, 20


def read_digits_csv(
    path: str | os.PathLike[str], *, label_column: str | int | None = None
) -> Bunch:
    """Read 8x8 digits from a CSV file with 64 counts and a label in each row.

    Parameters
    ----------
    path : str or path-like
        A text file in UTF-8 or UTF-16, which may be gzip-compressed. Each row holds 64 integers
        0..16, the counts of the image row by row, and, before or after them, the label: a digit
        0..9. Cells are separated by commas, semicolons, tabs, bars or spaces; numbers may be
        written as floats, also with decimal commas where commas do not separate. A header,
        blank lines and an index as pandas writes it are recognised.
    label_column : str, int or None, default=None
        Column of the label: its name in the header, or its position, 0 or -1 for the first or
        the last. None takes the column whose name contains "label", "class", "target", "digit"
        or "species" or is "y"; without such a name, the first or the last column, as the values
        tell: the corners of an image are nearly always blank.

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
        If a row is not valid, or it cannot be told which column is the label; the message names
        the line, the column, what was found and what was expected.

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
        table = _table(_parse(_text(Path(name).read_bytes())), label_column)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise ValueError(f"{name}: {error}.") from error
    return digits_bunch(table, DESCR=f"Handwritten digits from {name}.", filename=name)


def _text(content: bytes) -> str:
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        # utf-8-sig: spreadsheets like to begin a file with a byte order mark.
        return content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("this is no text in UTF-8 or UTF-16, expected a CSV file") from error


class _Sheet(NamedTuple):
    """The cells of a file, 65 in a row, and where they stand in it, counted from 1."""

    header: list[str]  # empty if there is none
    rows: list[tuple[str, ...]]
    lines: list[int]
    columns: list[int]


def _parse(text: str) -> _Sheet:
    """Take header and index off the rows, and check that there are 65 columns."""
    numbered = list(_rows(text))
    top = numbered[0][0] if numbered else 1
    header = numbered.pop(0)[1] if numbered and _is_header(numbered[0][1]) else []
    if not numbered:
        raise ValueError("there are no rows, expected 64 counts and a label in each")
    [(width, _)] = Counter(len(row) for _, row in numbered).most_common(1)
    if len(header) == width - 1 and 1 < len(numbered) == len({row[0] for _, row in numbered}):
        header = ["", *header]  # R names all columns but the index
    for line, row in [(top, header or [""] * width), *numbered]:
        if len(row) != width:
            raise ValueError(f"line {line} has {len(row)} columns, expected {max(width, 65)}")

    rows = [row for _, row in numbered]
    columns = [*range(width)]
    while len(columns) > 1 and _is_index(columns, header, rows):
        del columns[0]
    if len(columns) > 65 and not any(row[-1].strip() for row in [header or [""], *rows]):
        columns.pop()  # a separator ends each line
    if len(columns) != 65:
        besides = " besides an index" if columns[0] else ""
        hint = " (the label is missing)" if len(columns) == 64 else ""
        raise ValueError(
            f"line {top} has {len(columns)} columns{besides}, expected 65: 64 counts and a "
            f"label{hint}"
        )
    return _Sheet(
        [header[i] for i in columns] if header else [],
        [*map(itemgetter(*columns), rows)],
        [line for line, _ in numbered],
        [i + 1 for i in columns],
    )


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that is not blank, and its cells."""
    first_line = text.lstrip().partition("\n")[0]
    separator = next((sign for sign in ";\t|," if sign in first_line), " ")
    lines: Iterable[str] = io.StringIO(text, newline="")
    if separator == " ":  # one or several of them, also at the end of a line
        lines = (line.strip() for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    for row in reader:
        if len(row) > 1 or "".join(row).strip():
            yield reader.line_num, row


def _is_header(row: list[str]) -> bool:
    # A row with one bad cell is not a header. In a header most cells or the label are names, or
    # they count the columns, as those of a frame made of an array do.
    numbers = [int(cell) for cell in map(_plain, row) if cell.isdecimal()]
    return (
        any(map(_is_label_name, row))
        or sum(_reason(cell, 16) == "not a number" for cell in row) > len(row) / 2
        or (len(numbers) > 60 and numbers == [*range(numbers[0], numbers[0] + len(numbers))])
    )


def _is_index(columns: list[int], header: list[str], rows: list[list[str]]) -> bool:
    """Return whether the first of the columns has the names or numbers of the rows."""
    if header:
        return _INDEX_NAME.fullmatch(_plain(header[columns[0]])) is not None
    # The labels of ten rows may be 0, 1, 2, ... as well.
    return (len(columns) == 66 or len(rows) > 10) and _counts_up(row[columns[0]] for row in rows)


def _counts_up(cells: Iterable[str]) -> bool:
    try:
        return bool((np.diff([float(cell) for cell in cells]) == 1).all())
    except ValueError:
        return False


def _table(sheet: _Sheet, label_column: str | int | None) -> Table:
    """Return the checked counts and, last, the label of each row."""
    label = _named_label(sheet.header, label_column)
    cells = _checked(sheet, label)
    told = _label_by_values(cells)
    if label is None:
        label = _unnamed_label(sheet.header, told)
        _checked(sheet, label)
    elif label_column is None and told not in {None, label} and len(cells) >= _ROWS_THAT_CONTRADICT:
        raise ValueError(
            f"the header calls column {sheet.columns[label]} {sheet.header[label]!r}, but the "
            f"values of column {sheet.columns[told or 0]} look like labels; correct the header or, "
            "in Python, pass label_column"
        )
    _check_order(sheet.header[:label] + sheet.header[label + 1 :])
    return np.column_stack([np.delete(cells, label, axis=1), cells[:, label]])


def _named_label(header: list[str], label_column: str | int | None) -> int | None:
    """Return the position of the label that was asked for, or has a usual name."""
    if isinstance(label_column, int):
        if label_column not in {0, -1}:
            raise ValueError(f"label_column is {label_column}, expected 0, -1 or a name")
        return 64 if label_column else 0
    names = [*map(_plain, header)]
    found = [
        i
        for i, name in enumerate(names)
        if (_is_label_name(name) if label_column is None else name == _plain(label_column))
    ]
    if len(found) > 1:
        several = ", ".join(repr(header[i]) for i in found)
        raise ValueError(f"the header has several label columns ({several}), expected one")
    if label_column is not None and not found:
        raise ValueError(f"there is no column {label_column!r}")
    return found[0] if found else None


def _label_by_values(cells: Table) -> int | None:
    """Return whether the first or the last column is the label, None where it cannot be told.

    Labels vary, and the first and last pixel of an image are nearly always blank.
    """
    blank = np.maximum((cells == 0).mean(axis=0), (cells == 16).mean(axis=0))
    varies = [len(set(cells[:, i].tolist())) > 1 and blank[i] <= 0.5 for i in (0, -1)]
    if len(cells) < _ROWS_THAT_TELL or _counts_up(map(str, cells[:, 0])):
        return None
    if varies[1] and blank[0] >= 0.75 and blank[63] >= 0.5:
        return 64
    return 0 if varies[0] and blank[1] >= 0.75 and blank[64] >= 0.5 else None


def _unnamed_label(header: list[str], told: int | None) -> int:
    """Return the label's position by the values, or refuse."""
    unnumbered = [i for i, name in enumerate(header) if not _has_number(name)]
    if told is not None and unnumbered in ([], [told], [*range(65)]):
        return told
    if len(unnumbered) == 1:
        name = header[unnumbered[0]]
        raise ValueError(
            f"no column is called 'label', and it cannot be told whether {name!r} is one; call "
            f"the label so or, in Python, pass label_column={name!r}"
        )
    raise ValueError(
        "it cannot be told whether the first or the last column is the label, a digit 0..9; name "
        "the columns in a first line, the label 'label' or, in Python, pass label_column=0 or "
        "label_column=-1"
    )


def _check_order(names: list[str]) -> None:
    """Refuse columns that somebody has sorted as words, pixel_10 before pixel_2."""
    numbers = [[int(number) for number in re.findall(r"\d+", name)] for name in names]
    if len(set(map(len, numbers))) == 1 and numbers != sorted(numbers):
        place = next(i for i in range(63) if numbers[i] > numbers[i + 1])
        raise ValueError(
            f"column {names[place]!r} stands before {names[place + 1]!r}; order the columns as "
            "the image has them, row by row, or take the numbers out of their names"
        )


def _checked(sheet: _Sheet, label: int | None) -> Table:
    """Return the cells as integers, where all of them are counts and labels."""
    counts = {cell for cell in set().union(*sheet.rows) if not _reason(cell, 16)}
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        if counts.issuperset(row) and (label is None or not _reason(row[label], 9)):
            continue
        tops = [9 if i == label else 16 for i in range(65)]
        i = next(i for i, top in enumerate(tops) if _reason(row[i], top))
        column = f"column {sheet.columns[i]}" + (f" ({sheet.header[i]})" if sheet.header else "")
        expected = "the label, an integer 0..9" if i == label else "a count, an integer 0..16"
        raise ValueError(
            f"line {line}, {column}: {row[i]!r} is {_reason(row[i], tops[i])}, expected {expected}"
        )
    numbers = {cell: int(_number(cell)) for cell in counts}
    return np.array([[numbers[cell] for cell in row] for row in sheet.rows], dtype=np.uint8)


@lru_cache(maxsize=256)
def _reason(cell: str, top: int) -> str:
    """Return why a cell is not an integer 0..`top`, or an empty string if it is one."""
    if _plain(cell) in _MISSING:
        return "a missing value"
    try:
        value = _number(cell)
    except ValueError:
        return "not a number"
    if not value.is_integer():
        return "not an integer"
    return "" if 0 <= value <= top else "out of range"


def _number(cell: str) -> float:
    # Python reads 1_0 as 10; in a file it is a typing error.
    return float(_plain(cell).replace(",", ".").replace("_", "?"))


def _is_label_name(name: str) -> bool:
    return not _has_number(name) and _LABEL_NAME.search(_plain(name)) is not None


def _has_number(name: str) -> bool:
    return any(sign.isdigit() for sign in name)


def _plain(cell: str) -> str:
    return cell.strip(" \t'\"#").lower()
