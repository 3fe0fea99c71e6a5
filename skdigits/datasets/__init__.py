"""Load handwritten digits: packaged with skdigits, live from UCI, or from your own CSV file."""

from skdigits.datasets._bunch import FEATURE_NAMES
from skdigits.datasets._cache import describe_storage
from skdigits.datasets._csv import read_digits_csv
from skdigits.datasets._fetch import fetch_optdigits
from skdigits.datasets._optdigits import find_doubtful_labels, load_optdigits, writer_groups
from skdigits.datasets._packaged import N_TRAIN, sample_pictures

__all__ = [
    "FEATURE_NAMES",
    "N_TRAIN",
    "describe_storage",
    "fetch_optdigits",
    "find_doubtful_labels",
    "load_optdigits",
    "read_digits_csv",
    "sample_pictures",
    "writer_groups",
]
