"""Warnings and errors that callers may want to catch by name."""

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
    """Rows to predict are not counts 0..16 of upright digits, as those of training were.

    See Also
    --------
    skdigits.check_digits : Says the same of all rows, at any time.
    """


class ModelFileError(ValueError):
    """A file is not a model that this version of skdigits can load.

    It is truncated, altered, made by something else or by a newer version; the message says
    which, and what to do. Nothing of it has been used.

    See Also
    --------
    skdigits.save_model : Writes model files.
    skdigits.load_model : Reads them.
    """


class TrainingInterruptedWarning(UserWarning):
    """Ctrl-C stopped a fit early; the model of the last finished epoch was kept.

    See Also
    --------
    interrupts_propagate : Let an interrupt end a whole run of fits instead.
    """


@contextmanager
def interrupts_propagate() -> Iterator[None]:
    """Raise KeyboardInterrupt where an interrupted fit would warn and go on.

    For code that runs many fits: Ctrl-C then ends the whole run instead of one fit.

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
    """A picture that cannot be read, or in which there is no digit to encode."""
