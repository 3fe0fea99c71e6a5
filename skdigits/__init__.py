"""Handwritten digits, a Keras CNN and scikit-learn's API.

Names are handed on lazily (PEP 562), so that ``import skdigits`` stays light: TensorFlow,
Keras, matplotlib and pandas are imported when a name that needs them is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdigits import datasets
    from skdigits._pool import clear_cache
    from skdigits.classifier import DigitCNNClassifier
    from skdigits.ensemble import make_ensemble
    from skdigits.evaluation import evaluate, evaluate_folds
    from skdigits.inference import load_predictor
    from skdigits.persistence import load_model, save_model
    from skdigits.preprocessing import ImageReshaper, check_digits
    from skdigits.reading import read_number

__version__ = "0.1.0"

__all__ = [
    "DigitCNNClassifier",
    "ImageReshaper",
    "__version__",
    "check_digits",
    "clear_cache",
    "datasets",
    "evaluate",
    "evaluate_folds",
    "load_model",
    "load_predictor",
    "make_ensemble",
    "read_number",
    "save_model",
]

_HOMES = {
    "DigitCNNClassifier": "skdigits.classifier",
    "ImageReshaper": "skdigits.preprocessing",
    "check_digits": "skdigits.preprocessing",
    "clear_cache": "skdigits._pool",
    "evaluate": "skdigits.evaluation",
    "evaluate_folds": "skdigits.evaluation",
    "load_model": "skdigits.persistence",
    "load_predictor": "skdigits.inference",
    "make_ensemble": "skdigits.ensemble",
    "read_number": "skdigits.reading",
    "save_model": "skdigits.persistence",
}


def __getattr__(name: str) -> Any:
    if name == "datasets":
        return import_module("skdigits.datasets")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
