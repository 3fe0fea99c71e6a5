"""Warnings and errors that callers may want to catch by name."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TrainingInterruptedWarning", "interrupts_propagate"]


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
