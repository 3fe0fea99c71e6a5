"""Fits side by side: the same bits on each backend, and nothing lost with a worker."""

import os
import signal
import sys

import dask
import joblib
import numpy as np
import psutil
import pytest
from dask.distributed import Client, KilledWorker
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

from skdigits import evaluate_folds
from skdigits.comparison import run_comparison
from skdigits.model_training import train_model
from skdigits.parallel import _KeepingClient, dask_backend, is_death_of_worker, local_cluster

pytestmark = pytest.mark.worker_processes


@pytest.fixture(scope="module")
def cluster_client():
    with (
        # Were it not for local_cluster, Dask would give up a worker at once when it dies.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}),
        local_cluster(2) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def client(cluster_client):
    """A client of a cluster of two workers, which are made anew where they are killed."""
    cluster_client.wait_for_workers(2, timeout=120)
    return cluster_client


@pytest.fixture
def backends(client):
    """Make the contexts of all backends by name."""
    return {
        "loky": lambda: joblib.parallel_config("loky", n_jobs=2),
        "threading": lambda: joblib.parallel_config("threading", n_jobs=2),
        "dask": lambda: dask_backend(client),
    }


@pytest.fixture
def kill_workers(client):
    """Kill all workers at once, so that nothing is left that one of them alone had."""

    def kill():
        for process in client.run(os.getpid).values():
            os.kill(process, signal.SIGKILL)

    return kill


@pytest.fixture(scope="module")
def small(digits):
    X, y = digits
    return X[:200], y[:200]


def figures(folds):
    return [(fold.accuracy, fold.log_loss, fold.history) for fold in folds]


def test_folds_and_searches_have_the_same_bits_on_each_backend(backends, small, tiny):
    def run():
        folds = evaluate_folds(tiny(epochs=2), *small, cv=3, random_state=0)
        search = GridSearchCV(tiny(), {"epochs": [1, 3]}, cv=2).fit(*small)
        probabilities = search.predict_proba(small[0])
        return figures(folds.folds), search.cv_results_["mean_test_score"], probabilities

    folds, scores, probabilities = run()
    for name, backend in backends.items():
        with backend():
            assert joblib.effective_n_jobs(None) == 2
            here = run()
        assert here[0] == folds, name
        np.testing.assert_array_equal(here[1], scores, err_msg=name)
        np.testing.assert_array_equal(here[2], probabilities, err_msg=name)


def test_comparisons_and_models_have_the_same_bits_on_dask(backends, digits_csv):
    def run():
        compared = run_comparison(
            digits_csv, models=["svc", "fast"], cv=2, epochs=1, random_state=3
        )
        model = train_model(digits_csv, config="fast", epochs=1, cv=2)
        rows = [(row.model, row.split, row.wrong, str(row.log_loss)) for row in compared.rows]
        return rows, figures(model.cross_validation.folds), model

    *expected, model = run()
    with backends["dask"]():
        *here, there = run()
    assert here == expected


def test_rows_are_sent_to_the_scheduler_once(client, small, monkeypatch):
    sent = []
    scatter = _KeepingClient.scatter

    def spy(self, data, **options):
        sent.append(np.shape(data))
        return scatter(self, data, **options)

    monkeypatch.setattr(_KeepingClient, "scatter", spy)
    X, y = small
    with dask_backend(client):
        GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1e-1]}, cv=4, refit=False).fit(
            X, y
        )
    assert sorted(sent) == sorted([X.shape, y.shape, *[(150,)] * 4])  # and those of each fold


def test_a_search_goes_on_when_all_workers_of_dask_are_killed(client, small, tmp_path, tiny):
    processes = list(client.run(os.getpid).values())
    killed = tmp_path / "killed"

    def score(estimator, X, y):
        if killed.parent.exists() and not killed.exists():
            killed.touch()
            for process in sorted(processes, key=os.getpid().__eq__):  # this one at last
                os.kill(process, signal.SIGKILL)
        return estimator.score(X, y)

    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1e-1]}, cv=4, scoring=score)
    with dask_backend(client):
        search.fit(*small)
    assert killed.exists()
    assert set(processes).isdisjoint(client.run(os.getpid).values())
    expected = GridSearchCV(GaussianNB(), search.param_grid, cv=4).fit(*small)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_folds_go_on_when_all_workers_of_dask_are_killed(client, small, tiny, kill_workers):
    seen = []

    def on_fold(fold):
        seen.append(fold.fold)
        if len(seen) == 1:
            kill_workers()

    clf = tiny(epochs=2)
    with dask_backend(client):
        result = evaluate_folds(clf, *small, cv=4, random_state=0, on_fold=on_fold)
    assert seen == [1, 2, 3, 4]
    alone = evaluate_folds(clf, *small, cv=4, random_state=0)
    assert figures(result.folds) == figures(alone.folds)


