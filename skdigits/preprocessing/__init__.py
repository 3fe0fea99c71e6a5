"""Prepare arrays: flat rows to images and back, and a check whether rows look like digits.

Names are handed on lazily: only the transformer needs scikit-learn.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.preprocessing._check_digits import (
        Finding,
        are_digits,
        check_digits,
        warn_of_odd_rows,
    )
    from skdigits.preprocessing._check_reading import check_reading
    from skdigits.preprocessing._image_reshaper import ImageReshaper, resolve_image_shape

__all__ = [
    "Finding",
    "ImageReshaper",
    "are_digits",
    "check_digits",
    "check_reading",
    "resolve_image_shape",
    "warn_of_odd_rows",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_check_digits": ["Finding", "are_digits", "check_digits", "warn_of_odd_rows"],
        "_check_reading": ["check_reading"],
        "_image_reshaper": ["ImageReshaper", "resolve_image_shape"],
    },
)
