"""What watches over a fit: the caller's callbacks, early stopping, a record of the epochs."""

from typing import Any, NamedTuple

import numpy as np

from skdigits._tensorflow import keras

__all__ = ["EarlyStopping", "EpochLogs", "StoppingState", "training_callbacks"]


def training_callbacks(
    given: Any, *, n_iter_no_change: int | None, restore_best_weights: bool
) -> list[keras.callbacks.Callback]:
    """List the callbacks of one fit.

    Parameters
    ----------
    given : list of keras.callbacks.Callback, one of them, or None
        The caller's own.
    n_iter_no_change : int or None
        Epochs without a better validation loss before training stops; None never stops.
    restore_best_weights : bool
        Whether stopping goes back to the best epoch.

    Returns
    -------
    list of keras.callbacks.Callback

    Raises
    ------
    TypeError
        If the caller gave something that is not a Keras callback.
    """
    callbacks = list(given) if isinstance(given, list | tuple) else [given]
    callbacks = [] if given is None else callbacks
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks must be keras.callbacks.Callback instances; got {callback!r}."
            )
    if n_iter_no_change is not None:
        callbacks.append(
            EarlyStopping(patience=n_iter_no_change, restore_best_weights=restore_best_weights)
        )
    return callbacks


class StoppingState(NamedTuple):
    """What early stopping remembers: its counters by name, and the weights of the best epoch."""

    numbers: dict[str, Any]
    best_weights: list[np.ndarray] | None


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras' early stopping, that can go on where another process was cut off.

    Attributes
    ----------
    left_at : StoppingState or None
        What to begin training with, instead of nothing.
    """

    _NUMBERS = ("wait", "stopped_epoch", "best", "best_epoch")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.left_at: StoppingState | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Forget what was, or take up what is given."""
        super().on_train_begin(logs)
        if self.left_at is not None:
            for name in self._NUMBERS:
                setattr(self, name, self.left_at.numbers[name])
            self.best_weights = self.left_at.best_weights

    def state(self) -> StoppingState:
        """Return what it remembers."""
        numbers = {name: getattr(self, name) for name in self._NUMBERS}
        return StoppingState(numbers, self.best_weights)


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
