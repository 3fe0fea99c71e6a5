"""Read the data and split their rows: the study's hold-out, the unseen writers, the subsets."""

import os
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skdigits.datasets import N_TRAIN, fetch_optdigits, load_optdigits, read_digits_csv

__all__ = [
    "HOLD_OUT",
    "LOADERS",
    "SUBSETS",
    "LabelledRows",
    "Split",
    "check_enough_rows",
    "describe_subset",
    "read_data",
    "split_rows",
    "take_subset",
]

# The split of the original study, whatever the seed, so that hold-out figures compare.
HOLD_OUT: dict[str, Any] = {"test_size": 0.2, "random_state": 42}

# Data whose official split, by writers, is known.
LOADERS: dict[Any, Any] = {"packaged": load_optdigits, "uci": fetch_optdigits}

SUBSETS = ("train", "test", "all")

LabelledRows = tuple[np.ndarray, np.ndarray]  # features and labels
Split = tuple[np.ndarray, np.ndarray]  # indices of the rows to train on and of those to measure on

_OF_UCI = {
    "train": "UCI's training part: 30 writers",
    "test": "UCI's test part: 13 writers, none of them in the training part",
    "all": "all rows of UCI's data: its training part and its test part",
}
_OF_A_FILE = {
    "train": "four fifths of the file's rows, drawn at random in the proportions of the classes",
    "test": "the fifth of the file's rows that is held out, in the proportions of the classes; "
    "if one hand wrote several rows, it may have written some on either side",
    "all": "all rows of the file",
}


def read_data(data: str | os.PathLike[str]) -> Bunch:
    """Load data by name, or read a CSV file."""
    return LOADERS[data]() if data in LOADERS else read_digits_csv(data)


def split_rows(data: object, n_samples: int) -> dict[str, Split]:
    """Split rows once: "hold_out" and, where the writers are known, "unseen_writers".

    Examples
    --------
    >>> from skdigits._runs._splits import split_rows
    >>> splits = split_rows("packaged", 5620)
    >>> {name: (len(train), len(test)) for name, (train, test) in splits.items()}
    {'hold_out': (4496, 1124), 'unseen_writers': (3823, 1797)}
    >>> list(split_rows("mine.csv", 300))
    ['hold_out']
    """
    indices = np.arange(n_samples)
    train, test = train_test_split(indices, **HOLD_OUT)
    splits = {"hold_out": (train, test)}
    if data in LOADERS:
        splits["unseen_writers"] = indices[:N_TRAIN], indices[N_TRAIN:]
    return splits


def take_subset(digits: Bunch, data: object, subset: str) -> LabelledRows:
    """Return features and labels of one of `SUBSETS`.

    Data whose writers are known have UCI's parts; of others a stratified fifth, always the same
    one, is "test".

    Examples
    --------
    >>> from skdigits._runs._splits import take_subset
    >>> from skdigits.datasets import load_optdigits
    >>> digits = load_optdigits()
    >>> [len(take_subset(digits, "packaged", subset)[1]) for subset in ("train", "test")]
    [3823, 1797]
    >>> [len(take_subset(digits, "mine.csv", subset)[1]) for subset in ("train", "test")]
    [4496, 1124]
    """
    X, y = digits.data, digits.target
    if subset == "all":
        return X, y
    if data in LOADERS:
        train, test = split_rows(data, len(y))["unseen_writers"]
    else:
        check_enough_rows(y, None, "hold-out")
        train, test = train_test_split(np.arange(len(y)), stratify=y, **HOLD_OUT)
    rows = train if subset == "train" else test
    return X[rows], y[rows]


def describe_subset(data: object, subset: str) -> str:
    """Say in words which rows a subset is."""
    return (_OF_UCI if data in LOADERS else _OF_A_FILE)[subset]


def check_enough_rows(y: np.ndarray, cv: int | None, what: str) -> None:
    """Raise ValueError, before any training, if the rows are too few for the splits.

    Without folds, None, they need to suffice for a hold-out.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._runs._splits import check_enough_rows
    >>> check_enough_rows(np.repeat([0, 1], [30, 7]), 5, "study")
    Traceback (most recent call last):
    ValueError: Class 1 has 7 rows; a study with 5 folds needs at least 10 of each class.
    """
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) < 2:
        raise ValueError(f"The data have only one class, {labels[0]}; at least 2 are needed.")
    # A fifth goes to the hold-out and, in the study, a tenth of the rest to validation.
    needed = max(cv or 0, 10)
    if counts.min() < needed:
        raise ValueError(
            f"Class {labels[counts.argmin()]} has {counts.min()} rows; a {what}"
            f"{f' with {cv} folds' if cv else ''} needs at least {needed} of each class."
        )
