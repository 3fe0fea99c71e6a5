"""Named baselines: the settings of the published figures, and scikit-learn's conventions."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdigits.baselines import BASELINE_NAMES, make_baseline
from skdigits.datasets import load_optdigits

# What the published figures (docs/accuracy.md) were measured with.
SETTINGS = {
    "svc": SVC(C=10, gamma=0.2),
    "knn": KNeighborsClassifier(1),
    "extra_trees": ExtraTreesClassifier(500, random_state=3),
    "random_forest": RandomForestClassifier(500, random_state=3),
    "hist_gradient_boosting": HistGradientBoostingClassifier(random_state=3),
    "mlp": MLPClassifier(max_iter=500, random_state=3),
    "logistic_regression": LogisticRegression(max_iter=2000),
}


def settings(estimator):
    """Parameters as words, without the functions and the steps that hold them."""
    return {
        name: repr(value)
        for name, value in estimator.get_params().items()
        if not name.endswith("func") and not hasattr(value, "get_params") and name != "steps"
    }


def test_every_baseline_has_its_settings_here():
    assert tuple(SETTINGS) == BASELINE_NAMES


@pytest.mark.parametrize("name", BASELINE_NAMES)
def test_settings_are_those_of_the_published_figures(name):
    baseline = make_baseline(name, random_state=3)
    classifier = baseline[-1] if isinstance(baseline, Pipeline) else baseline
    assert type(classifier) is type(SETTINGS[name])
    assert settings(classifier) == settings(SETTINGS[name])
    for copy in (clone(baseline), pickle.loads(pickle.dumps(baseline))):
        assert settings(copy) == settings(baseline)


@pytest.mark.parametrize("name", ["svc", "logistic_regression"])
def test_counts_are_seen_as_fractions(name, digits):
    X, _ = digits
    (_, scaling), _ = make_baseline(name).steps
    np.testing.assert_array_equal(scaling.fit_transform(X), X / 16)


def test_the_support_vector_machine_is_as_accurate_as_published():
    svc = make_baseline("svc").fit(*load_optdigits(subset="train", return_X_y=True))
    accuracy = svc.score(*load_optdigits(subset="test", return_X_y=True))
    assert round(100 * accuracy, 2) == 98.22


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scv", r"There is no baseline 'scv'\. Did you mean 'svc'\? Known: svc, knn, "),
        (3, "There is no baseline 3"),
    ],
)
def test_a_wrong_name_gets_the_known_ones(name, message):
    with pytest.raises(ValueError, match=message):
        make_baseline(name)


def test_names_can_be_listed_without_scikit_learn(run_python):
    loaded = run_python("import sys, skdigits.baselines; print(*sys.modules)").split()
    assert {"sklearn", "numpy", "tensorflow"}.isdisjoint(loaded)
