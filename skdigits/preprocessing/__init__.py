"""Prepare arrays: flat rows to images and back, and a look at whether rows are digits.

What turns pictures into rows is handed on from :mod:`skdigits.pictures`. Names are handed on
lazily: only the transformers need scikit-learn.
"""

from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    from skdigits.pictures import DigitBox, DigitImageEncoder, find_digits
    from skdigits.preprocessing._check_digits import (
        Finding,
        are_digits,
        check_digits,
        warn_of_odd_rows,
    )
    from skdigits.preprocessing._check_reading import check_reading
    from skdigits.preprocessing._image_reshaper import ImageReshaper, resolve_image_shape
    from skdigits.preprocessing._inputs import (
        caller_stacklevel,
        check_labels,
        check_shape,
        validate_rows,
        warn_of_strips,
    )

__all__ = [
    "DigitBox",
    "DigitImageEncoder",
    "Finding",
    "ImageReshaper",
    "are_digits",
    "caller_stacklevel",
    "check_digits",
    "check_labels",
    "check_reading",
    "check_shape",
    "find_digits",
    "resolve_image_shape",
    "validate_rows",
    "warn_of_odd_rows",
    "warn_of_strips",
]

_own, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_check_digits": ["Finding", "are_digits", "check_digits", "warn_of_odd_rows"],
        "_check_reading": ["check_reading"],
        "_image_reshaper": ["ImageReshaper", "resolve_image_shape"],
        "_inputs": [
            "caller_stacklevel",
            "check_labels",
            "check_shape",
            "validate_rows",
            "warn_of_strips",
        ],
    },
)


def __getattr__(name: str) -> Any:
    if name in {"DigitBox", "DigitImageEncoder", "find_digits"}:
        from skdigits import pictures

        return getattr(pictures, name)
    return _own(name)
