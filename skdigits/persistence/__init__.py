"""Keep fitted classifiers in files that are safe to open: save, load, train further, predict.

`_save` turns a classifier into plain data, `_model_file` these into a document and arrays
(`_labels` and `_values` encode what JSON does not have), and :mod:`skdigits._container` into
bytes. On loading, `_model_file` reads and checks (`_checks`); `_load` makes the classifier, and
`_predictor` one that needs NumPy alone. The page on model files describes the format.
"""

from skdigits.persistence._load import SKOPS_TRUSTED_TYPES, load_model
from skdigits.persistence._predictor import Predictor, load_predictor
from skdigits.persistence._save import save_model

__all__ = ["SKOPS_TRUSTED_TYPES", "Predictor", "load_model", "load_predictor", "save_model"]
