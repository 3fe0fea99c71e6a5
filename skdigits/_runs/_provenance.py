"""What figures come from, in words that are the same in every process."""

import hashlib
from typing import Any

import numpy as np

from skdigits._version import __version__, installed_versions

__all__ = ["VERSIONS", "describe", "fingerprint", "network_versions"]

#: Of the packages that change the figures of every classifier.
VERSIONS = {"skdigits": __version__} | installed_versions("scikit-learn", "numpy")


def network_versions() -> dict[str, str | None]:
    """Return the versions of the packages that change the figures of a network besides."""
    return installed_versions("tensorflow", "keras")


def fingerprint(X: np.ndarray, y: np.ndarray) -> str:
    """Return a SHA-256 digest of rows of numbers and their labels.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._runs._provenance import fingerprint
    >>> X, y = np.zeros((2, 64)), np.arange(2)
    >>> fingerprint(X, y) == fingerprint(X.astype("float32"), y)
    True
    >>> fingerprint(X, y) == fingerprint(X, 1 - y)
    False
    """
    digest = hashlib.sha256(f"{X.shape}".encode())
    digest.update(np.ascontiguousarray(X, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(y, dtype="<i8").tobytes())
    return digest.hexdigest()


def describe(classifier: Any) -> dict[str, Any]:
    """Say what a classifier is: its class, all its parameters, versions; JSON can hold it.

    Examples
    --------
    >>> from skdigits._runs._provenance import describe
    >>> from skdigits.baselines import make_baseline
    >>> describe(make_baseline("knn"))["parameters"]["n_neighbors"]
    1
    """
    from skdigits.classifier import DigitCNNClassifier

    parameters = classifier.get_params()
    is_network = isinstance(classifier, DigitCNNClassifier)
    return {
        "classifier": _plain(classifier),
        "parameters": {name: _plain(parameters[name]) for name in sorted(parameters)},
        "versions": VERSIONS | (network_versions() if is_network else {}),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "get_params"):  # its parameters stand beside it
        return f"{type(value).__module__}.{type(value).__qualname__}"
    if callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
