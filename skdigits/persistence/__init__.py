"""Keep fitted classifiers in files that are safe to open: save, load, go on, predict.

See the page on model files for what is in such a file. Names are handed on lazily: a predictor
needs NumPy alone.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.persistence._classifier_files import (
        SKOPS_TRUSTED_TYPES,
        load_model,
        read_metadata,
        save_model,
    )
    from skdigits.persistence._predictor import Predictor, load_predictor

__all__ = [
    "SKOPS_TRUSTED_TYPES",
    "Predictor",
    "load_model",
    "load_predictor",
    "read_metadata",
    "save_model",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_classifier_files": ["SKOPS_TRUSTED_TYPES", "load_model", "read_metadata", "save_model"],
        "_predictor": ["Predictor", "load_predictor"],
    },
)
