"""Compute the learning rate at a point of a training."""

import math
from typing import Any

from skdigits._tensorflow import tf

__all__ = ["halved_at", "learning_rate_factor"]

_FIRST_FACTOR = 0.04  # of a one-cycle schedule


def learning_rate_factor(progress: Any, schedule: str, warmup_fraction: float) -> Any:
    """Return the factor, in [0, 1], on the highest learning rate at a point of a training.

    `progress` is the part of the training that is done, in [0, 1). "constant" is 1; "cosine" falls
    from 1 to 0 in half a period of a cosine [1]_; "one_cycle" rises from 0.04 to 1 for
    `warmup_fraction` of the training and then falls to 0, both in half a period [2]_.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter (2017). SGDR: Stochastic gradient descent with warm restarts.
       https://arxiv.org/abs/1608.03983
    .. [2] L. N. Smith and N. Topin (2018). Super-convergence: very fast training of neural networks
       using large learning rates. https://arxiv.org/abs/1708.07120
    """
    if schedule == "constant":
        return tf.ones_like(progress)
    if schedule == "cosine":
        return _fall(progress)
    # By reciprocals: TensorFlow divides by a constant so, and a variable is to give the same bits.
    rise = 1.0 - _fall(progress * (1.0 / warmup_fraction))
    return tf.where(
        progress < warmup_fraction,
        _FIRST_FACTOR + (1.0 - _FIRST_FACTOR) * rise,
        _fall((progress - warmup_fraction) * (1.0 / (1.0 - warmup_fraction))),
    )


def halved_at(schedule: str, warmup_fraction: float) -> float:
    """Return the part of a training, in [0, 1), after which the learning rate is below one half.

    Before, a loss that does not fall says little: it will, with the learning rate. "constant" is 0.

    Examples
    --------
    >>> from skdigits.training._schedule import halved_at
    >>> halved_at("cosine", 0.3), halved_at("one_cycle", 0.3)
    (0.5, 0.65)
    """
    return {"constant": 0.0, "cosine": 0.5, "one_cycle": (1 + warmup_fraction) / 2}[schedule]


def _fall(progress: Any) -> Any:
    return 0.5 * (1.0 + tf.cos(math.pi * progress))
