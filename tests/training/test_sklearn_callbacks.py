"""scikit-learn's callbacks see fits and epochs, and change nothing about them."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdigits import DigitCNNClassifier
from skdigits.training._pool import TRACED_NETWORKS

sklearn_callback = pytest.importorskip(
    "sklearn.callback", reason="scikit-learn has callbacks from 1.9 on"
)


def path(context):
    """Names and numbers of a task and of those it is part of, from the outermost on."""
    own = (context.estimator_name, context.task_name, context.task_id)
    return [own] if context.parent is None else [*path(context.parent), own]


class Recorder:
    """Keep what is called; raise, return or do something at the end of an epoch."""

    def __init__(self, at_end=lambda number: None):
        self.calls = []
        self.at_end = at_end

    def setup(self, estimator, context):
        self.calls.append(("setup", path(context)))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", path(context)))

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", path(context)))

    def on_fit_task_end(self, estimator, context):
        self.calls.append(("end", path(context)))
        return self.at_end(context.task_id) if context.task_name == "epoch" else None

    def named(self, *names):
        return [tasks for name, tasks in self.calls if name in names]


class PropagatedRecorder(Recorder):
    max_propagation_depth = None


class EachEpoch(Recorder):
    """Keep the estimator, and the data, of the end of each epoch and of the fit."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.seen.append((context.task_name, fitted_estimator, X, y, metadata))

    @property
    def estimators(self):
        return [estimator for _, estimator, *_ in self.seen]


FIT = ("DigitCNNClassifier", "fit", 0)


def epoch(number):
    return [FIT, ("DigitCNNClassifier", "epoch", number)]


def identical(a, b, X):
    weights = zip(a.model_.get_weights(), b.model_.get_weights(), strict=True)
    return (
        all(np.array_equal(v, w) for v, w in weights)
        and np.array_equal(a.predict_proba(X), b.predict_proba(X))
        and a.history_ == b.history_
    )


def test_a_callback_sees_the_fit_and_each_epoch_in_order(digits, tiny):
    recorder = Recorder()
    tiny(epochs=2).set_callbacks(recorder).fit(*digits)
    assert recorder.calls == [
        ("setup", [FIT]),
        ("begin", [FIT]),
        ("begin", epoch(0)),
        ("end", epoch(0)),
        ("begin", epoch(1)),
        ("end", epoch(1)),
        ("end", [FIT]),
        ("teardown", [FIT]),
    ]


def test_partial_fit_and_a_warm_start_count_their_own_epochs(digits, tiny):
    recorder = Recorder()
    clf = tiny(epochs=2, warm_start=True).set_callbacks(recorder)
    clf.partial_fit(*digits, classes=range(10)).fit(*digits)
    assert recorder.named("end") == [epoch(0), [FIT], epoch(0), epoch(1), [FIT]]
    assert clf.n_iter_ == 3


def test_in_a_search_epochs_are_parts_of_fits(digits, tiny):
    recorder = PropagatedRecorder()
    search = GridSearchCV(tiny(epochs=2), {"learning_rate": [0.01, 0.02]}, cv=2)
    search.set_callbacks(recorder).fit(*digits)
    epochs = [tasks for tasks in recorder.named("end") if tasks[-1][1] == "epoch"]
    whole = ("GridSearchCV", "fit", 0)
    assert epochs == [
        *(
            [whole, ("GridSearchCV", "search", 0), (*FIT[:2], fit), epoch(number)[1]]
            for fit in range(4)
            for number in range(2)
        ),
        *([whole, (*FIT[:2], 1), epoch(number)[1]] for number in range(2)),  # the refit
    ]
    assert recorder.named("setup", "teardown") == [[whole]] * 2
    assert not hasattr(search.best_estimator_, "_parent_callback_ctx")


def test_cross_validation_has_each_fit_by_itself(digits, tiny):
    recorder = Recorder()
    cross_validate(tiny(epochs=1).set_callbacks(recorder), *digits, cv=2)
    assert recorder.named("end") == [epoch(0), [FIT]] * 2
    assert recorder.named("setup") == [[FIT]] * 2


