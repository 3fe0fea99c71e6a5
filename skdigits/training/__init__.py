"""Fit: rows in, a network traced once that trains on them fast, weights out.

Names are handed on lazily: TensorFlow is imported when there is something to train.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from skdigits.training._augmentation import RandomAffine
    from skdigits.training._callbacks import EarlyStopping, EpochLogs, training_callbacks
    from skdigits.training._checkpoint import (
        Checkpoint,
        CheckpointWriter,
        claim_checkpoint,
        fit_digest,
    )
    from skdigits.training._description import describe_rows
    from skdigits.training._loss import crossentropy
    from skdigits.training._pool import TRAINING_NETWORKS, clear_cache
    from skdigits.training._progress import ProgressLine
    from skdigits.training._rows import Rows, auto_batch_size, code_rows, merge_rows, set_aside
    from skdigits.training._schedule import learning_rate_factor
    from skdigits.training._scikeras import ScikerasClassifier
    from skdigits.training._tasks import EpochTasks
    from skdigits.training._traced_network import (
        NetworkState,
        TrainingNetwork,
        decay_kernels_only,
        epoch_keys,
    )

__all__ = [
    "TRAINING_NETWORKS",
    "Checkpoint",
    "CheckpointWriter",
    "EarlyStopping",
    "EpochLogs",
    "EpochTasks",
    "NetworkState",
    "ProgressLine",
    "RandomAffine",
    "Rows",
    "ScikerasClassifier",
    "TrainingNetwork",
    "auto_batch_size",
    "claim_checkpoint",
    "clear_cache",
    "code_rows",
    "crossentropy",
    "decay_kernels_only",
    "describe_rows",
    "epoch_keys",
    "fit_digest",
    "learning_rate_factor",
    "merge_rows",
    "set_aside",
    "training_callbacks",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_augmentation": ["RandomAffine"],
        "_callbacks": ["EarlyStopping", "EpochLogs", "training_callbacks"],
        "_checkpoint": ["Checkpoint", "CheckpointWriter", "claim_checkpoint", "fit_digest"],
        "_description": ["describe_rows"],
        "_loss": ["crossentropy"],
        "_pool": ["TRAINING_NETWORKS", "clear_cache"],
        "_progress": ["ProgressLine"],
        "_rows": ["Rows", "auto_batch_size", "code_rows", "merge_rows", "set_aside"],
        "_schedule": ["learning_rate_factor"],
        "_scikeras": ["ScikerasClassifier"],
        "_tasks": ["EpochTasks"],
        "_traced_network": ["NetworkState", "TrainingNetwork", "decay_kernels_only", "epoch_keys"],
    },
)
