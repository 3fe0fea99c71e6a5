"""Watch over the epochs of a fit: the caller's callbacks, a record, scikit-learn's callbacks."""

from collections.abc import Callable, Mapping
from typing import Any

from skdigits._tensorflow import keras

__all__ = ["EpochLogs", "EpochTasks", "check_callbacks"]


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
        """End the task of an epoch that was cut short, if there is one."""
        task, self._open = self._open, None
        if task is not None:
            task.call_on_fit_task_end(**self._task)