@pytest.mark.parametrize(
    "parameters",
    [
        {"validation_fraction": 0.2, "temperature": "validation"},
        {"epochs": 20, "early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.03},
    ],
)
def test_a_fit_is_the_same_bit_for_bit_with_callbacks(parameters, digits, tiny):
    parameters = {"epochs": 3, **parameters}
    alone = tiny(**parameters).fit(*digits)
    monitor = sklearn_callback.ScoringMonitor(scoring="neg_log_loss")
    watched = tiny(**parameters).set_callbacks(EachEpoch(), monitor).fit(*digits)
    assert identical(watched, alone, digits[0])
    assert watched.temperature_ == alone.temperature_


def test_the_estimator_of_an_epoch_is_one_that_was_fitted_for_as_many(digits, tiny):
    each = EachEpoch()
    parameters = {"validation_fraction": 0.2, "temperature": "validation"}
    clf = tiny(epochs=3, **parameters).set_callbacks(each).fit(*digits)
    for epochs, of_epoch in enumerate(each.estimators[:3], start=1):
        fitted = tiny(epochs=epochs, **parameters).fit(*digits)
        assert identical(of_epoch, fitted, digits[0])
        assert of_epoch.temperature_ == fitted.temperature_
        assert of_epoch.n_iter_ == epochs
    assert identical(each.estimators[3], clf, digits[0])


def test_a_callback_gets_the_data_and_weights_of_the_fit(digits, tiny):
    X, y = digits
    each = EachEpoch()
    clf = tiny(epochs=1).set_callbacks(each)
    clf.fit(X, y).fit(X, y, sample_weight=np.arange(len(y)))
    assert [name for name, *_ in each.seen] == ["epoch", "fit"] * 2
    for _, _, given_X, given_y, metadata in each.seen[:2]:
        np.testing.assert_array_equal(given_X, X)
        np.testing.assert_array_equal(given_y, y)
        assert metadata is None
    np.testing.assert_array_equal(each.seen[2][4]["sample_weight"], np.arange(len(y)))


def test_the_scoring_monitor_logs_the_score_of_each_epoch(digits, tiny):
    monitor = sklearn_callback.ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    tiny(epochs=3).set_callbacks(monitor).fit(*digits)
    *epochs, whole = sorted(
        monitor.get_logs().data, key=lambda row: (row["task_name"] != "epoch", row["task_id"])
    )
    X, y = digits
    for number, row in enumerate(epochs):
        fitted = tiny(epochs=number + 1).fit(X, y)
        right = fitted.predict_proba(X)[np.arange(len(y)), y]
        assert row["accuracy"] == fitted.score(X, y)
        assert row["neg_log_loss"] == pytest.approx(np.log(right).mean(), rel=1e-12)
    assert len(epochs) == 3
    assert whole["accuracy"] == epochs[-1]["accuracy"]


def test_nothing_is_reconstructed_for_callbacks_that_do_not_ask(digits, tiny, monkeypatch):
    from skdigits.training import Fit

    copied_out = []
    outcome = Fit.outcome

    def count(*arguments):
        copied_out.append(arguments)
        return outcome(*arguments)

    monkeypatch.setattr(Fit, "outcome", count)
    tiny(epochs=2).set_callbacks(Recorder()).fit(*digits)
    assert len(copied_out) == 1  # at the end of the fit


def test_a_callback_can_stop_training(digits, tiny):
    recorder = Recorder(at_end=lambda number: number == 1)
    clf = tiny().set_callbacks(recorder).fit(*digits)
    assert recorder.named("end") == [epoch(0), epoch(1), [FIT]]
    assert identical(clf, tiny(epochs=2).fit(*digits), digits[0])


class PressCtrlC(keras.callbacks.Callback):
    def __init__(self, at):
        super().__init__()
        self.at = at

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.at:
            raise KeyboardInterrupt


def test_an_interrupt_ends_the_epoch_and_tears_callbacks_down(digits, tiny):
    recorder = Recorder()
    clf = tiny(callbacks=[PressCtrlC(1)]).set_callbacks(recorder)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*digits)
    assert recorder.named("begin") == [[FIT], epoch(0), epoch(1)]
    assert recorder.named("end") == [epoch(0), epoch(1)]
    assert recorder.named("teardown") == [[FIT]]


def test_an_interrupt_within_a_callback_keeps_the_epoch_it_was_called_for(digits, tiny):
    def press(number):
        if number == 1:
            raise KeyboardInterrupt

    clf = tiny().set_callbacks(Recorder(at_end=press))
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*digits)
    assert identical(clf, tiny(epochs=2).fit(*digits), digits[0])


def test_an_error_in_a_callback_comes_through_and_spoils_no_other_fit(digits, tiny):
    before = tiny(epochs=2).fit(*digits)
    waiting = len(TRACED_NETWORKS)
    recorder = Recorder(at_end=lambda number: 1 / 0)
    clf = tiny(epochs=2).set_callbacks(recorder)
    with pytest.raises(ZeroDivisionError):
        clf.fit(*digits)
    assert recorder.named("end") == [epoch(0)]
    assert recorder.named("teardown") == [[FIT]]
    assert len(TRACED_NETWORKS) == waiting
    assert identical(clf.set_callbacks().fit(*digits), before, digits[0])


def test_callbacks_travel_with_clones_and_pickles_and_are_no_parameter(digits, tiny):
    monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
    clf = tiny(epochs=1).set_callbacks(monitor)
    assert clf.get_params() == tiny(epochs=1).get_params()
    for copy in (clone(clf), pickle.loads(pickle.dumps(clf))):
        copy.fit(*digits)
    assert len(monitor.get_logs(select="all")) == 1  # the clone's; a pickle has a log of its own
    fitted = clf.fit(*digits)
    assert identical(pickle.loads(pickle.dumps(fitted)), fitted, digits[0])


@pytest.mark.worker_processes
def test_worker_processes_report_to_the_callback_of_the_search(digits, tiny):
    monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(FunctionTransformer(), tiny(epochs=2).set_callbacks(monitor))
    GridSearchCV(pipeline, {}, cv=2, n_jobs=2, refit=False).fit(*digits)
    logged = [row["task_name"] for row in monitor.get_logs().data]
    assert sorted(logged) == ["epoch"] * 4 + ["fit"] * 2


WITHOUT_THE_FRAMEWORK = """
import sys
import sklearn.linear_model, sklearn.model_selection, sklearn.pipeline, sklearn.callback
framework, sys.modules["sklearn.callback"] = sys.modules["sklearn.callback"], None
from skdigits import DigitCNNClassifier
sys.modules["sklearn.callback"] = framework
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier.fast(epochs=2, random_state=0).fit(X[:200], y[:200])
print(hasattr(clf, "set_callbacks"), clf.n_iter_, clf.partial_fit(X[:200], y[:200]).n_iter_)
"""


def test_without_the_framework_there_is_no_set_callbacks_and_fits_go_on(run_python):
    assert hasattr(DigitCNNClassifier, "set_callbacks")
    assert run_python(WITHOUT_THE_FRAMEWORK).split() == ["False", "2", "3"]
