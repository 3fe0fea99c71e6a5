"""A fit from within: its rows, and a network traced once that trains on them fast."""

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
from skdigits.training._network import (
    NetworkState,
    TrainingNetwork,
    decay_kernels_only,
    epoch_keys,
)
from skdigits.training._progress import ProgressLine
from skdigits.training._rows import Rows, auto_batch_size, code_rows, merge_rows, set_aside
from skdigits.training._schedule import learning_rate_factor
from skdigits.training._tasks import EpochTasks

__all__ = [
    "Checkpoint",
    "CheckpointWriter",
    "EarlyStopping",
    "EpochLogs",
    "EpochTasks",
    "NetworkState",
    "ProgressLine",
    "RandomAffine",
    "Rows",
    "TrainingNetwork",
    "auto_batch_size",
    "claim_checkpoint",
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
