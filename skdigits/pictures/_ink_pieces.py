"""Divide ink into pieces, each of them one digit, in lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink_measures import EIGHT_NEIGHBOURS, bounding_box, moved
from skdigits.pictures._ruled_lines import remove_printed_lines
from skdigits.pictures._touching_digits import split_ink

__all__ = ["Piece", "find_pieces"]

# A picture with more is noise; the small ones would take long to sort out.
_MOST_PIECES = 500

# In heights of the digits.
_SPECK = 0.15  # a piece that is smaller both ways is a speck
_WHOLE = 0.5  # one that is as high is a digit or, at least, most of it
_DIGIT = 0.3  # one that is as high and belongs to nothing else is a digit all the same
_GAP = 0.3  # of a broken stroke
_TALLEST = 1.4  # of a digit, which pieces are not joined beyond

# Part of the narrower one's width that pieces of one digit have in common.
_IN_COMMON = 0.6


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink in its bounding box, and where that is."""

    ink: np.ndarray
    place: tuple[slice, slice]

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


def find_pieces(ink: np.ndarray) -> Iterator[tuple[int, Piece]]:
    """Yield line, from 0 at the top, and ink of each digit of a picture in the order of reading."""
    pieces = _pieces(ink)
    if not pieces:
        return
    height = _usual_height(pieces)
    pieces = _without_print(pieces, height)
    if not pieces:
        return
    height = _usual_height(pieces)
    digits = _joined(pieces, height)
    for number, line in enumerate(_lines(digits)):
        line_height = float(np.median([piece.height for piece in line]))
        for piece in line:
            rows, columns = piece.place
            for part in split_ink(piece.ink, line_height):
                yield number, Piece.cut_out(part, rows.start, columns.start)


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


def _usual_height(pieces: Sequence[Piece]) -> float:
    """Return the median of the heights where each pixel of height has a vote: specks have few.

    Boxes that digits stand in have none, unless there is nothing else.
    """
    heights = np.array([piece.height for piece in pieces])
    votes = heights * ~_encloses_one(pieces)
    if not votes.any():
        votes = heights
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
