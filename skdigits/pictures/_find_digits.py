"""Find the digits of a picture, in the order of reading."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from skdigits.pictures._ink import ink_signal, reduce_by
from skdigits.pictures._ink_measures import EIGHT_NEIGHBOURS, moved
from skdigits.pictures._ink_pieces import Piece, find_pieces
from skdigits.pictures._read_picture import MAX_PIXELS, read_picture

__all__ = ["DigitBox", "find_digits", "find_ways"]

# More pixels than this are of no use in finding digits, and cost time.
_ENOUGH_PIXELS = 2_000_000

# Paper around a digit, as a part of its size.
_MARGIN = 0.25


@dataclass(frozen=True, eq=False)
class DigitBox:
    """A digit that :func:`find_digits` found.

    Attributes
    ----------
    left, top, right, bottom : int
        Pixels of the given picture, upright as it is seen; right and bottom are the first ones
        outside.
    line : int
        The line of digits it stands in, from 0 at the top.
    picture : ndarray of shape (height, width), dtype float64
        The digit by itself, dark on light in 0..1, with a margin: ready for
        :class:`~skdigits.pictures.DigitImageEncoder`.
    is_mark : bool
        Whether it is too small for a digit, such as a point or a dash between two: never of
        :func:`find_digits`.

    See Also
    --------
    find_digits : Return the boxes of a picture.
    """

    left: int
    top: int
    right: int
    bottom: int
    line: int
    picture: np.ndarray = field(repr=False)
    is_mark: bool = field(default=False, repr=False)


def find_digits(
    picture: Any, *, polarity: str = "auto", max_pixels: int = MAX_PIXELS
) -> list[DigitBox]:
    """Find the digits of a picture, line by line and from left to right.

    Lines may be slightly slanted, digits may stand in printed boxes or on ruled lines, and
    strokes may be broken. Digits that touch are cut apart where the least ink is cut: a guess.

    Parameters
    ----------
    picture : path, file, bytes, PIL image or array
        A picture as :class:`~skdigits.pictures.DigitImageEncoder` takes it.
    polarity : {"auto", "dark", "light"}, default="auto"
        What ink is, compared with the paper.
    max_pixels : int, default=50_000_000
        Larger pictures are refused.

    Returns
    -------
    list of DigitBox
        In the order of reading; empty if no ink is found.

    Raises
    ------
    skdigits.exceptions.PictureError
        If `picture` is not a picture, or too large.

    See Also
    --------
    skdigits.pictures.read_number : Finds and recognises them.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.pictures import find_digits
    >>> picture = np.ones((60, 100))
    >>> picture[10:50, 20:25] = picture[12:52, 60:66] = 0  # two strokes of a pen
    >>> for box in find_digits(picture):
    ...     print(box)
    DigitBox(left=20, top=10, right=25, bottom=50, line=0)
    DigitBox(left=60, top=12, right=66, bottom=52, line=0)
    """
    found = find_ways(picture, polarity, max_pixels)
    return [box for ways in found for box in ways[0] if not box.is_mark]


def find_ways(picture: Any, polarity: str, max_pixels: int) -> list[list[list[DigitBox]]]:
    """Return the ways to cut each piece of ink into digits; :func:`find_digits` takes the first."""
    grey = read_picture(picture, max_pixels=max_pixels)
    factor = max(1, int(np.sqrt(grey.size / _ENOUGH_PIXELS)))
    shape = grey.shape
    grey = reduce_by(grey, factor)
    ink = ink_signal(grey, polarity) > 0
    if not ink.any():
        return []
    if grey[ink].mean() > grey[~ink].mean():
        grey = 1 - grey
    return [
        [[_box(piece, line, grey, factor, shape) for piece in way] for way in ways]
        for line, ways in find_pieces(ink)
    ]


def _box(
    piece: Piece, line: int, grey: np.ndarray, factor: int, shape: tuple[int, ...]
) -> DigitBox:
    """Cut the digit out of the grey picture; whatever else is near becomes paper."""
    rows, columns = piece.place
    margin = max(2, round(_MARGIN * max(piece.ink.shape)))
    top, left = max(rows.start - margin, 0), max(columns.start - margin, 0)
    crop = grey[top : rows.stop + margin, left : columns.stop + margin]
    own = np.zeros(crop.shape, dtype=bool)
    own[moved(piece.place, -top, -left)] = piece.ink
    # With the grey edges of its strokes, which reach a pixel beyond what counts as ink.
    own = ndimage.binary_dilation(own, EIGHT_NEIGHBOURS)
    paper = float(np.median(crop[~own])) if not own.all() else 1.0
    return DigitBox(
        left=columns.start * factor,
        top=rows.start * factor,
        right=min(columns.stop * factor, shape[1]),
        bottom=min(rows.stop * factor, shape[0]),
        line=line,
        picture=np.pad(np.where(own, crop, paper), 2, constant_values=paper),
        is_mark=piece.is_mark,
    )
