"""The classifier's hyper-parameters: which there are, what they may be, and the study's."""

import functools
import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

__all__ = [
    "ACTIVATIONS",
    "NETWORK_PARAMETERS",
    "OPTIMIZERS",
    "PARAMETER_CONSTRAINTS",
    "REFERENCE",
    "explain_unknown_parameter",
    "names_near_misses",
]

ACTIVATIONS = {
    "elu",
    "gelu",
    "leaky_relu",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "tanh",
}
OPTIMIZERS = {"adagrad", "adam", "adamax", "adamw", "nadam", "rmsprop", "sgd"}
NETWORK_PARAMETERS = (
    "filters",
    "kernel_size",
    "activation",
    "pool_size",
    "batch_normalization",
    "dropout",
    "dense_units",
    "dense_activation",
    "rescale",
)

# The study that this project reproduces.
REFERENCE = {
    "filters": (16, 32, 64),
    "kernel_size": 3,
    "activation": "relu",
    "pool_size": 2,
    "batch_normalization": False,
    "dropout": 0.25,
    "dense_units": (128, 512),
    "dense_activation": "sigmoid",
    "rescale": None,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "epochs": 100,
    "batch_size": 128,
}

PARAMETER_CONSTRAINTS: dict[str, list[Any]] = {
    "image_shape": [tuple, list, None],
    "filters": [tuple, list],
    "kernel_size": [Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(ACTIVATIONS)],
    "pool_size": [Interval(Integral, 1, None, closed="left")],
    "batch_normalization": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "dense_units": [tuple, list],
    "dense_activation": [StrOptions(ACTIVATIONS)],
    "rescale": [Interval(Real, 0, None, closed="neither"), None],
    "optimizer": [StrOptions(OPTIMIZERS)],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "restore_best_weights": ["boolean"],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "callbacks": [list, tuple, HasMethods(["set_model"]), None],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def explain_unknown_parameter(owner: str, name: str, valid: Iterable[str]) -> str:
    """Say that `owner` has no parameter `name`, and which ones are near.

    Examples
    --------
    >>> explain_unknown_parameter("Net", "epocs", ["batch_size", "epochs"])
    "Invalid parameter 'epocs' for Net. Did you mean 'epochs'?"
    """
    valid = sorted(valid)
    near = get_close_matches(name, valid, n=3)
    hint = (
        f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Valid parameters: {valid}."
    )
    return f"Invalid parameter {name!r} for {owner}. {hint}"


def names_near_misses(init: Callable[..., None]) -> Callable[..., None]:
    """Make an ``__init__`` name the nearest parameters when it refuses a keyword."""
    valid = set(inspect.signature(init).parameters) - {"self"}

    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in kwargs.keys() - valid:
            raise TypeError(explain_unknown_parameter(type(self).__name__, name, valid))
        init(self, *args, **kwargs)

    return checked_init
