"""Scale logits by a temperature: sharper or softer probabilities, in the same order."""

from collections.abc import Sequence

import numpy as np

__all__ = ["fit_temperature", "scale_softmax"]

_LEAST_PROBABILITY = 1e-30
_RANGE = (0.05, 20.0)


@np.errstate(under="ignore")  # what is next to nothing is nothing
def fit_temperature(
    probabilities: np.ndarray, class_indices: np.ndarray, sample_weight: np.ndarray
) -> float:
    """Find the temperature with the least log-loss on rows that were not trained on.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes)
        Predicted at a temperature of 1.
    class_indices : ndarray of shape (n_samples,)
        Class indices of the true labels.
    sample_weight : ndarray of shape (n_samples,)
        Positive weights.

    Returns
    -------
    float
        In [0.05, 20]; below 1 it makes probabilities more extreme.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017). On calibration of modern neural
    networks. https://arxiv.org/abs/1706.04599

    Examples
    --------
    >>> import numpy as np
    >>> timid = np.array([[0.6, 0.4], [0.4, 0.6], [0.6, 0.4], [0.6, 0.4]])
    >>> round(fit_temperature(timid, np.array([0, 1, 0, 1]), np.ones(4)), 2)
    0.37
    """
    # Not above: scale_softmax is for prediction with NumPy alone.
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits = np.log(np.maximum(probabilities, _LEAST_PROBABILITY))
    rows = np.arange(len(class_indices))

    def log_loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(np.average(log_probabilities[rows, class_indices], weights=sample_weight))

    best = minimize_scalar(log_loss, bounds=np.log(_RANGE), method="bounded")
    return float(np.exp(best.x))


@np.errstate(under="ignore")
def scale_softmax(weights: Sequence[np.ndarray], temperature: float) -> list[np.ndarray]:
    """Divide the logits, which the last two weights make, by a temperature."""
    *others, kernel, bias = weights
    return [*others, *((values / temperature).astype(values.dtype) for values in (kernel, bias))]
