"""Define the warnings and errors that callers may want to catch by name."""

__all__ = ["DigitsWarning", "ModelFileError", "PictureError"]


class DigitsWarning(UserWarning):
    """Warning issued if samples to predict are not counts 0..16 of upright digits.

    See Also
    --------
    skdigits.check_digits : Check samples at any time.
    """


class ModelFileError(ValueError):
    """Error raised if a file is not a model that this version of skdigits can load.

    It is truncated, altered, made by something else or by a newer version; the message says
    which, and what to do. Nothing of its content has been used.

    See Also
    --------
    skdigits.save_model : Write a model file.
    skdigits.load_model : Read a model file.
    """


class PictureError(ValueError):
    """Error raised if a picture cannot be read, or has no digit to encode."""
