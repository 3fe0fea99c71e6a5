"""Describe what figures depend on, identically in every process."""

import hashlib
import json
import os
import platform
import re
from typing import Any

import numpy as np

from skdigits._version import __version__, installed_versions

__all__ = ["VERSIONS", "describe", "describe_environment", "digest", "fingerprint"]

# Versions of the packages that change figures.
VERSIONS = {
    "skdigits": __version__,
    **installed_versions("scikit-learn", "numpy", "tensorflow", "keras", "scikeras", "pandas"),
}


def describe_environment() -> dict[str, Any]:
    """Return versions and machine, as ``results.json`` and ``comparison.json`` hold them."""
    return {
        "versions": {"python": platform.python_version(), **VERSIONS},
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
    }


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


def digest(value: Any) -> str:
    """Return a SHA-256 digest of a value that JSON can hold, the same after JSON has held it.

    Examples
    --------
    >>> from skdigits._runs._provenance import digest
    >>> digest({2: (1.5, None), 10: []}) == digest({"10": [], "2": [1.5, None]})
    True
    """
    in_json = json.loads(json.dumps(value))
    return hashlib.sha256(json.dumps(in_json, sort_keys=True).encode()).hexdigest()


def describe(estimator: Any) -> dict[str, Any]:
    """Return class, parameters and versions of a classifier, as strings that JSON can hold.

    Examples
    --------
    >>> from skdigits._runs._provenance import describe
    >>> from skdigits.baselines import make_baseline
    >>> describe(make_baseline("knn"))["parameters"]["n_neighbors"]
    '1'
    """
    parameters = estimator.get_params()
    return {
        "estimator": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        # Addresses of functions differ between processes.
        "parameters": {
            name: re.sub(r" at 0x[0-9a-f]+", "", repr(parameters[name]))
            for name in sorted(parameters)
        },
        "versions": VERSIONS,
    }
