"""Divide ink into pieces, each of them one digit, in lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import (
    EIGHT_NEIGHBOURS,
    bounding_box,
    moved,
    stroke_width,
)
from skdigits.pictures._ruled_lines import remove_printed_lines
from skdigits.pictures._touching_digits import CAREFUL, DARING, split_ink

__all__ = ["Piece", "find_pieces"]

# A picture with more is noise; the small ones would take long to sort out.
_MOST_PIECES = 500

# In heights of the digits.
_SPECK = 0.15  # a piece that is smaller both ways is a speck
_WHOLE = 0.5  # one that is as high is a digit or, at least, most of it
_DIGIT = 0.3  # one that is as high and belongs to nothing else is a digit all the same
_GAP = 0.3  # of a broken stroke
_TALLEST = 1.4  # of a digit, which pieces are not joined beyond

# In widths of the digits' strokes: a smaller piece is no point or dash between digits.
_MARK = 0.8

# Part of the narrower one's width that pieces of one digit have in common.
_IN_COMMON = 0.6


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink in its bounding box, and where that is."""

    ink: np.ndarray
    place: tuple[slice, slice]
    is_mark: bool = False  # too small for a digit: a point, a dash

    @classmethod
    def cut_out(cls, ink: np.ndarray, top: int = 0, left: int = 0) -> Self:
        """Take the ink of an array whose first pixel is at (top, left)."""
        box = bounding_box(ink)
        return cls(ink[box], moved(box, top, left))

    @property
    def height(self) -> int:
        return self.ink.shape[0]

    @property
    def width(self) -> int:
        return self.ink.shape[1]

    def joined(self, other: Self) -> Self:
        """Return both as one."""
        rows, columns = (
            slice(min(a.start, b.start), max(a.stop, b.stop))
            for a, b in zip(self.place, other.place, strict=True)
        )
        ink = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=bool)
        for piece in (self, other):
            ink[moved(piece.place, -rows.start, -columns.start)] |= piece.ink
        return type(self)(ink, (rows, columns))


def find_pieces(ink: np.ndarray) -> Iterator[tuple[int, list[list[Piece]]]]:
    """Yield line, from 0 at the top, and the ways to cut each piece, in the order of reading.

    The ways are lists of digits, from the left to the right: the careful way first, then others,
    such as not to cut at all. Small ink between two digits is a piece as well, and a mark.
    """
    pieces = _without_corners(_pieces(ink), ink.shape)
    if not pieces:
        return
    small = pieces
    pieces = _without_print(pieces, _usual_height(pieces))
    if not pieces:
        return
    digits = _joined(pieces, _usual_height(pieces))
    for number, line in enumerate(_lines(digits)):
        line_height = float(np.median([piece.height for piece in line]))
        for piece in _with_marks(line, small):
            if piece.is_mark:
                yield number, [[piece]]
                continue
            ways: list[list[Piece]] = []
            for constant in (CAREFUL, -np.inf, DARING):
                rows, columns = piece.place
                parts = split_ink(piece.ink, line_height, constant)
                way = [Piece.cut_out(part, rows.start, columns.start) for part in parts]
                is_new = all(len(way) != len(other) for other in ways)
                if not ways or (is_new and min(p.height for p in way) >= _WHOLE * line_height):
                    ways.append(way)
            yield number, ways


