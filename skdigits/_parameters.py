"""Name the classifier's hyper-parameters, say what they may be, and keep its configurations.

scikit-learn is imported where the constraints are asked for: the names alone cost nothing.
"""

import functools
import inspect
import os
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

__all__ = [
    "CONFIGURATIONS",
    "FAST",
    "INITIALIZERS",
    "NETWORK_PARAMETERS",
    "OPTIMIZERS",
    "REFERENCE",
    "TRAINING_PARAMETERS",
    "check_name",
    "explain_unknown_parameter",
    "names_near_misses",
    "parameter_constraints",
]

INITIALIZERS = {
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
}
OPTIMIZERS = {"adagrad", "adam", "adamax", "adamw", "nadam", "rmsprop", "sgd"}
NETWORK_PARAMETERS = (
    "filters",
    "kernel_size",
    "activation",
    "kernel_initializer",
    "pool_size",
    "pool_after",
    "batch_normalization",
    "conv_dropout",
    "global_pooling",
    "dense_units",
    "dense_activation",
    "dropout",
    "rescale",
)

# Those that training takes as they are, and that may change from fit to fit.
TRAINING_PARAMETERS = ("shuffle", "augment", "label_smoothing", "warmup_fraction", "temperature")

# The least time that beats the study; the rest is as in the defaults.
FAST: dict[str, Any] = {
    "filters": (16, 32, 64),
    "global_pooling": "average",
    "augment": None,
    "epochs": 7,
}

# The study that this project reproduces.
REFERENCE: dict[str, Any] = {
    "filters": (16, 32, 64),
    "kernel_size": 3,
    "activation": "relu",
    "kernel_initializer": "glorot_uniform",
    "pool_size": 2,
    "pool_after": None,
    "batch_normalization": False,
    "conv_dropout": 0.25,
    "global_pooling": None,
    "dense_units": (128, 512),
    "dense_activation": "sigmoid",
    "dropout": 0.25,
    "rescale": None,
    "augment": None,
    "label_smoothing": 0.0,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "learning_rate_schedule": "constant",
    "beta_2": 0.999,
    "weight_decay": 0.0,
    "epochs": 100,
    "batch_size": 128,
    "temperature": None,
}

# By the name that `config` and ``--config`` take: what each changes of the defaults.
CONFIGURATIONS: dict[str, dict[str, Any]] = {"default": {}, "fast": FAST, "reference": REFERENCE}


def parameter_constraints(activations: Collection[str]) -> dict[str, list[Any]]:
    """Return what each hyper-parameter may be, as scikit-learn's validation takes it.

    Parameters
    ----------
    activations : collection of str
        Names of the activations that a network can have.

    Returns
    -------
    dict of str to list
        Constraints by name.
    """
    from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

    activations = set(activations)
    return {
        "image_shape": [tuple, list, None],
        "filters": [tuple, list],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(activations)],
        "kernel_initializer": [StrOptions(INITIALIZERS)],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "pool_after": [tuple, list, None],
        "batch_normalization": ["boolean"],
        "conv_dropout": [Interval(Real, 0, 1, closed="left")],
        "global_pooling": [StrOptions({"average", "max"}), None],
        "dense_units": [tuple, list],
        "dense_activation": [StrOptions(activations)],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "rescale": [Interval(Real, 0, None, closed="neither"), None],
        "augment": [StrOptions({"affine"}), dict, None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [StrOptions(OPTIMIZERS)],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_schedule": [StrOptions({"constant", "cosine", "one_cycle"})],
        "warmup_fraction": [Interval(Real, 0, 1, closed="neither")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "restore_best_weights": ["boolean"],
        "temperature": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"validation"}),
            None,
        ],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "callbacks": [list, tuple, HasMethods(["set_model"]), None],
        "checkpoint": [str, os.PathLike, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }


def check_name(name: str, known: Collection[str], kind: str) -> None:
    """Raise ValueError if `name` is not known, with the nearest names and all of them.

    Examples
    --------
    >>> from skdigits._parameters import check_name
    >>> check_name("scv", ("svc", "knn"), "baseline")
    Traceback (most recent call last):
    ValueError: There is no baseline 'scv'. Did you mean 'svc'? Known: svc, knn.
    """
    if name not in known:
        hint = _did_you_mean(name, known)
        raise ValueError(f"There is no {kind} {name!r}.{hint} Known: {', '.join(known)}.")


def explain_unknown_parameter(owner: str, name: str, valid: Iterable[str]) -> str:
    """Say that `owner` has no parameter `name`, and which ones are near.

    Examples
    --------
    >>> from skdigits._parameters import explain_unknown_parameter
    >>> explain_unknown_parameter("Net", "epocs", ["batch_size", "epochs"])
    "Invalid parameter 'epocs' for Net. Did you mean 'epochs'?"
    """
    valid = sorted(valid)
    hint = _did_you_mean(name, valid) or f" Valid parameters: {valid}."
    return f"Invalid parameter {name!r} for {owner}.{hint}"


def names_near_misses(init: Callable[..., None]) -> Callable[..., None]:
    """Make an ``__init__`` name the nearest parameters when it refuses a keyword."""
    valid = set(inspect.signature(init).parameters) - {"self"}

    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in kwargs.keys() - valid:
            raise TypeError(explain_unknown_parameter(type(self).__name__, name, valid))
        init(self, *args, **kwargs)

    return checked_init


def _did_you_mean(name: str, known: Collection[str]) -> str:
    near = get_close_matches(str(name), known, n=3)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
