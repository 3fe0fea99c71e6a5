"""Run fits side by side: with joblib's backends, and on a Dask cluster whose workers may die."""

import asyncio
import logging
import sys
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

__all__ = [
    "dask_backend",
    "in_other_processes",
    "is_death_of_worker",
    "local_cluster",
    "run_in_parallel",
]


# Seconds after which there is no scheduler at an address.
_CONNECTING = 10


@contextmanager
def dask_backend(client: Any = None, **options: Any) -> Iterator[None]:
    """Run what joblib runs in parallel on a Dask cluster, and lose nothing with a worker.

    joblib's own backend, ``parallel_config("dask")``, gives `X`, `y` and the rows of each fold to
    one worker, from which the others have them: where that one dies, all of the search is lost.
    Here the scheduler keeps them, and sends them again. They are sent to it once for a search,
    and to a worker once. Fits of a worker that dies are done again on others, up to three times
    each, as Dask's ``distributed.scheduler.allowed-failures`` says.

    Parameters
    ----------
    client : dask.distributed.Client, str or None, default=None
        A client of the cluster, or the address of its scheduler, to which a connection is made
        for the block. None takes the current client.
    **options : dict
        Passed on to :class:`joblib.parallel_config`, such as ``wait_for_workers_timeout``.

    Yields
    ------
    None
        Nothing: it is for the ``with`` statement.

    Raises
    ------
    ImportError
        If Dask's ``distributed`` is not installed.
    OSError
        If there is no scheduler at the address.
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
        client = own = _connect(client)
    try:
        with (
            # The scheduler is to have the rows, however many: no warning of that.
            dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}),
            parallel_config("dask", client=_KeepingClient(client), **options),
        ):
            backend, _ = get_active_backend()
            backend._collect = partial(_collect, backend)
            yield
    finally:
        if own is not None:
            own.close()


@contextmanager
def local_cluster(n_workers: int) -> Iterator[Any]:
    """Make Dask workers on this machine, which are made anew however often they die."""
    dask = _import_dask()
    settings = {
        # Dask closes a worker that is away this long after a death, also after a later one.
        "distributed.deploy.lost-worker-timeout": "1 day",
        # Nobody sees profiles, which make workers larger with each fit.
        "distributed.worker.profile.enabled": False,
    }
    with (
        dask.config.set(settings),
        dask.distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster


def _import_dask() -> Any:
    try:
        import dask.distributed
    except ImportError as error:
        raise ImportError(
            "Dask needs distributed, which is not installed: pip install distributed."
        ) from error
    return dask


async def _collect(backend: Any) -> None:
    """Hand outcomes to joblib, as its own method does, and also those of fits that are given up.

    joblib 1.6 leaves out the latter, with Dask's KilledWorker, and waits for them for ever.
    """
    while backend._continue:
        async for future, result in backend.waiting_futures:
            outcome = backend._results.pop(future)
            if future.status == "error":
                _, result, _ = result  # noqa: PLW2901
                outcome.set_exception(result)
            else:
                outcome.set_result(result)
            backend._callbacks.pop(future)(result)  # which raises an exception
        await asyncio.sleep(0.01)


def _connect(address: str) -> Any:
    from dask.distributed import Client

    try:
        return Client(address, set_as_default=False, timeout=_CONNECTING)
    except OSError as error:
        raise OSError(
            f"There is no Dask scheduler at {address} ({error}). Start one there with "
            '"dask scheduler", and its workers with "dask worker ADDRESS".'
        ) from error


class _KeepingClient:
    """A Dask client that leaves what joblib scatters with the scheduler, as a task's argument.

    Scattered data live on a worker alone. The outcome of a task that is lost is computed again.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def scatter(self, data: Any, **options: Any) -> Any:
        from toolz import identity  # which a scheduler without skdigits knows, too

        return self._client.submit(identity, data, pure=False)


def in_other_processes(n_jobs: int | None) -> bool:
    """Return whether parallel tasks run in other processes than this one."""
    backend, _ = get_active_backend()
    return effective_n_jobs(n_jobs) > 1 and not getattr(backend, "supports_sharedmem", False)


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
