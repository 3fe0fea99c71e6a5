"""Import TensorFlow and Keras, quietly, set their threads, run them whatever others have set.

Everything else in skdigits takes them from here, because threads are settled once per process,
when TensorFlow first runs. Within an operation there is one: those of these networks are too short
to be shared out, and the same seed gives the same network whatever the number of cores. Between
operations there is one for each core of the process, up to the four parts of a mini-batch that are
trained on side by side, or as many as ``OMP_NUM_THREADS`` allows: joblib, Dask and Ray set it in
their workers, so that parallel fits (``n_jobs``) do not compete for cores.
``TF_NUM_INTRAOP_THREADS`` and ``TF_NUM_INTEROP_THREADS`` in the environment, and
``tf.config.threading``, go first; so does a process in which TensorFlow has run already.

TensorFlow's libraries write remarks on the machine to standard error while they are loaded, before
``TF_CPP_MIN_LOG_LEVEL`` has any effect, and call it an error that there is no GPU. These lines are
left out, every other one is passed on; ``TF_CPP_MIN_LOG_LEVEL=0`` shows them all.

A worker process of loky ends when its parent has been killed, instead of finishing its tasks for
a process that is gone.

What is settled earlier, when TensorFlow is imported, is in ``skdigits._onednn``.
"""

import ctypes
import faulthandler
import gc
import multiprocessing
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Any

from joblib import cpu_count

__all__ = ["device", "keras", "keras_defaults", "quiet", "tf"]

# Number of threads between operations; more would be idle.
_MOST_THREADS = 4

_INTRA_OP, _INTER_OP = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_STDERR = 2

# Lines to leave out: remarks, their heading, and the errors of GPU builds on machines without one.
_ROUTINE = re.compile(
    rb"^(?:[IV]\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog"
    rb"|(?:[WE]\d{4}|\d{4}-\d\d-\d\d [\d:.]+: [WE]) .*"
    rb"(?:failed call to cuInit: .*\(303\)|Unable to register cu\w+ factory"
    rb"|computation placer already registered))"
    rb".*\n",
    re.MULTILINE,
)


def _explain_backend(backend: str) -> ImportError:
    return ImportError(
        f"skdigits trains with TensorFlow, but Keras' backend is {backend!r}, by KERAS_BACKEND in "
        "the environment or by keras.json in ~/.keras. Set KERAS_BACKEND=tensorflow before Keras "
        "is imported. (A saved model predicts without Keras: skdigits.load_predictor.)"
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
def _no_collections() -> Iterator[None]:
    """Collect no garbage within a block: the import is a third faster, and all it makes stays."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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


def _end_with_parent(parent: int | None) -> None:
    """End this process when its parent has died, which loky's workers outlive otherwise."""

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if multiprocessing.current_process().name.startswith("LokyProcess"):
    # os.getppid() would be another process if the parent has died meanwhile.
    _end_with_parent(getattr(multiprocessing.parent_process(), "pid", None))

with quiet(), _no_collections():
    try:
        import keras
    except (ImportError, ValueError) as error:  # ValueError: Keras knows no such backend
        asked = os.getenv("KERAS_BACKEND", "tensorflow")
        if asked == "tensorflow":
            raise
        raise _explain_backend(asked) from error
    if keras.config.backend() != "tensorflow":
        raise _explain_backend(keras.config.backend())

    # Import TensorFlow after the check: Keras with another backend works without it. Only the two
    # private modules tell whether it has started, on which device, and with which determinism.
    import tensorflow as tf
    from tensorflow.python.eager import context
    from tensorflow.python.framework import config

    # Without a driver, TensorFlow says so when it looks for devices: let it do so while remarks are
    # left out. With a driver, a forked child could not use it after that, so leave it for later.
    if not _has_gpu_driver():
        tf.config.list_physical_devices()


def _cores_allowed() -> int:
    """Return the number of threads that OMP_NUM_THREADS allows, or else of this process's cores."""
    with suppress(ValueError):  # a list has those of nested threads behind it
        return max(1, int(os.environ.get("OMP_NUM_THREADS", "").split(",")[0]))
    return cpu_count()


def _settle_threads() -> None:
    threads = tf.config.threading
    with suppress(RuntimeError):  # TensorFlow has run already, and its threads stay
        if not threads.get_intra_op_parallelism_threads() and not os.getenv(_INTRA_OP):
            threads.set_intra_op_parallelism_threads(1)
        if not threads.get_inter_op_parallelism_threads() and not os.getenv(_INTER_OP):
            threads.set_inter_op_parallelism_threads(min(_cores_allowed(), _MOST_THREADS))


_settle_threads()


def _has_run() -> bool:
    """Return whether TensorFlow has run, here or in a process that this one was forked from."""
    # The public API would make it run.
    return bool(getattr(context.context_safe(), "_initialized", False))


# Whether TensorFlow's threads were left behind in the process that this one was forked from.
_threads_are_lost = False


def _note_fork() -> None:
    global _threads_are_lost  # noqa: PLW0603
    _threads_are_lost = _has_run()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _check_can_run() -> None:
    if _threads_are_lost:
        raise RuntimeError(
            "TensorFlow cannot run in this process: it was forked from one in which TensorFlow "
            "had run, and would wait for ever for threads that a fork does not copy. Use joblib's "
            'default backend, "loky"; with multiprocessing or concurrent.futures, the start '
            'method "spawn": multiprocessing.get_context("spawn"). Predicting works here.'
        )


def _set_determinism(on: bool) -> None:
    (config.enable_op_determinism if on else config.disable_op_determinism)()


# What the process has set, and the values that networks are made, traced and trained with.
_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], None], Any], ...] = (
    (keras.config.floatx, keras.config.set_floatx, "float32"),
    (keras.config.epsilon, keras.config.set_epsilon, 1e-7),
    (tf.config.functions_run_eagerly, tf.config.run_functions_eagerly, False),
    (config.is_op_determinism_enabled, _set_determinism, False),
)


class _SettingsOfProcess:
    """Brings the settings to their defaults for the first who needs it, and back after the last.

    Fits in several threads overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_users = 0
        self._before: list[Any] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_users:
                self._before = [get() for get, _, _ in _SETTINGS]
                self._put([default for _, _, default in _SETTINGS])
            self._n_users += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._n_users -= 1
            if not self._n_users:
                self._put(self._before)

    def _put(self, values: list[Any]) -> None:
        for (get, put, _), value in zip(_SETTINGS, values, strict=True):
            if get() != value:
                put(value)


_SETTINGS_OF_PROCESS = _SettingsOfProcess()


def device() -> str:
    """Return the device that networks are made and trained on: the CPU, or the scope's around.

    A GPU gives other bits, and small images do not fill it.
    """
    return context.context().device_name or "CPU:0"


@contextmanager
def keras_defaults() -> Iterator[None]:
    """Make and train networks within the block with Keras and TensorFlow as they are by default.

    That is, in float32, in graphs, on the CPU unless within ``tf.device``, and with the kernels
    that give the same bits everywhere; afterwards, the configuration is what it was.

    Raises
    ------
    RuntimeError
        If TensorFlow cannot run here: the process was forked from one in which it had run.
    """
    _check_can_run()
    policy = keras.config.dtype_policy()  # each thread has its own
    with _SETTINGS_OF_PROCESS, tf.device(device()):
        keras.config.set_dtype_policy("float32")
        try:
            yield
        finally:
            keras.config.set_dtype_policy(policy)
