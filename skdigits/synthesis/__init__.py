"""Make synthetic samples: from distorted bitmaps, and from strokes in styles of many countries.

They are for training alone. Each drawing is encoded as the ink of a picture is, so that a
classifier is trained on samples like those that it predicts.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.synthesis._bitmaps import distort_bitmaps
    from skdigits.synthesis._nondigits import draw_nondigits
    from skdigits.synthesis._strokes import draw_digits

__all__ = ["distort_bitmaps", "draw_digits", "draw_nondigits"]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_bitmaps": ["distort_bitmaps"],
        "_nondigits": ["draw_nondigits"],
        "_strokes": ["draw_digits"],
    },
)
