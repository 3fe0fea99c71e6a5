"""The epochs of a fit as scikit-learn's callbacks see them."""

from collections.abc import Callable, Mapping
from typing import Any

from skdigits.training._callbacks import EpochLogs

__all__ = ["EpochTasks"]


class EpochTasks(EpochLogs):
    """Tell scikit-learn's callbacks of each epoch, a task within the fit's.

    They may ask for training to stop: it then ends with the epoch.

    Parameters
    ----------
    fit_context : sklearn.callback.CallbackContext
        Context of the fit.
    told : mapping of str to object
        What each call of a callback is told: "estimator", "X", "y" and "metadata".
    reconstruct : callable
        Gives the attributes that make a copy of the estimator one that is fitted as of the last
        finished epoch. Called for callbacks that ask for it, and only then.
    """

    def __init__(
        self,
        fit_context: Any,
        *,
        told: Mapping[str, Any],
        reconstruct: Callable[[], dict[str, Any]],
    ) -> None:
        super().__init__()
        self._fit_context = fit_context
        self._told = told
        self._reconstruct = reconstruct
        self._open: Any = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin the task of an epoch."""
        self._open = self._fit_context.subcontext(task_name="epoch")
        self._open.call_on_fit_task_begin(**self._told)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the logs of an epoch and end its task."""
        super().on_epoch_end(epoch, logs)
        task, self._open = self._open, None
        if task.call_on_fit_task_end(**self._told, reconstruction_attributes=self._reconstruct):
            self.model.stop_training = True

    def close(self) -> None:
        """End the task of an epoch that was cut short, if there is one."""
        task, self._open = self._open, None
        if task is not None:
            task.call_on_fit_task_end(**self._told)