@pytest.mark.timeout(120)
def test_a_fit_that_kills_each_worker_ends_the_search(client, small, monkeypatch):
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)

    def kill(estimator, X, y):
        os.kill(os.getpid(), signal.SIGKILL)

    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3]}, cv=2, scoring=kill)
    with dask_backend(client), pytest.raises(KilledWorker) as raised:
        search.fit(*small)
    assert is_death_of_worker(raised.value)


def test_an_address_does_for_a_client(client, small):
    with dask_backend(client.scheduler.address, wait_for_workers_timeout=5):
        assert joblib.effective_n_jobs(None) == 2
        there = evaluate_folds(GaussianNB(), *small, cv=2, random_state=0)
    assert joblib.effective_n_jobs(None) == 1
    assert figures(there.folds) == figures(
        evaluate_folds(GaussianNB(), *small, cv=2, random_state=0).folds
    )


def test_without_a_client_the_current_one_is_taken(client, small):
    with client.as_current(), dask_backend():
        assert joblib.effective_n_jobs(None) == 2


def test_no_scheduler_and_no_client_are_errors(monkeypatch):
    monkeypatch.setattr("skdigits.parallel._CONNECTING", 0.2)
    with (
        pytest.raises(OSError, match=r"no Dask scheduler at 127\.0\.0\.1:1 "),
        dask_backend("127.0.0.1:1"),
    ):
        pass
    with pytest.raises(ValueError, match="No global client found"), dask_backend():
        pass


def test_without_distributed_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(ImportError, match=r"pip install distributed\."), dask_backend():
        pass


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_gives_the_same_bits(digits_csv, small, tiny):
    ray = pytest.importorskip("ray", reason="Ray is a recipe, and no requirement of the tests")
    from ray.util.joblib import register_ray

    def run():
        search = GridSearchCV(tiny(), {"epochs": [1, 2]}, cv=2, refit=False).fit(*small)
        folds = evaluate_folds(tiny(epochs=1), *small, cv=2, random_state=0)
        compared = run_comparison(digits_csv, models=["knn", "fast"], cv=2, epochs=1)
        rows = [(row.wrong, row.log_loss) for row in compared.rows]
        return search.cv_results_["mean_test_score"].tolist(), figures(folds.folds), rows

    expected = run()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        with joblib.parallel_config("ray", n_jobs=2):
            assert run() == expected
    finally:
        ray.shutdown()


def kill_a_worker_of_loky():
    children = psutil.Process().children(recursive=True)
    workers = [child for child in children if "LokyProcess" in " ".join(child.cmdline())]
    workers[0].kill()


def test_what_is_finished_when_a_worker_of_loky_is_killed_is_not_done_again(digits_csv, tmp_path):
    settings = {"models": ["knn", "random_forest"], "cv": 2, "random_state": 0}

    def progress(model, done, total):
        if (model, done) == ("knn", total):
            kill_a_worker_of_loky()

    with pytest.raises(TerminatedWorkerError):
        run_comparison(digits_csv, **settings, n_jobs=2, output=tmp_path, progress=progress)
    kept = {path.name for path in (tmp_path / "rows").glob("*.json")}
    assert {"knn-cross_validation.json", "knn-hold_out.json"} <= kept
    again = run_comparison(digits_csv, **settings, n_jobs=2, output=tmp_path)
    assert {f"{row.model}-{row.split}.json" for row in again.rows if row.reused} == kept
    alone = run_comparison(digits_csv, **settings)
    assert [row.wrong for row in again.rows] == [row.wrong for row in alone.rows]
