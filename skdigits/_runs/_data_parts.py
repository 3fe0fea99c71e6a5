"""The rows of data that a model to be kept is trained on, and those that it is measured on."""

from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skdigits._runs._protocol import HOLD_OUT, LOADERS, LabelledRows, check_enough_rows
from skdigits.datasets import N_TRAIN

__all__ = ["PARTS", "describe_part", "take_part"]

PARTS = ("train", "test", "all")

_UCI = {
    "train": "UCI's training part: 30 writers",
    "test": "UCI's test part: 13 writers, none of them in the training part",
    "all": "all rows of UCI's data: its training part and its test part",
}
_FILE = {
    "train": "four fifths of the file's rows, drawn at random in the proportions of the classes",
    "test": "the fifth of the file's rows that is held out, in the proportions of the classes; "
    "if one hand wrote several rows, it may have written some on either side",
    "all": "all rows of the file",
}


def take_part(digits: Bunch, data: object, part: str) -> LabelledRows:
    """Return features and labels of one of `PARTS`.

    Data whose writers are known have UCI's parts; of others a stratified fifth, always the same
    one, is "test".

    Examples
    --------
    >>> from skdigits._runs._data_parts import take_part
    >>> from skdigits.datasets import load_optdigits
    >>> digits = load_optdigits()
    >>> [len(take_part(digits, "packaged", part)[1]) for part in ("train", "test")]
    [3823, 1797]
    >>> [len(take_part(digits, "mine.csv", part)[1]) for part in ("train", "test")]
    [4496, 1124]
    """
    X, y = digits.data, digits.target
    if part == "all":
        return X, y
    if data in LOADERS:
        rows = slice(N_TRAIN) if part == "train" else slice(N_TRAIN, None)
        return X[rows], y[rows]
    check_enough_rows(y, None, "hold-out")
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, **HOLD_OUT)
    return (X_train, y_train) if part == "train" else (X_test, y_test)


def describe_part(data: object, part: str) -> str:
    """Say in words which rows a part is."""
    return (_UCI if data in LOADERS else _FILE)[part]
