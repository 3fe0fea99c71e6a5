"""Fits in parallel: the same bits on each backend, and nothing lost with a worker."""

import operator
import os
import pickle
import signal
import sys
import threading
import time
from contextlib import suppress

import joblib
import numpy as np
import pytest
import toolz
from dask import config as dask_config
from dask.distributed import Client, KilledWorker, LocalCluster
from joblib.parallel import ThreadingBackend
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

from skdigits import evaluate_folds
from skdigits.parallel import dask_backend, is_death_of_worker

pytestmark = pytest.mark.worker_processes

GRID = {"var_smoothing": [1e-9, 1e-3, 1e-1]}


@pytest.fixture(scope="module")
def cluster_client():
    with (
        # By default Dask gives up a worker that dies twice within 15 seconds.
        dask_config.set({"distributed.deploy.lost-worker-timeout": "1 day"}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def client(cluster_client):
    """A client of a cluster with two workers, which are replaced when they die."""
    cluster_client.wait_for_workers(2, timeout=120)
    return cluster_client


@pytest.fixture(scope="module")
def small(digits):
    X, y = digits
    return X[:200], y[:200]


def grid_search(**options):
    return GridSearchCV(GaussianNB(), GRID, cv=4, **options)


def test_folds_have_the_same_bits_on_a_cluster(client, small, tiny):
    alone = evaluate_folds(tiny(epochs=2), *small, cv=3, random_state=0)
    with dask_backend(client):
        assert joblib.effective_n_jobs(None) == 2
        there = evaluate_folds(tiny(epochs=2), *small, cv=3, random_state=0)
    assert [(fold.accuracy, fold.log_loss, fold.history) for fold in there.folds] == [
        (fold.accuracy, fold.log_loss, fold.history) for fold in alone.folds
    ]


def test_the_scheduler_receives_arrays_once_and_needs_no_skdigits(client, small, monkeypatch):
    functions, sent = set(), []
    submit = Client.submit

    def spy(self, function, argument, **options):
        functions.update(
            [function] if function is toolz.identity else [function.first, *function.funcs]
        )
        sent.append(argument)
        return submit(self, function, argument, **options)

    monkeypatch.setattr(Client, "submit", spy)
    X, y = small
    with dask_backend(client):
        grid_search(refit=False).fit(X, y)
    assert functions == {toolz.identity, pickle.loads, operator.call}
    arrays = [values.nbytes for values in sent if not isinstance(values, bytes)]
    fold = 150 * np.dtype(int).itemsize  # the training rows of each fold
    assert sorted(arrays) == sorted([X.nbytes, y.nbytes, *[fold] * 4])


def test_a_search_has_the_same_bits_when_workers_die_twice(client, small, tmp_path):
    processes = list(client.run(os.getpid).values())

    def score(estimator, X, y):
        with suppress(FileExistsError):
            (tmp_path / "all").mkdir()
            for process in sorted(processes, key=os.getpid().__eq__):  # this one last
                os.kill(process, signal.SIGKILL)
        with suppress(FileExistsError):
            (tmp_path / "this").mkdir()
            os.kill(os.getpid(), signal.SIGKILL)
        return estimator.score(X, y)

    search = grid_search(scoring=score)
    with dask_backend(client):
        search.fit(*small)
    assert {path.name for path in tmp_path.iterdir()} == {"all", "this"}
    assert set(processes).isdisjoint(client.run(os.getpid).values())
    expected = grid_search().fit(*small).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


@pytest.mark.timeout(120)
def test_a_fit_that_kills_each_worker_ends_the_search(client, small, monkeypatch):
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)

    def kill(estimator, X, y):
        os.kill(os.getpid(), signal.SIGKILL)

    with dask_backend(client), pytest.raises(KilledWorker) as raised:
        grid_search(scoring=kill).fit(*small)
    assert is_death_of_worker(raised.value)


def scheduled_tasks(client):
    """Return the number of tasks at the scheduler, once it has forgotten cancelled ones."""
    scheduler = client.cluster.scheduler
    until = time.monotonic() + 20
    while scheduler.tasks and time.monotonic() < until:
        time.sleep(0.1)
    return len(scheduler.tasks)


@pytest.mark.timeout(120)
def test_ctrl_c_leaves_no_tasks_at_the_scheduler(client, small, tmp_path):
    def score(estimator, X, y):
        (tmp_path / str(time.monotonic_ns())).touch()
        time.sleep(1)
        return 1.0

    def press():
        while not any(tmp_path.iterdir()):
            time.sleep(0.05)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with dask_backend(client), pytest.raises(KeyboardInterrupt):
        grid_search(scoring=score).fit(*small)
    thread.join()
    assert scheduled_tasks(client) == 0
    time.sleep(1.5)
    assert len(list(tmp_path.iterdir())) <= 2  # those that the two workers were running


@pytest.mark.timeout(120)
def test_a_task_that_cannot_be_pickled_ends_the_search(client):
    arguments = [*range(8), threading.Lock()]  # the last one is sent by Dask's callback thread
    with dask_backend(client), pytest.raises(TypeError, match="pickle"):
        joblib.Parallel()(joblib.delayed(str)(argument) for argument in arguments)
    assert scheduled_tasks(client) == 0


@pytest.mark.timeout(120)
def test_parallel_calls_within_tasks_share_the_workers_without_a_deadlock(client):
    def inner(number):
        time.sleep(0.2)
        return number, os.getpid()

    def outer(start):
        numbers = range(start, start + 4)
        return joblib.Parallel()(joblib.delayed(inner)(number) for number in numbers)

    with dask_backend(client):
        results = joblib.Parallel()(joblib.delayed(outer)(start) for start in (0, 10, 20))
    numbers = [number for result in results for number, _ in result]
    assert numbers == [*range(0, 4), *range(10, 14), *range(20, 24)]
    processes = {process for result in results for _, process in result}
    assert processes == set(client.run(os.getpid).values())


def test_an_address_or_the_current_client_will_do(client, small):
    with dask_backend(client.scheduler.address, wait_for_workers_timeout=5):
        assert joblib.effective_n_jobs(None) == 2
        there = evaluate_folds(GaussianNB(), *small, cv=2, random_state=0)
    assert len(there.folds) == 2
    assert joblib.effective_n_jobs(None) == 1
    with client.as_current(), dask_backend():
        assert joblib.effective_n_jobs(None) == 2


def test_what_is_missing_for_dask_is_named(monkeypatch):
    monkeypatch.setattr("skdigits.parallel._CONNECTING", 0.2)
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1 "):
        dask_backend("127.0.0.1:1").__enter__()
    with pytest.raises(ValueError, match="No global client found"):
        dask_backend().__enter__()
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(ImportError, match=r"pip install distributed\."):
        dask_backend().__enter__()


def test_a_backend_that_gives_results_at_the_end_will_do(small):
    class AtTheEnd(ThreadingBackend):
        supports_return_generator = False

    with joblib.parallel_config(AtTheEnd(), n_jobs=2):
        here = evaluate_folds(GaussianNB(), *small, cv=2, random_state=0)
    assert len(here.folds) == 2
