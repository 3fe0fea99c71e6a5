"""Define the warnings and errors that callers may want to catch by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["DigitsWarning", "ModelFileError", "PictureError"]

_SILENCED = ContextVar("_SILENCED", default=False)


class DigitsWarning(UserWarning):
    """Warning issued if samples to predict are not counts 0..16 of upright digits.

    See Also
    --------
    skdigits.check_digits : Check samples at any time.
    """

    @staticmethod
    @contextmanager
    def silenced() -> Iterator[None]:
        """Issue none within a block, which makes odd samples on purpose or has looked at them.

        Other threads go on with theirs, as they would not with filters of warnings.

        Yields
        ------
        None
            Nothing.

        Examples
        --------
        >>> from skdigits.exceptions import DigitsWarning
        >>> with DigitsWarning.silenced():
        ...     DigitsWarning.is_silenced()
        True
        """
        token = _SILENCED.set(True)
        try:
            yield
        finally:
            _SILENCED.reset(token)

    @staticmethod
    def is_silenced() -> bool:
        """Return whether this is within such a block.

        Returns
        -------
        bool
            Whether warnings are silenced in this thread.
        """
        return _SILENCED.get()


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
    """Error raised if a picture cannot be read, or has no digit to encode.

    See Also
    --------
    skdigits.pictures.read_digit : Read the digit in a picture.
    skdigits.pictures.DigitImageEncoder : Encode pictures as counts.
    """
