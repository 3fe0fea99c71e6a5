"""Watch over the epochs of a fit: the caller's callbacks, a record, scikit-learn's callbacks."""

import io
import math
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np

from skdigits._tensorflow import keras

__all__ = [
    "DivergenceCheck",
    "DivergenceError",
    "EpochLogs",
    "EpochTasks",
    "ScheduleWatch",
    "check_callbacks",
    "left_as_found",
]


def check_callbacks(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Return the caller's callbacks, a list or one of them or None, as a list.

    Raises
    ------
    TypeError
        If the caller gave something that is not a Keras callback.
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
    """Have callbacks lose in the end what they cannot be copied with.

    They are parameters: after a fit they are cloned, pickled and searched with. What they have
    recorded stays; the network, open files and the like become what they were before.
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
        # No copy is made: one of TensorFlow's context would take its caches along when it goes.
        pickle.dumps(value)
    except Exception:
        return False
    return True


class DivergenceError(ValueError):
    """Error raised if training diverges."""


class DivergenceCheck(keras.callbacks.Callback):
    """Raise ValueError after an epoch that leaves a loss or a weight that is not finite.

    To be called before all others: nobody is to keep such weights. `name_causes` returns what the
    message ends with.
    """

    def __init__(self, name_causes: Callable[[], str]) -> None:
        super().__init__()
        self._name_causes = name_causes

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Check what the epoch has made of the network."""
        logs = logs or {}
        losses = {"loss": "the loss", "val_loss": "the validation loss"}
        wrong = [
            f"{words} is {logs[name]}"
            for name, words in losses.items()
            if not math.isfinite(logs.get(name, 0.0))
        ]
        if not wrong and not all(np.isfinite(x.numpy()).all() for x in self.model.weights):
            wrong = ["not all weights are finite"]
        if wrong:
            raise DivergenceError(
                f"Training diverged in epoch {epoch + 1}: {wrong[0]}. {self._name_causes()}"
            )


class ScheduleWatch(keras.callbacks.Callback):
    """See whether another callback sets the learning rate, to be called before it.

    Attributes
    ----------
    is_overruled : bool
        Whether a callback has set a learning rate that a schedule has then replaced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_overruled = False
        self._rate = math.nan

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Remember the learning rate that is left to the others."""
        self._rate = self.model.optimizer.learning_rate.numpy()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Remember the learning rate that is left to the others."""
        self._rate = self.model.optimizer.learning_rate.numpy()

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the learning rate that they leave."""
        self.is_overruled |= bool(self.model.optimizer.learning_rate.numpy() != self._rate)


class EpochLogs(keras.callbacks.Callback):
    """Keep what Keras logs after each epoch, for a fit that is interrupted.

    Attributes
    ----------
    logs : list of dict
        Values by name, of each finished epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the logs of an epoch."""
        self.logs.append(dict(logs or {}))


class EpochTasks(EpochLogs):
    """Tell scikit-learn's callbacks of each epoch, a task within the fit's.

    `task` is what each call of a callback is given. `reconstruct` returns the attributes of an
    estimator that is fitted as of the last finished epoch; it is called only for callbacks that
    ask for it.

    They may ask for training to stop: it then ends with the epoch.
    """

    def __init__(
        self,
        fit_context: Any,
        *,
        task: Mapping[str, Any],
        reconstruct: Callable[[], dict[str, Any]],
    ) -> None:
        super().__init__()
        self._fit_context = fit_context
        self._task = task
        self._reconstruct = reconstruct
        self._open: Any = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin the task of an epoch."""
        self._open = self._fit_context.subcontext(task_name="epoch")
        self._open.call_on_fit_task_begin(**self._task)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the logs of an epoch and end its task."""
        super().on_epoch_end(epoch, logs)
        task, self._open = self._open, None
        if task.call_on_fit_task_end(**self._task, reconstruction_attributes=self._reconstruct):
            self.model.stop_training = True

    def close(self) -> None:
        """End the task of an epoch that was cut short, if there is one, and forget all tasks."""
        task, self._open = self._open, None
        try:
            if task is not None:
                task.call_on_fit_task_end(**self._task)
        finally:
            # They refer to the estimator, its rows and, in turn, to this: a circle that would keep
            # them until a garbage collection.
            del self._task, self._reconstruct
