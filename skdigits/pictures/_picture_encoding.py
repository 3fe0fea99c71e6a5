"""Encode pictures as counts, step by step and without scikit-learn.

Importing scikit-learn takes longer than everything else that ``skdigits predict`` does.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from skdigits.exceptions import PictureError
from skdigits.pictures._bitmap import (
    bitmap_ink,
    block_counts,
    is_normalised,
    normalise_size,
    normalise_strokes,
)
from skdigits.pictures._ink import enlarge, fill_outlines, ink_signal, reduce_by, remove_specks
from skdigits.pictures._ink_measures import cropped
from skdigits.pictures._read_picture import MAX_PIXELS, read_picture
from skdigits.pictures._ruled_lines import remove_ruled_lines
from skdigits.pictures._slant import deslant

__all__ = ["PictureEncoding"]

# Pictures are reduced to between this and twice this on their longer side, which is enough.
_ENOUGH_PIXELS = 500

# Connected ink of less than this part of the largest one's area is dirt.
_SPECK_FRACTION = 0.02

# The lightest pixel, in 0..1, of what was perhaps meant in another range than the usual ones.
_NEARLY_BLACK = 0.1


@dataclass(frozen=True)
class PictureEncoding:
    """What :class:`DigitImageEncoder` does; parameters are its own, and taken as they are.

    It has as much of a transformer as :func:`skdigits.pictures.read_number` needs.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.ones((40, 40))
    >>> picture[5:35, 18:22] = 0
    >>> PictureEncoding().transform([picture]).shape
    (1, 64)
    """

    polarity: str = "auto"
    remove_lines: bool = True
    deslant: str | None = "mean"
    max_pixels: int = MAX_PIXELS

    def get_params(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)

    def transform(self, pictures: Sequence[Any]) -> np.ndarray:
        """Encode pictures: counts of shape (n_pictures, 64)."""
        rows = []
        for number, picture in enumerate(pictures):
            try:
                rows.append(self.explain(picture)["counts"].ravel())
            except PictureError as error:
                if len(pictures) == 1:
                    raise
                raise PictureError(f"Picture {number} of {len(pictures)}: {error}") from error
        return np.array(rows)

    def explain(self, picture: Any) -> dict[str, np.ndarray]:
        """Return what each step makes of one picture, from "grey" to "bitmap" and "counts"."""
        grey = read_picture(picture, max_pixels=self.max_pixels, enough=_ENOUGH_PIXELS)
        steps = {"grey": grey}
        if is_normalised(grey):
            bitmap = bitmap_ink(grey)
            return {**steps, "bitmap": bitmap, "counts": block_counts(bitmap)}
        grey = reduce_by(grey, max(1, max(grey.shape) // _ENOUGH_PIXELS))
        signal = ink_signal(grey, self.polarity)
        ink = steps["ink"] = signal > 0
        if not ink.any():
            hint = ""
            if 0 < grey.max() < _NEARLY_BLACK:
                hint = " It is nearly black: pass an array, as picture / picture.max()."
            raise PictureError(
                f"No ink was found in the picture: nothing stands out from the paper.{hint}"
            )
        if self.remove_lines:
            ink = remove_ruled_lines(ink)
        ink = steps["cleaned"] = remove_specks(ink, _SPECK_FRACTION)
        ink = steps["enlarged"] = fill_outlines(enlarge(signal, ink))
        return steps | self.explain_ink(ink)

    def explain_ink(self, ink: np.ndarray) -> dict[str, np.ndarray]:
        """Return what each step makes of a digit's ink by itself, from "deslanted" to "counts"."""
        steps = {}
        if self.deslant is not None:
            ink = steps["deslanted"] = deslant(ink, self.deslant)
        ink = steps["scaled"] = normalise_size(ink)
        bitmap = steps["bitmap"] = normalise_strokes(ink)
        return {**steps, "counts": block_counts(bitmap)}

    def encode_ink(self, ink: np.ndarray) -> np.ndarray:
        """Return the 64 counts of a digit whose ink is given as bools of some hundred pixels."""
        return self.explain_ink(cropped(ink))["counts"].ravel()
