"""Check the callbacks of a fit, keep them copyable, notify them, and detect divergence."""

import io
import math
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np

from skdigits._tensorflow import keras

__all__ = ["DivergenceError", "EpochTasks", "check_callbacks", "check_finite", "left_as_found"]


def check_callbacks(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Return the caller's callbacks (a list, a single callback or None) as a list.

    Raises
    ------
    TypeError
        If one of them is not a Keras callback.
    """
    callbacks = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
    callbacks = [callback for callback in callbacks if callback is not None]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks must be keras.callbacks.Callback instances; got {callback!r}."
            )
    return callbacks


@contextmanager
def left_as_found(callbacks: Iterable[keras.callbacks.Callback]) -> Iterator[None]:
    """Remove from callbacks, at the end of the block, what prevents copying them.

    Callbacks are parameters: after a fit they are cloned, pickled and searched with. They keep
    what they have recorded; the network, open files and the like are reset to their former values.
    """
    before = [(callback, dict(vars(callback))) for callback in callbacks]
    try:
        yield
    finally:
        for callback, attributes in before:
            callback._model = None
            for name, value in [*vars(callback).items()]:
                if value is attributes.get(name) or _can_be_copied(value):
                    continue
                if isinstance(value, io.IOBase):
                    value.close()
                if name in attributes:
                    setattr(callback, name, attributes[name])
                else:
                    delattr(callback, name)


def _can_be_copied(value: Any) -> bool:
    if isinstance(value, FunctionType):
        return True
    try:
        # Do not copy: freeing a copy of TensorFlow's context would free its caches, too.
        pickle.dumps(value)
    except Exception:
        return False
    return True


class DivergenceError(ValueError):
    """Error raised if training diverges."""


class EpochTasks:
    """Notify scikit-learn's callbacks of each epoch, as a subtask of the fit.

    Parameters
    ----------
    context : callback context
        The callbacks' context of the fit.
    task : mapping of str to object
        Arguments of each call of a callback.
    reconstruct : callable
        Returns the attributes of an estimator fitted until the last finished epoch. It is called
        only for callbacks that request it.

    Attributes
    ----------
    asks_to_stop : bool
        Whether a callback has asked to stop training after the last epoch.
    """

    def __init__(
        self, context: Any, task: Mapping[str, Any], reconstruct: Callable[[], dict[str, Any]]
    ) -> None:
        self._context = context
        self._task = task
        self._reconstruct = reconstruct
        self.asks_to_stop = False

    @contextmanager
    def epoch(self) -> Iterator[None]:
        """Begin the task of an epoch, and end it after the block, also if an error is raised."""
        subtask = self._context.subcontext(task_name="epoch")
        subtask.call_on_fit_task_begin(**self._task)
        try:
            yield
        except BaseException:
            subtask.call_on_fit_task_end(**self._task)
            raise
        self.asks_to_stop = subtask.call_on_fit_task_end(
            **self._task, reconstruction_attributes=self._reconstruct
        )


def check_finite(
    logs: Mapping[str, float],
    weights: Iterable[np.ndarray],
    *,
    epoch: int,
    causes: Callable[[], str],
) -> None:
    """Raise DivergenceError if an epoch has left a loss or a weight that is not finite.

    The message ends with the `causes`.
    """
    losses = {"loss": "the loss", "val_loss": "the validation loss"}
    wrong = [
        f"{words} is {logs[name]}"
        for name, words in losses.items()
        if not math.isfinite(logs.get(name, 0.0))
    ]
    if not wrong and not all(np.isfinite(values).all() for values in weights):
        wrong = ["not all weights are finite"]
    if wrong:
        raise DivergenceError(f"Training diverged in epoch {epoch + 1}: {wrong[0]}. {causes()}")
