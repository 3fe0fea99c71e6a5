"""What a bug report should say about versions, machine, data and TensorFlow."""

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import skdigits

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
        data_rows : int, data_sha256 : str, data_intact : bool
            The packaged data, and whether they are the published ones.
        cache_folder : str, cache_bytes : int
            Where :func:`~skdigits.datasets.fetch_optdigits` keeps its copy, and its size; 0
            where there is none.
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
    >>> information["data_rows"], information["data_intact"]
    (5620, True)
    """
    from skdigits.datasets._packaged import SHA256, digest, packaged_table

    table = packaged_table()
    cache = _cache_folder()
    return {
        "python": platform.python_version(),
        "skdigits": skdigits.__version__,
        **{package: _version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "data_rows": len(table),
        "data_sha256": digest(table),
        "data_intact": digest(table) == SHA256,
        "cache_folder": str(cache),
        "cache_bytes": _size(cache),
        **(_tensorflow() if tensorflow else {}),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _usable_cores() -> int | None:
    from joblib import cpu_count

    return cpu_count()


def _cache_folder() -> Path:
    # As get_data_home gives it, but that would make the folder.
    home = os.environ.get("SKDIGITS_DATA") or os.environ.get("SCIKIT_LEARN_DATA")
    return Path(home or Path("~") / "scikit_learn_data").expanduser() / "optdigits_uci"


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone meanwhile, or not ours to read
            size += path.stat().st_size if path.is_file() else 0
    return size


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
