"""Recognise handwritten digits with a Keras CNN behind scikit-learn's API.

Names are handed on lazily (SPEC 1), so that ``import skdigits`` stays light: TensorFlow, Keras,
matplotlib and pandas are imported when a name that needs them is first used.
"""

from typing import TYPE_CHECKING

import lazy_loader

from skdigits._onednn import settle_onednn
from skdigits._version import __version__

if TYPE_CHECKING:
    from skdigits import datasets
    from skdigits.classifier import DigitCNNClassifier
    from skdigits.ensemble import make_ensemble
    from skdigits.evaluation import evaluate, evaluate_folds
    from skdigits.persistence import load_model, load_predictor, save_model
    from skdigits.preprocessing import ImageReshaper, check_digits
    from skdigits.training import clear_cache

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
    "save_model",
]

settle_onednn()  # now, because anything may import TensorFlow after this

__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submodules=["datasets"],
    submod_attrs={
        "classifier": ["DigitCNNClassifier"],
        "ensemble": ["make_ensemble"],
        "evaluation": ["evaluate", "evaluate_folds"],
        "persistence": ["load_model", "load_predictor", "save_model"],
        "preprocessing": ["ImageReshaper", "check_digits"],
        "training": ["clear_cache"],
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
