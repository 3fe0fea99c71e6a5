"""Turn the scalers before a network into arithmetic on flat rows."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

__all__ = ["Arithmetic", "scaling_of"]

# An operator, by its name in ONNX, with the arrays that it takes beside the rows.
Arithmetic = tuple[str, tuple[np.ndarray | np.float64, ...]]


def scaling_of(steps: Iterable[Any]) -> list[Arithmetic]:
    """Return what fitted transformers do to a row, in order.

    Raises
    ------
    TypeError
        If one of them is no such scaler.

    Examples
    --------
    >>> from sklearn.preprocessing import MaxAbsScaler
    >>> from skdigits.export._scaling import scaling_of
    >>> scaling_of([MaxAbsScaler().fit([[16], [8]])])
    [('Div', (array([16.]),))]
    """
    arithmetic: list[Arithmetic] = []
    for step in steps:
        if isinstance(step, Pipeline):
            arithmetic += scaling_of(transformer for _, transformer in step.steps)
        elif isinstance(step, FrozenEstimator):
            arithmetic += scaling_of([step.estimator])
        elif step is not None and step != "passthrough":
            arithmetic += _TRANSFORMERS.get(type(step), _refuse)(step)
    return arithmetic


def _refuse(step: Any) -> list[Arithmetic]:
    raise TypeError(
        "An export to ONNX takes pipelines of MaxAbsScaler, MinMaxScaler, RobustScaler, "
        f"StandardScaler and a DigitCNNClassifier; this one has {step!r}. Export its last step "
        "alone and transform the rows before, or convert the steps with skl2onnx and join both "
        "files with onnx.compose.merge_models."
    )


def _clip(low: float, high: float) -> Arithmetic:
    return "Clip", (np.float64(low), np.float64(high))


def _max_abs(scaler: Any) -> list[Arithmetic]:
    clipped = getattr(scaler, "clip", False)  # a parameter of scikit-learn 1.9
    return [("Div", (scaler.scale_,))] + [_clip(-1, 1)] * clipped


def _min_max(scaler: Any) -> list[Arithmetic]:
    steps: list[Arithmetic] = [("Mul", (scaler.scale_,)), ("Add", (scaler.min_,))]
    return steps + [_clip(*scaler.feature_range)] * scaler.clip


def _centre_and_scale(centre: np.ndarray | None, scale: np.ndarray | None) -> list[Arithmetic]:
    return [
        (operator, (values,))
        for operator, values in (("Sub", centre), ("Div", scale))
        if values is not None
    ]


def _standard(scaler: Any) -> list[Arithmetic]:
    return _centre_and_scale(scaler.mean_ if scaler.with_mean else None, scaler.scale_)


def _robust(scaler: Any) -> list[Arithmetic]:
    return _centre_and_scale(
        scaler.center_ if scaler.with_centering else None,
        scaler.scale_ if scaler.with_scaling else None,
    )


def _function(transformer: Any) -> list[Arithmetic]:
    return [] if transformer.func is None else _refuse(transformer)


# Not their subclasses, which may do something else.
_TRANSFORMERS: dict[type, Callable[[Any], list[Arithmetic]]] = {
    FunctionTransformer: _function,
    MaxAbsScaler: _max_abs,
    MinMaxScaler: _min_max,
    RobustScaler: _robust,
    StandardScaler: _standard,
}
