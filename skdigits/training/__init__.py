"""Fit networks: rows in, a traced network that trains on them fast, weights out.

Names are handed on lazily: TensorFlow is imported when there is something to train.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.training._augmentation import AFFINE, RandomAffine
    from skdigits.training._callbacks import DivergenceError, check_callbacks
    from skdigits.training._early_stopping import EarlyStopping
    from skdigits.training._fit import Fit, FitData, FitOutcome
    from skdigits.training._pool import clear_cache
    from skdigits.training._rows import Rows, describe_rows, naming_validation_rows
    from skdigits.training._scikeras import ScikerasClassifier
    from skdigits.training._traced_network import NetworkState, TracedNetwork

__all__ = [
    "AFFINE",
    "DivergenceError",
    "EarlyStopping",
    "Fit",
    "FitData",
    "FitOutcome",
    "NetworkState",
    "RandomAffine",
    "Rows",
    "ScikerasClassifier",
    "TracedNetwork",
    "check_callbacks",
    "clear_cache",
    "describe_rows",
    "naming_validation_rows",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_augmentation": ["AFFINE", "RandomAffine"],
        "_callbacks": ["DivergenceError", "check_callbacks"],
        "_early_stopping": ["EarlyStopping"],
        "_fit": ["Fit", "FitData", "FitOutcome"],
        "_pool": ["clear_cache"],
        "_rows": ["Rows", "describe_rows", "naming_validation_rows"],
        "_scikeras": ["ScikerasClassifier"],
        "_traced_network": ["NetworkState", "TracedNetwork"],
    },
)
