"""The encoder without scikit-learn is the encoder."""

from dataclasses import asdict

import numpy as np

from skdigits.pictures import DigitImageEncoder
from skdigits.pictures._picture_encoding import PictureEncoding


def test_parameters_and_defaults_are_the_encoders():
    assert asdict(PictureEncoding()) == DigitImageEncoder().get_params()


def test_counts_are_the_encoders(handwriting):
    pictures = [1 - np.pad(handwriting(digit)[0], 9) for digit in "0123456789"]
    for settings in ({}, {"polarity": "dark", "deslant": None}):
        np.testing.assert_array_equal(
            PictureEncoding(**settings).transform(pictures),
            DigitImageEncoder(**settings).transform(pictures),
        )
