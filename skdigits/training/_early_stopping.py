"""Decide when to stop a fit early."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["EarlyStopping"]


class EarlyStopping(NamedTuple):
    """Stop when the validation loss has not fallen for `patience` epochs.

    Before `patient_from`, an epoch of the fit counted from 0, nothing is stopped: under a
    schedule, the loss falls as long as the learning rate does.

    Examples
    --------
    >>> from skdigits.training._early_stopping import EarlyStopping
    >>> stopping = EarlyStopping(patience=2, patient_from=0)
    >>> stopping.is_over([0.5, 0.4, 0.6]), stopping.is_over([0.5, 0.4, 0.6, 0.4])
    (False, True)
    """

    patience: int
    patient_from: int

    def is_best(self, losses: Sequence[float]) -> bool:
        """Return whether the last of these validation losses is the lowest."""
        return int(np.argmin(losses)) == len(losses) - 1

    def is_over(self, losses: Sequence[float]) -> bool:
        """Return whether to stop after these validation losses."""
        waits_since = max(int(np.argmin(losses)), self.patient_from - 1)
        return len(losses) - 1 - waits_since >= self.patience
