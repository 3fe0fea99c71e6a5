"""Compute the learning rate at a point of a training."""

import math
from typing import Any

import numpy as np

from skdigits._tensorflow import tf

__all__ = ["halved_at", "learning_rate_factor"]

# "one_cycle": the factor of the first step, and the part of the training in which it rises.
_FIRST_FACTOR = 0.04
_WARMUP = np.float32(0.3)


def learning_rate_factor(progress: Any, schedule: str) -> Any:
    """Return the factor, in [0, 1], on the highest learning rate at a point of a training.

    `progress` is the part of the training that is done, in [0, 1). "constant" is 1; "cosine" falls
    from 1 to 0 in half a period of a cosine [1]_; "one_cycle" rises from 0.04 to 1 in the first
    0.3 of the training and then falls to 0, both in half a period [2]_.

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
    rise = 1.0 - _fall(progress * (1 / _WARMUP))
    return tf.where(
        progress < _WARMUP,
        _FIRST_FACTOR + (1.0 - _FIRST_FACTOR) * rise,
        _fall((progress - _WARMUP) * (1 / (1 - _WARMUP))),
    )


def halved_at(schedule: str) -> float:
    """Return the part of a training, in [0, 1), after which the learning rate is below one half.

    Examples
    --------
    >>> from skdigits.training._schedule import halved_at
    >>> halved_at("constant"), halved_at("cosine"), halved_at("one_cycle")
    (0.0, 0.5, 0.65)
    """
    return {"constant": 0.0, "cosine": 0.5, "one_cycle": 0.65}[schedule]


def _fall(progress: Any) -> Any:
    return 0.5 * (1.0 + tf.cos(math.pi * progress))
