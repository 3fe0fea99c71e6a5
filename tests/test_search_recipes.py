"""The recipes of docs/searches.md run, and do what the page says of them."""

import re
import warnings
from pathlib import Path

import numpy as np
import optuna
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_val_score

from skdigits import DigitCNNClassifier
from skdigits.training import clear_cache
from skdigits.training._pool import TRACED_NETWORKS

PAGE = (Path(__file__).parents[1] / "docs" / "searches.md").read_text(encoding="utf-8")
_, *RECIPES = PAGE.partition("## Recipes")[2].split("```python\n")
COMMON = RECIPES[0].partition("```")[0]

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    # optuna-integration's own affair.
    pytest.mark.filterwarnings("ignore:`optuna.terminator` module:FutureWarning"),
]


@pytest.fixture
def recipe(digits, tiny):
    """Run a recipe on few rows, with a small network and so many trials: the names it leaves."""

    def run(title, *, n_trials, **replaced):
        code = PAGE.partition(f"### {title}\n")[2].partition("```python\n")[2].partition("```")[0]
        names = {}
        exec(COMMON, names)
        names |= {"X": digits[0][:200], "y": digits[1][:200], "clf": tiny(epochs=4)} | replaced
        exec(re.sub(r"n_trials=\d+", f"n_trials={n_trials}", code), names)
        return names

    return run


def test_pruned_in_a_fit_the_graph_is_kept_for_the_next_trial(recipe, monkeypatch):
    clear_cache()
    pruner = optuna.pruners.ThresholdPruner(lower=2)  # of any accuracy
    monkeypatch.setattr(optuna.pruners, "MedianPruner", lambda **options: pruner)
    names = recipe("Optuna with pruning, one fit per trial", n_trials=3)
    trials = names["study"].trials
    assert [trial.state.name for trial in trials] == ["PRUNED"] * 3
    assert [len(trial.intermediate_values) for trial in trials] == [1] * 3
    assert len(TRACED_NETWORKS) == 1


def test_a_trial_that_is_not_pruned_has_the_score_of_its_last_epoch(recipe):
    study = recipe("Optuna with pruning, one fit per trial", n_trials=2)["study"]
    for trial in study.trials:
        assert trial.state.name == "COMPLETE"
        assert trial.value == trial.intermediate_values[3]


def test_folds_are_pruned_by_their_mean(recipe):
    study = recipe("Optuna with pruning, fold by fold", n_trials=2)["study"]
    for trial in study.trials:
        assert len(trial.intermediate_values) == 5
        assert trial.value == trial.intermediate_values[4]


def test_cross_val_score_takes_pruning_for_a_failed_fit(digits, tiny):
    from optuna_integration import KerasPruningCallback

    study = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.ThresholdPruner(lower=2)
    )
    trial = study.ask()
    clf = tiny(epochs=1, validation_fraction=0.2)
    clf.set_params(callbacks=[KerasPruningCallback(trial, "val_accuracy")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        with pytest.raises(ValueError, match="All the 2 fits failed"):
            cross_val_score(clf, *digits, cv=2)
    assert study.trials[0].intermediate_values == {}


@pytest.fixture
def calls(monkeypatch):
    """Count the calls of fit and partial_fit."""
    counted = {"fit": 0, "partial_fit": 0}

    def counting(name):
        method = getattr(DigitCNNClassifier, name)

        def count(self, *given, **options):
            counted[name] += 1
            return method(self, *given, **options)

        monkeypatch.setattr(DigitCNNClassifier, name, count)

    counting("fit")
    counting("partial_fit")
    return counted


def test_optuna_search_cv_fits_and_prunes_by_partial_fit(recipe, calls, digits):
    search = recipe("OptunaSearchCV", n_trials=2)["search"]
    assert calls == {"fit": 2 * 3 + 1, "partial_fit": 0}
    assert search.best_estimator_.n_iter_ == 4

    calls.update(fit=0, partial_fit=0)
    search.set_params(enable_pruning=True, max_iter=2)
    search.fit(digits[0][:200], digits[1][:200])
    assert calls == {"fit": 1, "partial_fit": 2 * 3 * 2}


def test_with_a_constant_learning_rate_partial_fit_is_the_training_of_fit(digits, tiny):
    X, y = digits
    pruned = tiny(learning_rate_schedule="constant", epochs=2)
    for _ in range(2):
        pruned.partial_fit(X, y, classes=range(10))
    fitted = tiny(learning_rate_schedule="constant", epochs=2).fit(X, y)
    np.testing.assert_array_equal(pruned.predict_proba(X), fitted.predict_proba(X))
