"""Settle whether TensorFlow uses oneDNN's kernels: here and in the processes started from here.

They take a fifth to a third off the time of these networks, and add in another order: the last
bits of a network depend on them. TensorFlow decides when it is imported, by
``TF_ENABLE_ONEDNN_OPTS`` or, where that is not set, by the processor: on those with AVX2 and no
more, they are off. A worker may import Keras before skdigits, if only to unpickle a callback, and
so may a script; hence the variable is set when skdigits is imported, and workers inherit it.

Nothing here imports TensorFlow.
"""

import os
import platform
import sys

__all__ = ["is_onednn_on", "settle_onednn"]

_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


def settle_onednn() -> None:
    """Set ``TF_ENABLE_ONEDNN_OPTS`` to 1, or to what TensorFlow has decided already.

    A value that is set stays.
    """
    if _VARIABLE in os.environ or platform.machine().lower() not in {"amd64", "x86_64"}:
        return  # elsewhere they have not been measured
    on = is_onednn_on() if "tensorflow" in sys.modules else True
    if on is not None:
        os.environ[_VARIABLE] = str(int(on))


def is_onednn_on() -> bool | None:
    """Return whether TensorFlow, once imported, uses them; None where it does not say."""
    try:  # not part of TensorFlow's public API, and the only one that knows
        from tensorflow.python.util._pywrap_util_port import IsMklEnabled
    except ImportError:
        return None
    return bool(IsMklEnabled())
