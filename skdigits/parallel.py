"""Run fits in parallel: with joblib's backends, and on a Dask cluster whose workers may die."""

import concurrent.futures
import operator
import pickle
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from joblib import parallel_config
from joblib.parallel import ParallelBackendBase
from sklearn.utils.parallel import Parallel

__all__ = ["dask_backend", "is_death_of_worker", "run_in_parallel"]

# Seconds to wait for the scheduler at an address.
_CONNECTING = 10

# Bytes of an array below which it travels within its task.
_SMALL = 1000


@contextmanager
def dask_backend(client: Any = None, *, wait_for_workers_timeout: float = 10) -> Iterator[None]:
    """Run parallel fits on a Dask cluster, and lose nothing when a worker dies.

    With joblib's own backend, ``parallel_config("dask")``, one worker holds `X`, `y` and the rows
    of each fold, and the others copy them from it: if that worker dies, the search fails. Here
    the scheduler keeps the arrays and sends them again. It receives each array once per search,
    and so does each worker. The fits of a worker that dies run again on other workers, up to
    three times each, as Dask's ``distributed.scheduler.allowed-failures`` says.

    Parameters
    ----------
    client : dask.distributed.Client, str or None, default=None
        A client of the cluster, or the address of its scheduler, to which a connection is made
        for the block. None takes the current client.
    wait_for_workers_timeout : float, default=10
        Seconds to wait for the cluster's first worker.

    Yields
    ------
    None
        Nothing; use it in a ``with`` statement.

    Raises
    ------
    ImportError
        If Dask's ``distributed`` is not installed.
    OSError
        If no scheduler answers at the address, or the cluster has no worker in time.
    ValueError
        If there is no current client.
    distributed.KilledWorker
        If a fit has killed each worker that tried it.

    See Also
    --------
    joblib.parallel_config : The other backends: "loky", of processes, and "threading".

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.parallel import dask_backend
    >>> search = GridSearchCV(DigitCNNClassifier(), {"dropout": [0.2, 0.4]})
    >>> with dask_backend("tcp://10.0.0.1:8786"):  # doctest: +SKIP
    ...     search.fit(X, y)
    """
    dask = _import_dask()
    own = None
    if client is None:
        client = dask.distributed.get_client()
    elif isinstance(client, str):
        client = own = dask.distributed.Client(client, set_as_default=False, timeout=_CONNECTING)
    try:
        with (
            # The scheduler is meant to hold the arrays, however large: no warning about that.
            dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}),
            parallel_config(_DaskBackend(client, wait_for_workers_timeout)),
        ):
            yield
    finally:
        if own is not None:
            own.close()


def _import_dask() -> Any:
    try:
        import dask.distributed
    except ImportError as error:
        raise ImportError(
            "Dask needs distributed, which is not installed: pip install distributed."
        ) from error
    return dask


class _DaskBackend(ParallelBackendBase):
    """Send joblib's tasks to a Dask cluster.

    A task is a pickle whose arrays are separate buffers. Each buffer is the result of a separate
    Dask task, ``identity(buffer)``, which the scheduler computes again if a worker with it dies:
    data that a client scatters would be lost. Tasks contain functions of toolz, operator and
    pickle only, because the scheduler unpickles them and may lack skdigits.

    Without a client it runs parallel calls within a task, on the client of the task's worker.
    """

    supports_retrieve_callback = True
    default_n_jobs = -1

    def __init__(self, client: Any = None, timeout: float = 0) -> None:
        super().__init__()
        self._is_in_task = client is None
        if client is None:
            client = _import_dask().distributed.get_client()
        self._client = client
        self._timeout = timeout
        self._sent: dict[tuple[int, int], tuple[np.ndarray, Any]] = {}
        self._at_work: set[Any] = set()

    def __reduce__(self) -> Any:
        return _DaskBackend, ()

    def get_nested_backend(self) -> tuple[ParallelBackendBase, int]:
        return self, -1

    @contextmanager
    def retrieval_context(self) -> Iterator[None]:
        """Leave the worker's slot to other tasks while this one waits for the tasks it sent."""
        if not self._is_in_task:
            yield
            return
        from dask.distributed import rejoin, secede

        secede()
        try:
            yield
        finally:
            rejoin()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        if self._timeout:
            self._client.wait_for_workers(1, timeout=self._timeout)
        return sum(self._client.nthreads().values())

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None]) -> Any:
        import cloudpickle
        import toolz

        buffers: list[Any] = []
        try:
            task = cloudpickle.dumps(
                func, protocol=5, buffer_callback=partial(self._leave_in_pickle, buffers)
            )
            run = toolz.compose(operator.call, pickle.loads)
            future = self._client.submit(run, task, buffers=buffers, pure=False)
        except Exception as error:
            # Raised in Dask's callback thread, it would be lost and joblib would wait forever.
            future = concurrent.futures.Future()
            future.set_exception(error)
        self._at_work.add(future)
        future.add_done_callback(callback)
        return future

    def _leave_in_pickle(self, buffers: list[Any], buffer: pickle.PickleBuffer) -> bool:
        """Return whether a buffer is small; otherwise send it, once per parallel call."""
        values = np.frombuffer(buffer.raw(), np.uint8)
        if values.nbytes < _SMALL:
            return True
        place = values.ctypes.data, values.nbytes
        if place not in self._sent:
            from toolz import identity

            # `values` keeps the memory alive, so that no other array gets its address.
            self._sent[place] = values, self._client.submit(identity, values, pure=False)
        buffers.append(self._sent[place][1])
        return False

    def retrieve_result_callback(self, future: Any) -> Any:
        self._at_work.discard(future)
        return future.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        at_work, self._at_work = self._at_work, set()
        self._client.cancel([future for future in at_work if not future.done()])

    def stop_call(self) -> None:
        self._sent.clear()


def is_death_of_worker(error: BaseException) -> bool:
    """Return whether this is what loky or Dask raise for workers that were killed."""
    dask = sys.modules.get("distributed")
    return isinstance(
        error, BrokenExecutor if dask is None else (BrokenExecutor, dask.KilledWorker)
    )


def run_in_parallel(
    tasks: Iterable[Any], *, n_jobs: int | None, in_order: bool = True
) -> Generator[Any, None, None]:
    """Run tasks that :func:`sklearn.utils.parallel.delayed` made, and yield their results.

    Each is yielded as soon as it is there, but by joblib's backends that cannot do so, such as
    "multiprocessing" and Ray's: they give all at the end. To close the generator ends what is at
    work.
    """
    return_as = "generator" if in_order else "generator_unordered"
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as=return_as)
    except ValueError:  # the backend cannot
        yield from Parallel(n_jobs=n_jobs)(tasks)
        return
    results = parallel(tasks)
    try:
        # "yield from" would close them before this block does.
        for result in results:  # noqa: UP028
            yield result
    finally:
        # An interrupt ends what is at work now, not when the generator is collected.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that there were more to come
            results.close()
