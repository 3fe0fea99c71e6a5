"""Collect versions, the machine and TensorFlow's setup for bug reports."""

import os
import platform
from typing import Any

from skdigits._onednn import is_onednn_on
from skdigits._version import __version__, installed_versions

__all__ = ["collect_information"]

_PACKAGES = (
    "scikit-learn",
    "tensorflow",
    "keras",
    "scikeras",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
)


def collect_information(*, tensorflow: bool = True) -> dict[str, Any]:
    """Collect what a bug report needs; nothing is changed, downloaded or sent.

    Parameters
    ----------
    tensorflow : bool, default=True
        Whether to import TensorFlow, which takes a few seconds, and describe its setup.

    Returns
    -------
    dict
        Strings, numbers and lists by name:

        python, skdigits, scikit-learn, tensorflow, keras, ... : str
            Versions.
        platform, processor : str
            Operating system and kind of processor.
        cores, usable_cores : int
            Number of cores, and of those that this process may use.
        intra_op_threads, inter_op_threads : int
            TensorFlow's threads; 0 if TensorFlow decides.
        onednn : bool or None
            Whether TensorFlow uses oneDNN's kernels; None if it does not say.
        devices : list of str
            TensorFlow's devices.
        tensorflow_error : str
            Why TensorFlow cannot be imported, in place of the above.

    See Also
    --------
    sklearn.show_versions : Print the versions of scikit-learn and its dependencies.

    Examples
    --------
    >>> from skdigits.information import collect_information
    >>> information = collect_information(tensorflow=False)
    >>> information["scikeras"]
    '0.13...'
    """
    from joblib import cpu_count

    versions = installed_versions(*_PACKAGES)
    return {
        "python": platform.python_version(),
        "skdigits": __version__,
        **{package: version or "not installed" for package, version in versions.items()},
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": cpu_count(),
        **(_tensorflow() if tensorflow else {}),
    }


def _tensorflow() -> dict[str, Any]:
    try:
        from skdigits._tensorflow import tf
    except Exception as error:  # a broken installation fails in many ways; the report says how
        return {"tensorflow_error": " ".join(f"{type(error).__name__}: {error}".split())}
    return {
        "intra_op_threads": _threads(tf, "intra"),
        "inter_op_threads": _threads(tf, "inter"),
        "onednn": is_onednn_on(),
        "devices": [
            device.name.removeprefix("/physical_device:")
            for device in tf.config.list_physical_devices()
        ],
    }


def _threads(tf: Any, kind: str) -> int:
    configured = getattr(tf.config.threading, f"get_{kind}_op_parallelism_threads")()
    in_environment = os.environ.get(f"TF_NUM_{kind.upper()}OP_THREADS", "")
    return configured or (int(in_environment) if in_environment.isdecimal() else 0)
