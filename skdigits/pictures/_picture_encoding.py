"""The steps from a picture to counts, in their order and without scikit-learn.

Importing scikit-learn takes longer than everything else that ``skdigits predict`` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from skdigits.exceptions import ImageError
from skdigits.pictures._digit_image_steps import (
    ink_signal,
    reduce_by,
    remove_lines,
    remove_specks,
)
from skdigits.pictures._digit_loop import without_loop
from skdigits.pictures._digit_normalisation import (
    bitmap_ink,
    block_counts,
    enlarge,
    is_normalised,
    normalise_size,
    normalise_strokes,
)
from skdigits.pictures._digit_pose import deslant, level
from skdigits.pictures._read_image import MAX_PIXELS, read_image

__all__ = ["PictureEncoding", "Step"]

# Pictures are reduced to between this and twice this on their longer side, which is enough.
_ENOUGH_PIXELS = 500

Step = tuple[str, np.ndarray]


@dataclass(frozen=True)
class PictureEncoding:
    """What :class:`DigitImageEncoder` does; parameters are its own, and taken as they are.

    It has as much of a transformer as :func:`skdigits.read_number` needs.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.ones((40, 40))
    >>> picture[5:35, 18:22] = 0
    >>> PictureEncoding().transform([picture]).shape
    (1, 64)
    """

    polarity: str = "auto"
    threshold: str = "auto"
    remove_lines: bool = True
    speck_fraction: float = 0.02
    remove_loop: bool = True
    level: bool = True
    deslant: str | None = "mean"
    size: tuple[int, int] = (32, 20)
    keep_aspect: float = 0.6
    stroke_width: tuple[float, float] | None = (4.5, 6.5)
    normalised: bool | str = "auto"
    max_pixels: int = MAX_PIXELS

    def get_params(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)

    def transform(self, pictures: Sequence[Any]) -> np.ndarray:
        """Encode pictures: counts of shape (n_pictures, 64)."""
        return np.array([self.counts(picture).ravel() for picture in pictures])

    def counts(self, picture: Any) -> np.ndarray:
        """Encode one picture: counts of shape (8, 8)."""
        *_, (_, counts) = self.steps(picture)
        return counts

    def steps(self, picture: Any) -> Iterator[Step]:
        """Work step by step; the last one gives the counts."""
        grey = read_image(picture, max_pixels=self.max_pixels)
        yield "grey", grey
        if self._is_normalised(grey):
            bitmap = bitmap_ink(grey)
        else:
            ink = yield from self._find_ink(grey)
            bitmap = yield from self._normalise(ink)
        yield "bitmap", bitmap
        yield "counts", block_counts(bitmap)

    def _is_normalised(self, grey: np.ndarray) -> bool:
        if self.normalised == "auto":
            return is_normalised(grey)
        if self.normalised and not (grey.shape == (32, 32) and len(np.unique(grey)) == 2):
            raise ImageError(
                "With normalised=True, a picture has 32x32 pixels of two values; got "
                f"{grey.shape[0]}x{grey.shape[1]} pixels of {len(np.unique(grey))} values."
            )
        return bool(self.normalised)

    def _find_ink(self, grey: np.ndarray) -> Any:
        grey = reduce_by(grey, max(1, max(grey.shape) // _ENOUGH_PIXELS))
        signal = ink_signal(grey, self.polarity, self.threshold)
        ink = signal > 0
        yield "ink", ink
        if not ink.any():
            raise ImageError("No ink was found in the picture: nothing stands out from the paper.")
        if self.remove_lines:
            ink = remove_lines(ink)
        ink = remove_specks(ink, self.speck_fraction)
        yield "cleaned", ink
        ink = enlarge(signal, ink)
        yield "enlarged", ink
        return ink

    def _normalise(self, ink: np.ndarray) -> Any:
        if self.remove_loop:
            ink = without_loop(ink)
            yield "unlooped", ink
        if self.level:
            ink = level(ink)
            yield "levelled", ink
        if self.deslant is not None:
            ink = deslant(ink, self.deslant)
            yield "deslanted", ink
        ink = normalise_size(ink, self.size, self.keep_aspect)
        yield "scaled", ink
        return normalise_strokes(ink, self.stroke_width)
