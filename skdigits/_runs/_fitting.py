"""Check the parameters of a run, make its network, fit it and report the progress."""

import os
from collections.abc import Callable
from numbers import Integral
from typing import TYPE_CHECKING, Any

from sklearn.base import clone
from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._parameters import CONFIGURATIONS
from skdigits._runs._splits import SUBSETS, LabelledRows

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = [
    "PARAMETERS",
    "Progress",
    "fit_with_progress",
    "ignore_progress",
    "import_tensorflow",
    "make_configuration",
    "reporting_epochs",
]

# Called with the name of a step, the number of units done, and their total.
Progress = Callable[[str, int, int], None]

# What the parameters that runs share may be, as scikit-learn's validation takes it.
PARAMETERS: dict[str, list[Any]] = {
    "data": [str, os.PathLike],
    "subset": [StrOptions(set(SUBSETS)), None],
    "config": [StrOptions(set(CONFIGURATIONS))],
    "epochs": [Interval(Integral, 1, None, closed="left"), None],
    "cv": [Interval(Integral, 2, None, closed="left"), None],
    "n_jobs": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Integral, None, -1, closed="right"),
        None,
    ],
    "random_state": [Interval(Integral, 0, 2**32 - 1, closed="both")],
    "output": [str, os.PathLike, None],
    "progress": [callable, None],
}


def ignore_progress(step: str, done: int, total: int) -> None:
    """Ignore the progress of a run."""


def import_tensorflow(progress: Progress = ignore_progress) -> None:
    """Import what a fit needs now, so that its seconds do not count as those of the first fit."""
    progress("TensorFlow", 0, 1)
    from skdigits.training import Fit  # noqa: F401

    progress("TensorFlow", 1, 1)


def make_configuration(config: str, epochs: int | None, random_state: int) -> "DigitCNNClassifier":
    """Make one of `CONFIGURATIONS`; None keeps its number of epochs.

    Examples
    --------
    >>> from skdigits._runs._fitting import make_configuration
    >>> make_configuration("fast", None, 42).epochs
    7
    """
    from skdigits.classifier import DigitCNNClassifier

    parameters = CONFIGURATIONS[config] | ({} if epochs is None else {"epochs": epochs})
    return DigitCNNClassifier(random_state=random_state, **parameters)


def fit_with_progress(
    step: str, estimator: "DigitCNNClassifier", rows: LabelledRows, progress: Progress
) -> "DigitCNNClassifier":
    """Fit a clone, and report its epochs."""
    progress(step, 0, estimator.epochs)
    watched = reporting_epochs(estimator, lambda done: progress(step, done, estimator.epochs))
    return watched.fit(*rows).set_params(callbacks=None)


def reporting_epochs(
    estimator: "DigitCNNClassifier", report: Callable[[int], Any]
) -> "DigitCNNClassifier":
    """Return a clone that calls a function with the number of epochs that it has trained."""
    from skdigits._tensorflow import keras

    class Report(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            report(epoch + 1)

    return clone(estimator).set_params(callbacks=[Report()])
