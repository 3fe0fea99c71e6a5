"""Warnings and errors that callers may want to catch by name."""

__all__ = ["TrainingInterruptedWarning"]


class TrainingInterruptedWarning(UserWarning):
    """Ctrl-C stopped a fit early; the model of the last finished epoch was kept.

    Code that runs many fits turns this warning into an error, so that an interrupt ends the
    whole run instead of one fit.

    Examples
    --------
    >>> import warnings
    >>> from skdigits.exceptions import TrainingInterruptedWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", TrainingInterruptedWarning)
    """
