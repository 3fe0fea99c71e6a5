"""Turn pictures into counts: find the ink, bring it to the size of the data set's bitmaps, count.

Names are handed on lazily: only the transformer needs scikit-learn, whose import takes longer
than reading a number from a picture.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.pictures._digit_image_encoder import DigitImageEncoder
    from skdigits.pictures._find_digits import DigitBox, find_digits
    from skdigits.pictures._picture_encoding import PictureEncoding
    from skdigits.pictures._read_image import read_image
    from skdigits.pictures._reading import NumberReading, read_number

__all__ = [
    "DigitBox",
    "DigitImageEncoder",
    "NumberReading",
    "PictureEncoding",
    "find_digits",
    "read_image",
    "read_number",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_digit_image_encoder": ["DigitImageEncoder"],
        "_find_digits": ["DigitBox", "find_digits"],
        "_picture_encoding": ["PictureEncoding"],
        "_read_image": ["read_image"],
        "_reading": ["NumberReading", "read_number"],
    },
)