def _pieces(ink: np.ndarray, top: int = 0, left: int = 0) -> list[Piece]:
    labels, _ = ndimage.label(ink, EIGHT_NEIGHBOURS)
    places = ndimage.find_objects(labels)
    sizes = [max(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in places]
    largest = sorted(np.argsort(sizes, kind="stable")[-_MOST_PIECES:])
    return [
        Piece.cut_out(
            labels[places[i]] == i + 1, top + places[i][0].start, left + places[i][1].start
        )
        for i in largest
    ]


def _without_corners(pieces: list[Piece], shape: tuple[int, ...]) -> list[Piece]:
    """Leave out what fills a corner of the picture, where most ink does not: the paper's edge."""
    inside = [
        piece
        for piece in pieces
        if not all(
            span.start == 0 or span.stop == size
            for span, size in zip(piece.place, shape, strict=True)
        )
    ]
    return inside if 2 * len(inside) > len(pieces) else pieces


def _usual_height(pieces: Sequence[Piece]) -> float:
    """Return the median of the heights, each with the votes of its square: specks have few.

    Boxes that digits stand in have none, unless there is nothing else.
    """
    heights = np.array([piece.height for piece in pieces])
    votes = heights**2 * ~_encloses_one(pieces)
    if not votes.any():
        votes = heights**2
    order = np.argsort(heights)
    return float(heights[order][np.searchsorted(np.cumsum(votes[order]), votes.sum() / 2)])


def _encloses_one(pieces: Sequence[Piece]) -> np.ndarray:
    """Return for each piece whether another one, not much smaller, stands in its bounding box."""
    bounds = np.array([[(span.start, span.stop) for span in piece.place] for piece in pieces])
    starts, stops = bounds[..., 0], bounds[..., 1]
    inside = (starts[:, np.newaxis] < starts) & (stops < stops[:, np.newaxis])
    heights = stops[:, 0] - starts[:, 0]
    return (inside.all(axis=2) & (heights >= 0.3 * heights[:, np.newaxis])).any(axis=1)


def _without_print(pieces: Sequence[Piece], height: float) -> list[Piece]:
    kept = []
    for piece, encloses in zip(pieces, _encloses_one(pieces), strict=True):
        if max(piece.height, piece.width) < _SPECK * height:
            continue
        if not encloses and piece.width < 2 * height:
            kept.append(piece)
            continue
        length = 0.8 * piece.width if encloses else 1.5 * height
        rest = remove_printed_lines(piece.ink, length)
        if rest.sum() == piece.ink.sum():
            kept.append(piece)
        else:
            rows, columns = piece.place
            kept += [
                part
                for part in _pieces(rest, rows.start, columns.start)
                if part.height >= _DIGIT * height
            ]
    return kept


def _joined(pieces: Sequence[Piece], height: float) -> list[Piece]:
    """Join what is one digit, and leave out what is none."""
    whole = [piece for piece in pieces if piece.height >= _WHOLE * height]
    rest = [piece for piece in pieces if piece.height < _WHOLE * height]
    digits: list[Piece] = []
    for piece in sorted(whole, key=lambda piece: -piece.height):
        _join_or_add(digits, piece, height, add=True)
    for piece in sorted(rest, key=lambda piece: -int(piece.ink.sum())):
        _join_or_add(digits, piece, height, add=piece.height >= _DIGIT * height)
    return digits


def _join_or_add(digits: list[Piece], piece: Piece, height: float, *, add: bool) -> None:
    """Join a piece to the nearest digit that it can be a part of, else add it as one more."""
    least = 0.3 if piece.height < _WHOLE * height else _IN_COMMON
    best, nearest = None, _GAP * height
    for i, digit in enumerate(digits):
        common = _overlap(piece.place[1], digit.place[1]) / min(piece.width, digit.width)
        gap = max(0, -_overlap(piece.place[0], digit.place[0]))
        together = max(piece.place[0].stop, digit.place[0].stop) - min(
            piece.place[0].start, digit.place[0].start
        )
        if common >= least and gap <= nearest and together <= _TALLEST * height:
            best, nearest = i, gap
    if best is not None:
        digits[best] = digits[best].joined(piece)
    elif add:
        digits.append(piece)


def _with_marks(line: list[Piece], pieces: Sequence[Piece]) -> list[Piece]:
    """Add what stands between two digits of a line, is no part of them, and as large as a pen."""
    least = _MARK * float(np.median([stroke_width(digit.ink) for digit in line]))
    small = [
        piece
        for piece in pieces
        if max(piece.height, piece.width) >= least and piece.ink.sum() >= least**2 / 2
    ]
    marks = []
    for left, right in pairwise(line):
        rows, _ = left.joined(right).place
        marks += [
            replace(piece, is_mark=True)
            for piece in small
            if piece.height < _DIGIT * (rows.stop - rows.start)
            and left.place[1].stop <= piece.place[1].start
            and piece.place[1].stop <= right.place[1].start
            and _overlap(piece.place[0], rows) > 0.5 * piece.height
        ]
    return sorted([*line, *marks], key=lambda piece: piece.place[1].start + piece.place[1].stop)


def _overlap(a: slice, b: slice) -> int:
    """Return how many pixels two spans have in common; the gap, negative, if they have none."""
    return min(a.stop, b.stop) - max(a.start, b.start)


def _lines(digits: Sequence[Piece]) -> list[list[Piece]]:
    """Sort digits into lines from the top, and each line from the left.

    A digit's line goes on with the nearest one to the right that stands level with it, so that a
    line may rise or fall.
    """
    ordered = sorted(digits, key=lambda piece: piece.place[1].start + piece.place[1].stop)
    lines: list[list[Piece]] = []
    for piece in ordered:
        level = [line for line in lines if _is_level(line[-1], piece)]
        if level:
            max(level, key=lambda line: line[-1].place[1].stop).append(piece)
        else:
            lines.append([piece])
    return sorted(lines, key=lambda line: np.mean([piece.place[0].start for piece in line]))


def _is_level(a: Piece, b: Piece) -> bool:
    return _overlap(a.place[0], b.place[0]) >= 0.4 * min(a.height, b.height)
