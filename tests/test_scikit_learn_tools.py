"""scikit-learn's own tools, on real digits."""

import copy
import pickle
import time

import joblib
import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

GOOD = 0.8  # what the tiny network reaches with room to spare; chance is 0.1


@pytest.fixture
def split(digits):
    X, y = digits
    return X[:350], X[350:], y[:350], y[350:]


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.worker_processes)])
def test_grid_search(n_jobs, split, tiny):
    X, X_test, y, y_test = split
    search = GridSearchCV(tiny(), {"epochs": [1, 5]}, cv=2, n_jobs=n_jobs)
    search.fit(X, y)
    assert search.best_params_["epochs"] == 5
    assert search.score(X_test, y_test) > GOOD


def test_halving_grid_search_over_epochs(split, tiny):
    X, _, y, _ = split
    search = HalvingGridSearchCV(
        tiny(),
        {"dense_units": [(16,), (32,)]},
        resource="epochs",
        min_resources=2,
        max_resources=4,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert search.n_iterations_ == 2
    assert search.best_estimator_.n_iter_ == 4


def test_learning_curve(digits, tiny):
    sizes, _, scores = learning_curve(tiny(), *digits, train_sizes=[40, 240], cv=2)
    assert sizes.tolist() == [40, 240]
    assert scores[1].mean() > scores[0].mean()


def test_cross_validate_with_several_scorers(digits, tiny):
    scores = cross_validate(
        tiny(), *digits, cv=2, scoring=["accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"]
    )
    assert scores["test_accuracy"].min() > GOOD
    assert scores["test_roc_auc_ovr"].min() > 0.95
    assert scores["test_neg_log_loss"].min() > -1


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda base: VotingClassifier(
            [("net", base), ("knn", KNeighborsClassifier())], voting="soft"
        ),
        lambda base: StackingClassifier(
            [("net", base), ("knn", KNeighborsClassifier())],
            LogisticRegression(max_iter=1000),
            cv=2,
        ),
        lambda base: BaggingClassifier(base, n_estimators=2, random_state=0),
        lambda base: AdaBoostClassifier(base, n_estimators=2, random_state=0),
        lambda base: CalibratedClassifierCV(base, cv=2),
        lambda base: OneVsRestClassifier(base.set_params(epochs=2)),
    ],
    ids=["voting", "stacking", "bagging", "adaboost", "calibrated", "one-vs-rest"],
)
def test_ensembles(ensemble, split, tiny):
    X, X_test, y, y_test = split
    fitted = ensemble(tiny()).fit(X, y)
    assert fitted.score(X_test, y_test) > GOOD
    assert fitted.predict_proba(X_test).shape == (150, 10)


def test_soft_voting_averages_networks(split, tiny):
    X, X_test, y, _ = split
    networks = [(str(seed), tiny(epochs=1, random_state=seed)) for seed in range(3)]
    names = np.array([f"digit {label}" for label in range(10)])
    ensemble = VotingClassifier(networks, voting="soft").fit(X, names[y])
    members = [network.predict_proba(X_test) for network in ensemble.estimators_]
    np.testing.assert_allclose(ensemble.predict_proba(X_test), np.mean(members, axis=0))
    assert ensemble.classes_.tolist() == names.tolist()


def test_pipeline_with_a_scaler_and_set_output(split, tiny):
    X, X_test, y, y_test = split
    X, X_test = (pd.DataFrame(a, columns=[f"block {i}" for i in range(64)]) for a in (X, X_test))
    pipeline = make_pipeline(StandardScaler(), tiny(rescale=None)).set_output(transform="pandas")
    assert pipeline.fit(X, y).score(X_test, y_test) > GOOD
    assert pipeline[-1].feature_names_in_.tolist() == X.columns.tolist()


@pytest.mark.parametrize(
    "option", [{"transform_output": "pandas"}, {"enable_metadata_routing": True}]
)
def test_global_configuration_of_scikit_learn(option, split, tiny):
    X, X_test, y, y_test = split
    expected = tiny().fit(X, y).predict_proba(X_test)
    with sklearn.config_context(**option):
        np.testing.assert_array_equal(tiny().fit(X, y).predict_proba(X_test), expected)


def test_sample_weight_is_routed(split, tiny):
    X, X_test, y, _ = split
    weight = (y < 5).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        net = tiny().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(MinMaxScaler(), net.set_params(rescale=None))
        pipeline.fit(X, y, sample_weight=weight)
    assert pipeline.classes_.tolist() == [0, 1, 2, 3, 4]


def test_permutation_importance_finds_constant_features_useless(split, tiny):
    X, X_test, y, y_test = split
    result = permutation_importance(tiny().fit(X, y), X_test, y_test, n_repeats=2, random_state=0)
    assert result.importances_mean[[0, 32, 39]].tolist() == [0, 0, 0]
    assert result.importances_mean.max() > 0


def test_displays_from_estimator(split, tiny):
    X, X_test, y, y_test = split
    clf = tiny().fit(X, y)
    confusion = ConfusionMatrixDisplay.from_estimator(clf, X_test, y_test)
    assert confusion.confusion_matrix.sum() == 150
    roc = RocCurveDisplay.from_estimator(tiny().fit(X, y == 3), X_test, y_test == 3)
    assert roc.roc_auc > 0.9


