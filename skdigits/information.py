"""Collect what a bug report should say of versions, machine and TensorFlow."""

import os
import platform
from typing import Any

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
    """Collect what a bug report should say; nothing is changed, downloaded or sent.

    Of the data on this machine, :func:`skdigits.datasets.describe_storage` tells.

    Parameters
    ----------
    tensorflow : bool, default=True
        Import TensorFlow, which takes a few seconds, to say how it is set up.

    Returns
    -------
    dict
        Strings, numbers and lists by name:

        python, skdigits, scikit-learn, tensorflow, keras, ... : str
            Versions.
        platform, processor : str
            Operating system and kind of processor.
        cores, usable_cores : int
            Of the machine, and those that this process may use.
        intra_op_threads, inter_op_threads : int
            TensorFlow's threads; 0 leaves the number to TensorFlow.
        onednn : bool or None
            Whether TensorFlow uses oneDNN's kernels; None where it does not say.
        devices : list of str
            TensorFlow's devices.
        tensorflow_error : str
            Why there is nothing about TensorFlow, if it cannot be imported.

    Examples
    --------
    >>> from skdigits.information import collect_information
    >>> information = collect_information(tensorflow=False)
    >>> information["scikeras"]
    '0.13...'
    """
    return {
        "python": platform.python_version(),
        "skdigits": __version__,
        **{
            package: version or "not installed"
            for package, version in installed_versions(*_PACKAGES).items()
        },
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        **(_tensorflow() if tensorflow else {}),
    }


def _usable_cores() -> int | None:
    from joblib import cpu_count

    return cpu_count()


def _tensorflow() -> dict[str, Any]:
    try:
        from skdigits._tensorflow import tf
    except Exception as error:  # a broken installation fails in many ways; a report shall say how
        return {"tensorflow_error": " ".join(f"{type(error).__name__}: {error}".split())}
    threading = tf.config.threading
    return {
        "intra_op_threads": threading.get_intra_op_parallelism_threads()
        or _threads_of_environment("TF_NUM_INTRAOP_THREADS"),
        "inter_op_threads": threading.get_inter_op_parallelism_threads()
        or _threads_of_environment("TF_NUM_INTEROP_THREADS"),
        "onednn": _onednn(),
        "devices": [
            device.name.removeprefix("/physical_device:")
            for device in tf.config.list_physical_devices()
        ],
    }


def _threads_of_environment(variable: str) -> int:
    value = os.environ.get(variable, "")
    return int(value) if value.isdecimal() else 0


def _onednn() -> bool | None:
    try:  # not part of TensorFlow's public API, and the only one that knows
        from tensorflow.python.util._pywrap_util_port import IsMklEnabled
    except ImportError:
        return None
    return bool(IsMklEnabled())
