"""Import TensorFlow and Keras, and set their threads for small networks.

Everything else in skdigits takes them from here, because threads are settled once per process,
when TensorFlow first runs: one, for an operation and between operations. An operation of these
networks is too short to be shared out: one thread is faster than two. Parallel fits (``n_jobs``)
then do not compete for cores, and the same seed gives the same network whatever the number of
cores. ``TF_NUM_INTRAOP_THREADS`` and ``TF_NUM_INTEROP_THREADS`` in the environment, and
``tf.config.threading``, go first; so does a process in which TensorFlow has run already.

What is settled earlier, when TensorFlow is imported, is in ``skdigits._onednn``.
"""

import os
from contextlib import suppress

import keras
import tensorflow as tf

__all__ = ["keras", "tf"]


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


_settle_threads()
