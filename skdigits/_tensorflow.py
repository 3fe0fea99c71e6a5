"""Import TensorFlow and Keras, quietly, and set their threads for small networks.

Everything else in skdigits takes them from here, because threads are settled once per process,
when TensorFlow first runs: one, for an operation and between operations. An operation of these
networks is too short to be shared out: one thread is faster than two. Parallel fits (``n_jobs``)
then do not compete for cores, and the same seed gives the same network whatever the number of
cores. ``TF_NUM_INTRAOP_THREADS`` and ``TF_NUM_INTEROP_THREADS`` in the environment, and
``tf.config.threading``, go first; so does a process in which TensorFlow has run already.

TensorFlow's libraries write remarks on the machine to standard error while they are loaded, before
``TF_CPP_MIN_LOG_LEVEL`` has any effect, and call it an error that there is no GPU. These lines are
left out, every other one is passed on; ``TF_CPP_MIN_LOG_LEVEL=0`` shows them all.

What is settled earlier, when TensorFlow is imported, is in ``skdigits._onednn``.
"""

import ctypes
import faulthandler
import logging
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO

__all__ = ["keras", "quiet", "quiet_tracing", "tf"]

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_STDERR = 2

# Remarks, their heading, what builds for GPUs call errors where there is none, and what the
# converter to LiteRT says of its own defaults.
_ROUTINE = re.compile(
    rb"^(?:[IV]\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog"
    rb"|[WE]\d{4} .*(?:failed call to cuInit: .*\(303\)|Unable to register cu\w+ factory"
    rb"|computation placer already registered|Ignored (?:output_format|drop_control_dependency)))"
    rb".*\n",
    re.MULTILINE,
)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave routine lines of TensorFlow's libraries out of standard error, within a block."""
    if os.getenv(_LEVEL) == "0" or {"TF_CPP_MAX_VLOG_LEVEL", "TF_CPP_VMODULE"} & os.environ.keys():
        yield
        return
    with ExitStack() as stack:
        with suppress(OSError):  # no standard error, or no room for a file: nothing is left out
            lines = stack.enter_context(tempfile.TemporaryFile())
            stack.callback(_pass_on, lines)
            stack.enter_context(_standard_error_to(lines))
        if _LEVEL not in os.environ:
            os.environ[_LEVEL] = "1"  # no remarks later on either; read while the library is loaded
            stack.callback(os.environ.pop, _LEVEL, None)
        yield


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Log no advice of this thread about tracing, within a block: every network needs its own."""
    thread, logger = threading.get_ident(), logging.getLogger("tensorflow")

    def is_other(record: logging.LogRecord) -> bool:
        return record.thread != thread or "tf.function retracing" not in record.getMessage()

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


@contextmanager
def _standard_error_to(lines: IO[bytes]) -> Iterator[None]:
    stderr = os.dup(_STDERR)
    with ExitStack() as stack:
        stack.callback(os.close, stderr)
        if not faulthandler.is_enabled():  # a library that aborts is not silent
            faulthandler.enable(stderr)
            stack.callback(faulthandler.disable)
        os.dup2(lines.fileno(), _STDERR)
        stack.callback(os.dup2, stderr, _STDERR)
        yield


def _pass_on(lines: IO[bytes]) -> None:
    lines.seek(0)
    rest = _ROUTINE.sub(b"", lines.read())
    while rest:
        rest = rest[os.write(_STDERR, rest) :]


def _has_gpu_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


with quiet():
    import keras
    import tensorflow as tf

    # That there is no driver is said when devices are looked for. With one, a forked child could
    # not use it any more, so that it is left for later.
    if not _has_gpu_driver():
        tf.config.list_physical_devices()


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
