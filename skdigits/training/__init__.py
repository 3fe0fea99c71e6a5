"""Fit networks: rows in, a traced network that trains on them fast, weights out.

Names are handed on lazily: TensorFlow is imported when there is something to train.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.training._augmentation import AFFINE
    from skdigits.training._callbacks import DivergenceError, check_callbacks
    from skdigits.training._fit import Fit
    from skdigits.training._fit_data import FitData
    from skdigits.training._pool import clear_cache
    from skdigits.training._rows import Rows, describe_rows, naming_validation_rows
    from skdigits.training._scikeras import FitOutcome, ScikerasClassifier
    from skdigits.training._traced_network import NetworkState

__all__ = [
    "AFFINE",
    "DivergenceError",
    "Fit",
    "FitData",
    "FitOutcome",
    "NetworkState",
    "Rows",
    "ScikerasClassifier",
    "check_callbacks",
    "clear_cache",
    "describe_rows",
    "naming_validation_rows",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_augmentation": ["AFFINE"],
        "_callbacks": ["DivergenceError", "check_callbacks"],
        "_fit": ["Fit"],
        "_fit_data": ["FitData"],
        "_pool": ["clear_cache"],
        "_rows": ["Rows", "describe_rows", "naming_validation_rows"],
        "_scikeras": ["FitOutcome", "ScikerasClassifier"],
        "_traced_network": ["NetworkState"],
    },
)
