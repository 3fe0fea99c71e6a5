"""What watches over a fit: the caller's callbacks, early stopping, a record of the epochs."""

from typing import Any

from skdigits._tensorflow import keras

__all__ = ["EpochLogs", "training_callbacks"]


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
            keras.callbacks.EarlyStopping(
                patience=n_iter_no_change, restore_best_weights=restore_best_weights
            )
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
