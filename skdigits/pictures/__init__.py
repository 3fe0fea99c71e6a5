"""Turn pictures into counts: find the ink, bring it to the size of the data set's bitmaps, count.

Names are handed on lazily: only the transformer needs scikit-learn, whose import takes longer
than reading a digit in a picture.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.pictures._digit_image_encoder import DigitImageEncoder
    from skdigits.pictures._find_digits import DigitBox, find_digits
    from skdigits.pictures._growth import grown
    from skdigits.pictures._novelty import (
        LEAST_CONFIDENCE,
        MOST_NOVELTY,
        NOT_SURE,
        NOT_SURE_WHICH,
        outlier_index,
        without_outlier,
    )
    from skdigits.pictures._picture_encoding import PictureEncoding
    from skdigits.pictures._read_digit import DigitReading, check_model, read_digit
    from skdigits.pictures._read_number import NumberReading, read_number, read_several
    from skdigits.pictures._read_picture import read_picture

__all__ = [
    "LEAST_CONFIDENCE",
    "MOST_NOVELTY",
    "NOT_SURE",
    "NOT_SURE_WHICH",
    "DigitBox",
    "DigitImageEncoder",
    "DigitReading",
    "NumberReading",
    "PictureEncoding",
    "check_model",
    "find_digits",
    "grown",
    "outlier_index",
    "read_digit",
    "read_number",
    "read_picture",
    "read_several",
    "without_outlier",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_digit_image_encoder": ["DigitImageEncoder"],
        "_find_digits": ["DigitBox", "find_digits"],
        "_growth": ["grown"],
        "_novelty": [
            "LEAST_CONFIDENCE",
            "MOST_NOVELTY",
            "NOT_SURE",
            "NOT_SURE_WHICH",
            "outlier_index",
            "without_outlier",
        ],
        "_picture_encoding": ["PictureEncoding"],
        "_read_digit": ["DigitReading", "check_model", "read_digit"],
        "_read_number": ["NumberReading", "read_number", "read_several"],
        "_read_picture": ["read_picture"],
    },
)
