"""Define the warnings and errors that callers may want to catch by name."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "DigitsWarning",
    "ModelFileError",
    "PictureError",
    "TrainingInterruptedWarning",
    "interrupts_propagate",
]


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


class TrainingInterruptedWarning(UserWarning):
    """Warning issued if Ctrl-C stops a fit early; the last finished epoch is kept.

    See Also
    --------
    interrupts_propagate : Let an interrupt end a series of fits instead.
    """


@contextmanager
def interrupts_propagate() -> Iterator[None]:
    """Raise KeyboardInterrupt where an interrupted fit would only issue a warning.

    In code that runs many fits, Ctrl-C then ends the whole series instead of a single fit.

    Raises
    ------
    KeyboardInterrupt
        If a fit within the block is interrupted.

    Examples
    --------
    >>> import warnings
    >>> from skdigits.exceptions import TrainingInterruptedWarning, interrupts_propagate
    >>> try:
    ...     with interrupts_propagate():
    ...         warnings.warn("3 of 60 epochs", TrainingInterruptedWarning)
    ... except KeyboardInterrupt as interrupt:
    ...     print(interrupt)
    3 of 60 epochs
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingInterruptedWarning)
        try:
            yield
        except TrainingInterruptedWarning as interruption:
            raise KeyboardInterrupt(str(interruption)) from interruption


class PictureError(ValueError):
    """Error raised if a picture cannot be read, or has no digit to encode."""
