"""TensorFlow and Keras, brought up for small networks: the one place that sets their threads.

Everything else in skdigits takes them from here, because two things are settled once a process:

oneDNN, when TensorFlow is imported
    Its kernels make these networks faster. TensorFlow switches them on by itself on some
    processors only; here they are on wherever they exist, if skdigits is the first to import
    TensorFlow and the environment says nothing. The environment is as before afterwards.
threads, when TensorFlow first runs
    One, for an operation and between operations. An operation of these networks is too short to
    be shared out: one thread is faster than two. Fits side by side (``n_jobs``) then do not
    compete for cores, and the same seed gives the same network whatever the number of cores.
    ``TF_NUM_INTRAOP_THREADS`` and ``TF_NUM_INTEROP_THREADS`` in the environment, and
    ``tf.config.threading``, go first; so does a process in which TensorFlow has run already.
"""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["keras", "tf"]

_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


@contextmanager
def _onednn() -> Iterator[None]:
    ours = (
        "tensorflow" not in sys.modules
        and _ONEDNN not in os.environ
        and platform.machine().lower() in {"amd64", "x86_64"}  # where it was measured
    )
    if ours:
        os.environ[_ONEDNN] = "1"
    try:
        yield
    finally:
        if ours:
            del os.environ[_ONEDNN]


def _settle_threads() -> None:
    threading = tf.config.threading
    for variable, get, put in (
        (
            "TF_NUM_INTRAOP_THREADS",
            threading.get_intra_op_parallelism_threads,
            threading.set_intra_op_parallelism_threads,
        ),
        (
            "TF_NUM_INTEROP_THREADS",
            threading.get_inter_op_parallelism_threads,
            threading.set_inter_op_parallelism_threads,
        ),
    ):
        if not get() and not os.getenv(variable):
            with suppress(RuntimeError):  # TensorFlow has run: its threads are what they are
                put(1)


with _onednn():
    import keras
    import tensorflow as tf

_settle_threads()
