"""One warning where rows to predict are not what the classifier was trained on."""

import warnings
from typing import Self

import numpy as np

from skdigits.exceptions import DigitsWarning
from skdigits.preprocessing import check_digits

__all__ = ["DigitAlarm"]

# Rows that are looked at: what was done to one was done to all, and predicting must stay quick.
_ROWS = 8

# All but what digits show that are shifted, turned or interpolated on purpose.
_KINDS = {
    "empty",
    "negative",
    "scaled_to_1",
    "scaled_to_255",
    "too_large",
    "inverted",
    "transposed",
}


class DigitAlarm:
    """Warns once for each kind of finding about rows to predict.

    It is made in `fit` and silent where the training rows are not digits as
    :func:`skdigits.check_digits` knows them: what was learnt from scaled rows is to be applied to
    scaled rows. What it has said is not pickled nor copied.

    Parameters
    ----------
    is_armed : bool
        Whether the classifier was trained on digits.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.preprocessing._digit_alarm import DigitAlarm
    >>> X, _ = load_optdigits(return_X_y=True)
    >>> DigitAlarm.trained_on(X).is_armed, DigitAlarm.trained_on(X / 16).is_armed
    (True, False)
    """

    def __init__(self, is_armed: bool) -> None:
        self.is_armed = is_armed
        self._said: set[str] = set()

    @classmethod
    def trained_on(cls, X: np.ndarray) -> Self:
        """Return an alarm that is armed where training rows look like digits, all but a few."""
        if X.shape[1] != 64:
            return cls(False)
        odd = {row for finding in check_digits(X) for row in finding.rows}
        return cls(len(odd) <= 0.05 * len(X))

    def look_at(self, X: np.ndarray, *, stacklevel: int) -> None:
        """Warn of rows, finite numbers, that need another look."""
        if not self.is_armed:
            return
        head = X[:_ROWS]
        high = head.max()
        is_plausible = (
            1 < high <= 32
            and head.min() >= -0.1 * high
            and head.sum() < 8 * head.size
            and head[:, :8].any()
            and head[:, -8:].any()
        )
        if is_plausible:
            return
        for finding in check_digits(head):
            if finding.kind in _KINDS - self._said:
                self._said.add(finding.kind)
                warnings.warn(
                    f"The rows to predict are unlike those of training. {finding.message} "
                    "skdigits.check_digits looks at all rows; this is said once.",
                    DigitsWarning,
                    stacklevel=stacklevel + 1,
                )

    def __reduce__(self) -> tuple[type[Self], tuple[bool]]:
        return type(self), (self.is_armed,)
