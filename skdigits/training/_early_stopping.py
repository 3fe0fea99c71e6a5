"""Stop a fit early, and go on with that where another process was cut off."""

from typing import Any, NamedTuple

import numpy as np

from skdigits._tensorflow import keras

__all__ = ["EarlyStopping", "StoppingState"]


class StoppingState(NamedTuple):
    """What early stopping remembers: its counters by name, and the weights of the best epoch."""

    numbers: dict[str, Any]
    best_weights: list[np.ndarray] | None


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras' early stopping, that waits for a schedule and can go on in another process.

    Attributes
    ----------
    patient_from : int
        Epoch, from 0, before which it remembers the best epoch, but does not stop.
    left_at : StoppingState or None
        What to begin training with, instead of nothing.
    """

    _NUMBERS = ("wait", "stopped_epoch", "best", "best_epoch")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.patient_from = 0
        self.left_at: StoppingState | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Forget what was, or take up what is given."""
        super().on_train_begin(logs)
        if self.left_at is not None:
            for name in self._NUMBERS:
                setattr(self, name, self.left_at.numbers[name])
            self.best_weights = self.left_at.best_weights

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Compare an epoch with the best one, and stop if it has waited long enough."""
        if epoch < self.patient_from:
            self.wait = -1  # which counts this epoch as 0
        super().on_epoch_end(epoch, logs)

    def state(self) -> StoppingState:
        """Return what it remembers."""
        numbers = {name: getattr(self, name) for name in self._NUMBERS}
        return StoppingState(numbers, self.best_weights)