def subclasses_of(base):
    return {base}.union(*map(subclasses_of, base.__subclasses__()))


@pytest.mark.parametrize("resumed", [False, True])
def test_nothing_of_scikit_learn_is_fitted_within_a_fit(resumed, split, tiny, monkeypatch):
    """Tools that watch its estimators, as mlflow's autolog does, would take that for the model."""
    X, _, y, _ = split
    clf = tiny(epochs=1, early_stopping=True, class_weight="balanced", warm_start=True)
    if resumed:
        clf.fit(X, y)
    fitted = []
    for estimator in subclasses_of(BaseEstimator):
        watched = estimator.__module__.startswith(("sklearn.", "scikeras."))
        # compute_class_weight has a LabelEncoder, which such tools leave out.
        if watched and not estimator.__module__.startswith("sklearn.preprocessing"):
            for method in {"fit", "fit_transform", "fit_predict"} & vars(estimator).keys():
                original = vars(estimator)[method]

                def watch(self, *args, original=original, **kwargs):
                    fitted.append(type(self).__name__)
                    return original(self, *args, **kwargs)

                monkeypatch.setattr(estimator, method, watch)
    clf.fit(X, y)
    clf.set_params(class_weight=None).partial_fit(X, y)
    assert fitted == []
    GaussianNB().fit(X, y)
    assert fitted == ["GaussianNB"]  # else the test could not fail


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_in(frame, split, tiny):
    X, X_test, y, y_test = split
    names = [f"Attribute{i}" for i in range(1, 65)]
    data, test = (frame(dict(zip(names, a.T, strict=True))) for a in (X, X_test))
    clf = tiny().fit(data, y)
    assert clf.feature_names_in_.tolist() == names
    np.testing.assert_array_equal(clf.predict(test), tiny().fit(X, y).predict(X_test))
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame(dict(zip(names[::-1], X_test.T, strict=True))))


@pytest.mark.parametrize("labels", [pd.Series, pl.Series])
def test_series_of_strings_as_labels(labels, split, tiny):
    X, X_test, y, y_test = split
    names = np.array([f"digit {label}" for label in range(10)])
    clf = tiny().fit(X, labels(names[y]))
    assert set(clf.predict(X_test)) <= set(names)
    assert clf.score(X_test, names[y_test]) > GOOD


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda clf: pickle.loads(pickle.dumps(clf))])
def test_copies_predict_and_train_on_alike_and_apart(duplicate, split, tiny):
    X, X_test, y, _ = split
    clf = tiny(epochs=2, batch_normalization=True).fit(X, y)
    twin = duplicate(clf)
    before = clf.predict_proba(X_test)
    np.testing.assert_array_equal(twin.predict_proba(X_test), before)
    assert twin.history_ == clf.history_
    twin.partial_fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X_test), before)
    clf.partial_fit(X, y)
    np.testing.assert_array_equal(twin.predict_proba(X_test), clf.predict_proba(X_test))


def test_pickled_and_loaded_in_a_fresh_process(split, tiny, tmp_path, run_python):
    X, X_test, y, _ = split
    clf = tiny(epochs=1).fit(X, y)
    joblib.dump(clf, tmp_path / "clf.joblib")
    np.save(tmp_path / "X.npy", X_test)
    run_python("""
import joblib, numpy as np
np.save("found.npy", joblib.load("clf.joblib").predict_proba(np.load("X.npy")))
""")
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), clf.predict_proba(X_test))


def test_html_representation(split, tiny):
    clf = tiny(epochs=1)
    assert "DigitCNNClassifier" in clf._repr_html_()
    assert "fitted" in clf.fit(split[0], split[2])._repr_html_()
    assert "ScikerasClassifier" in clf.pipeline_._repr_html_()
    assert eval(repr(clf), {"DigitCNNClassifier": type(clf)}).get_params() == clf.get_params()


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.worker_processes)])
def test_candidates_that_fail_cost_a_search_nothing_else(n_jobs, split, tiny):
    X, _, y, _ = split

    class RunOutOfMemory(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise MemoryError

    class EndAfter(keras.callbacks.Callback):
        """Raise in a fit that takes longer than some seconds."""

        def __init__(self, seconds):
            super().__init__()
            self.seconds = seconds

        def on_train_begin(self, logs=None):
            self.began = time.monotonic()

        def on_epoch_end(self, epoch, logs=None):
            if time.monotonic() - self.began > self.seconds:
                raise TimeoutError

    candidates = {
        "works": {"epochs": [4]},
        "raises": {"filters": [(0,)]},
        "diverges": {"learning_rate": [1e30]},
        "is too large": {"callbacks": [[RunOutOfMemory()]]},
        "never ends": {"epochs": [10**4], "callbacks": [[EndAfter(1)]]},
    }
    search = GridSearchCV(tiny(), list(candidates.values()), cv=2, n_jobs=n_jobs)
    with pytest.warns(FitFailedWarning) as warned:
        search.fit(X, y)
    for what in ("filters", "diverged", "MemoryError", "TimeoutError"):
        assert what in str(warned[0].message)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).tolist() == [name == "works" for name in candidates]
    assert search.best_params_ == {"epochs": 4}
