"""Name the classifier's hyper-parameters, say what they may be, and keep its configurations.

scikit-learn is imported where the constraints are asked for: the names alone cost nothing.
"""

import functools
import inspect
import os
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, TypeVar, cast

__all__ = [
    "CONFIGURATIONS",
    "FAST",
    "INITIALIZERS",
    "NETWORK_PARAMETERS",
    "OPTIMIZERS",
    "REFERENCE",
    "TRAINING_PARAMETERS",
    "as_sizes",
    "check_name",
    "explains_keywords",
    "fraction_to_set_aside",
    "network_parameters",
    "parameter_constraints",
]

_Method = TypeVar("_Method", bound=Callable[..., Any])

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
    "pool_after",
    "unpadded",
    "batch_normalization",
    "conv_dropout",
    "global_pooling",
    "dense_units",
    "dense_activation",
    "dropout",
    "rescale",
)

# Those of them that are one or several positive integers.
_SIZES = {"filters", "pool_after", "unpadded", "dense_units"}

# Those that training takes as they are, and that may change from fit to fit.
TRAINING_PARAMETERS = ("shuffle", "augment", "label_smoothing", "temperature")

# What fit of other packages takes, and where it is here.
_NAMES_ELSEWHERE = {
    "validation_split": "validation_fraction",
    "eval_set": "X_val",
    "validation_data": "X_val",
    "valid_data": "X_val",
}

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
    "pool_after": None,
    "unpadded": (),
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
    sizes = ["array-like", Interval(Integral, 1, None, closed="left")]
    return {
        "image_shape": [*sizes, None],
        "filters": sizes,
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(activations)],
        "kernel_initializer": [StrOptions(INITIALIZERS)],
        "pool_after": [*sizes, None],
        "unpadded": sizes,
        "batch_normalization": ["boolean"],
        "conv_dropout": [Interval(Real, 0, 1, closed="left")],
        "global_pooling": [StrOptions({"average", "max"}), None],
        "dense_units": sizes,
        "dense_activation": [StrOptions(activations)],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "rescale": [Interval(Real, 0, None, closed="neither"), None],
        "augment": [StrOptions({"affine"}), dict, None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [StrOptions(OPTIMIZERS)],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_schedule": [StrOptions({"constant", "cosine", "one_cycle"})],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
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


def as_sizes(
    name: str, value: Any, *, expected: str = "positive integers, such as 32 or (32, 64)"
) -> tuple[int, ...]:
    """Return one or several positive integers, in whatever they come, as a tuple of Python's.

    Examples
    --------
    >>> from skdigits._parameters import as_sizes
    >>> as_sizes("filters", 8), as_sizes("filters", range(8, 25, 8))
    ((8,), (8, 16, 24))
    >>> as_sizes("filters", (8, 1.5))
    Traceback (most recent call last):
    ValueError: filters must be positive integers, such as 32 or (32, 64); got (8, 1.5).
    """
    sizes = value.tolist() if hasattr(value, "tolist") else value  # arrays and NumPy's numbers
    if isinstance(sizes, Integral):
        sizes = [sizes]
    if isinstance(sizes, Sequence):
        sizes = [size.item() if hasattr(size, "item") else size for size in sizes]
        if all(type(size) is int and size >= 1 for size in sizes):
            return tuple(sizes)
    raise ValueError(f"{name} must be {expected}; got {value!r}.")


def network_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters of the network that a classifier has, sizes as tuples."""
    values = {name: getattr(estimator, name) for name in NETWORK_PARAMETERS}
    sizes = {name for name in _SIZES if values[name] is not None}
    return values | {name: as_sizes(name, values[name]) for name in sizes}


def fraction_to_set_aside(estimator: Any) -> float:
    """Return the validation fraction of a classifier that needs rows set aside, by default 0.1."""
    fraction = estimator.validation_fraction
    if fraction == 0:
        what = "early_stopping=True" if estimator.early_stopping else 'temperature="validation"'
        raise ValueError(
            f"{what} needs rows that are set aside, but validation_fraction={fraction!r} sets none "
            "aside; pass a fraction in (0, 1), such as 0.1, or None for 0.1."
        )
    return 0.1 if fraction is None else fraction


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
        near = get_close_matches(str(name), known, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"There is no {kind} {name!r}.{hint} Known: {', '.join(known)}.")


def explains_keywords(fit: _Method) -> _Method:
    """Make ``fit`` or ``partial_fit`` say where a keyword that it refuses belongs."""
    valid = [*inspect.signature(fit).parameters][1:]

    @functools.wraps(fit)
    def checked_fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        for name in kwargs:
            if name not in valid:
                owner, parameters = type(self).__name__, self.get_params(deep=False)
                hint = _explain_keyword(owner, name, valid, parameters)
                raise TypeError(f"{owner}.{fit.__name__}() has no keyword {name!r}.{hint}")
        return fit(self, *args, **kwargs)

    return cast(_Method, checked_fit)


def _explain_keyword(
    owner: str, name: str, valid: Collection[str], parameters: Collection[str]
) -> str:
    known = [*valid, *parameters]
    near = next(iter(get_close_matches(_NAMES_ELSEWHERE.get(name, name), known, n=1)), None)
    if near is None:
        return f" It has {', '.join(valid)}; all else is a parameter of {owner}."
    if near in valid:
        return f" Did you mean {near!r}?"
    return (
        f" Set the parameter {near} of the classifier before: set_params({near}=...) or "
        f"{owner}({near}=...)."
    )
