"""A fit from within: its rows, and a network traced once that trains on them fast."""

from skdigits.training._callbacks import EpochLogs, training_callbacks
from skdigits.training._network import NetworkState, TrainingNetwork, epoch_keys
from skdigits.training._rows import Rows, code_rows, merge_rows, set_aside

__all__ = [
    "EpochLogs",
    "NetworkState",
    "Rows",
    "TrainingNetwork",
    "code_rows",
    "epoch_keys",
    "merge_rows",
    "set_aside",
    "training_callbacks",
]
