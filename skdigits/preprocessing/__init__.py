"""Prepare arrays: flat rows to images and back, and a look at whether rows are digits.

What turns pictures into rows is handed on from :mod:`skdigits.pictures`. Names are handed on
lazily: only the transformers need scikit-learn.
"""

from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    from skdigits.pictures import DigitBox, DigitImageEncoder, find_digits
    from skdigits.preprocessing._check_digits import Finding, check_digits
    from skdigits.preprocessing._digit_alarm import DigitAlarm
    from skdigits.preprocessing._image_reshaper import ImageReshaper, resolve_image_shape

__all__ = [
    "DigitAlarm",
    "DigitBox",
    "DigitImageEncoder",
    "Finding",
    "ImageReshaper",
    "check_digits",
    "find_digits",
    "resolve_image_shape",
]

_own, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_check_digits": ["Finding", "check_digits"],
        "_digit_alarm": ["DigitAlarm"],
        "_image_reshaper": ["ImageReshaper", "resolve_image_shape"],
    },
)


def __getattr__(name: str) -> Any:
    if name in {"DigitBox", "DigitImageEncoder", "find_digits"}:
        from skdigits import pictures

        return getattr(pictures, name)
    return _own(name)
