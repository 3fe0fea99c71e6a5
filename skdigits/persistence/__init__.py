"""Keep fitted classifiers in files that are safe to open: save, load, go on, predict.

To save, `_save` makes plain data of a classifier, `_model_file` a document and arrays of these
(`_labels` and `_values` spell what JSON does not know), and :mod:`skdigits._container` bytes. To
load, `_model_file` reads and checks (`_checks`), and `_load` makes the classifier again, or
`_predictor` one that needs NumPy alone; names are handed on lazily for that. The page on model
files says what is in a file.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.persistence._load import SKOPS_TRUSTED_TYPES, load_model, read_metadata
    from skdigits.persistence._predictor import Predictor, load_predictor
    from skdigits.persistence._save import save_model

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
        "_load": ["SKOPS_TRUSTED_TYPES", "load_model", "read_metadata"],
        "_predictor": ["Predictor", "load_predictor"],
        "_save": ["save_model"],
    },
)
