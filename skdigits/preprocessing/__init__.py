"""Between flat rows of features, images, and pictures of any kind.

Names are handed on lazily (PEP 562): only what is a transformer needs scikit-learn, whose import
takes longer than reading a number from a picture.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdigits.preprocessing._check_digits import Finding, check_digits
    from skdigits.preprocessing._digit_image_encoder import DigitImageEncoder
    from skdigits.preprocessing._find_digits import DigitBox, find_digits
    from skdigits.preprocessing._image_reshaper import ImageReshaper

__all__ = [
    "DigitBox",
    "DigitImageEncoder",
    "Finding",
    "ImageReshaper",
    "check_digits",
    "find_digits",
]

_HOMES = {
    "DigitBox": "_find_digits",
    "DigitImageEncoder": "_digit_image_encoder",
    "Finding": "_check_digits",
    "ImageReshaper": "_image_reshaper",
    "check_digits": "_check_digits",
    "find_digits": "_find_digits",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
