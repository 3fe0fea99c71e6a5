"""What study, comparison and training agree on: data, configurations, the hold-out split."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import Bunch

from skdigits._parameters import CONFIGURATIONS
from skdigits.datasets import fetch_optdigits, load_optdigits, read_digits_csv

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = [
    "HOLD_OUT",
    "LOADERS",
    "LabelledRows",
    "Progress",
    "check_enough_rows",
    "fit_with_progress",
    "make_configuration",
    "read_data",
]

# Called with the name of a step, and how much of how much of it is done.
Progress = Callable[[str, int, int], None]
LabelledRows = tuple[np.ndarray, np.ndarray]

# The split of the original study, whatever the seed, so that hold-out figures compare.
HOLD_OUT: dict[str, Any] = {"test_size": 0.2, "random_state": 42}

# Data whose official split, by writers, is known.
LOADERS: dict[Any, Any] = {"packaged": load_optdigits, "uci": fetch_optdigits}


def read_data(data: str | os.PathLike[str]) -> Bunch:
    """Load data by name, or read a CSV file."""
    return LOADERS[data]() if data in LOADERS else read_digits_csv(data)


def check_enough_rows(y: np.ndarray, folds: int | None, what: str) -> None:
    """Raise ValueError, before any training, if the rows are too few for the splits.

    Without folds, None, they need to suffice for a hold-out.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._runs._protocol import check_enough_rows
    >>> check_enough_rows(np.repeat([0, 1], [30, 7]), 5, "study")
    Traceback (most recent call last):
    ValueError: Class 1 has 7 rows; a study with 5 folds needs at least 10 of each class.
    """
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) < 2:
        raise ValueError(f"The data have only one class, {labels[0]}; at least 2 are needed.")
    # A fifth goes to the hold-out and, in the study, a tenth of the rest to validation.
    needed = max(folds or 0, 10)
    if counts.min() < needed:
        raise ValueError(
            f"Class {labels[counts.argmin()]} has {counts.min()} rows; a {what}"
            f"{f' with {folds} folds' if folds else ''} needs at least {needed} of each class."
        )


def make_configuration(config: str, epochs: int | None, seed: int) -> "DigitCNNClassifier":
    """Make one of `CONFIGURATIONS`; None keeps its number of epochs.

    Examples
    --------
    >>> from skdigits._runs._protocol import make_configuration
    >>> make_configuration("fast", None, 42).epochs
    7
    """
    from skdigits.classifier import DigitCNNClassifier

    parameters = CONFIGURATIONS[config] | ({} if epochs is None else {"epochs": epochs})
    return DigitCNNClassifier(random_state=seed, **parameters)


def fit_with_progress(
    step: str, classifier: "DigitCNNClassifier", rows: LabelledRows, progress: Progress
) -> "DigitCNNClassifier":
    """Fit a clone of a classifier that tells `progress` of its epochs."""
    from skdigits._tensorflow import keras

    def report(epoch: int, logs: Any = None) -> None:
        progress(step, epoch + 1, classifier.epochs)

    progress(step, 0, classifier.epochs)
    fitted = clone(classifier).set_params(
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=report)]
    )
    return fitted.fit(*rows).set_params(callbacks=None)
