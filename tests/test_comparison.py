"""The comparison: its figures computed again in another way, and what an earlier run spares."""

import json

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split

from skdigits import DigitCNNClassifier
from skdigits._runs import _provenance, describe, fit_and_predict
from skdigits.baselines import make_baseline
from skdigits.comparison import MODEL_NAMES, _run, run_comparison
from skdigits.datasets import load_optdigits, read_digits_csv
from skdigits.evaluation import paired_difference

CHEAP = {"models": ["knn", "logistic_regression"], "cv": 2}
SPLITS = ("hold_out", "cross_validation")


@pytest.fixture(scope="module")
def compared(digits_csv):
    return run_comparison(digits_csv, models=["fast", "knn", "svc"], epochs=1, cv=2, random_state=3)


@pytest.fixture
def fits(monkeypatch):
    """Count the fits: the model and the split of each, in order."""
    counted = []
    fit = _run._fit_and_predict

    def counting(key, *arguments, **settings):
        counted.append(key)
        return fit(key, *arguments, **settings)

    monkeypatch.setattr(_run, "_fit_and_predict", counting)
    return counted


def row_files(folder):
    return sorted(path.name for path in (folder / "rows").iterdir())


def reused(result):
    return {(row.model, row.split) for row in result.rows if row.reused}


def figures(result):
    """All that does not depend on the time it took."""
    return [(row.model, row.split, row.wrong, row.log_loss) for row in result.rows]


def test_the_hold_out_is_that_of_the_study(compared, digits_csv):
    digits = read_digits_csv(digits_csv)
    X, y = digits.data, digits.target
    train, test = train_test_split(np.arange(300), test_size=0.2, random_state=42)
    np.testing.assert_array_equal(compared.test_rows["hold_out"], test)
    for name, clf in {
        "fast": DigitCNNClassifier.fast(epochs=1, random_state=3),
        "knn": make_baseline("knn"),
    }.items():
        clf.fit(X[train], y[train])
        row = compared.row(name, "hold_out")
        assert row.n_samples == 60
        assert row.accuracy == pytest.approx(clf.score(X[test], y[test]))
        assert row.wrong == tuple(sorted(test[clf.predict(X[test]) != y[test]]))
        assert row.log_loss == log_loss(y[test], clf.predict_proba(X[test]), labels=range(10))


def test_folds_are_what_scikit_learn_computes(compared, digits_csv):
    digits = read_digits_csv(digits_csv)
    X, y = digits.data, digits.target
    cv = StratifiedKFold(2, shuffle=True, random_state=3)
    clf = DigitCNNClassifier.fast(epochs=1, random_state=3)
    probabilities = cross_val_predict(clf, X, y, cv=cv, method="predict_proba")
    row = compared.row("fast", "cross_validation")
    assert row.wrong == tuple(np.flatnonzero(probabilities.argmax(axis=1) != y))
    assert row.log_loss == pytest.approx(log_loss(y, probabilities))
    assert sorted(compared.test_rows["cross_validation"]) == list(range(300))


def test_without_probabilities_there_is_no_log_loss(compared):
    assert all(np.isnan(compared.row("svc", split).log_loss) for split in SPLITS)
    assert all(np.isfinite(compared.row("knn", split).log_loss) for split in SPLITS)
    assert compared.splits == SPLITS  # the writers of a file are not known


def test_a_class_that_was_not_trained_on_is_wrong_and_has_no_log_loss():
    X, y = np.arange(6.0).reshape(-1, 1), np.array([0, 0, 1, 1, 2, 2])
    fold = np.arange(4), np.array([0, 4, 5])
    fit = fit_and_predict(make_baseline("knn"), X, y, fold)
    assert fit.wrong == [4, 5]
    assert np.isnan(fit.log_loss)


def test_unseen_writers_are_the_official_split():
    result = run_comparison(models=["knn"], cv=2)
    assert result.splits == ("hold_out", "unseen_writers", "cross_validation")
    knn = make_baseline("knn").fit(*load_optdigits(subset="train", return_X_y=True))
    X, y = load_optdigits(subset="test", return_X_y=True)
    row = result.row("knn", "unseen_writers")
    assert row.wrong == tuple(3823 + np.flatnonzero(knn.predict(X) != y))
    assert row.n_samples == 1797


def test_differences_are_to_the_first_model(compared):
    right = {
        model: ~np.isin(np.arange(300), compared.row(model, "cross_validation").wrong)
        for model in compared.models
    }
    difference = compared.difference("knn", "cross_validation")
    known = paired_difference(right["knn"], right["fast"])
    assert difference.points == pytest.approx(known.points)
    assert difference.standard_error == pytest.approx(known.standard_error)
    assert difference.p_value == known.p_value
    gained = len(compared.row("fast", "hold_out").wrong) - len(
        compared.row("knn", "hold_out").wrong
    )
    assert compared.difference("knn", "hold_out").points == pytest.approx(100 * gained / 60)


def test_the_frame_has_a_row_a_model(compared):
    frame = compared.to_frame()
    assert frame.index.tolist() == ["fast", "knn", "svc"]
    names = ["accuracy", "log_loss", "fit_seconds", "predict_seconds"]
    against_first = ["difference", "difference_se", "p_value"]
    assert frame.columns.tolist() == [
        f"{split}_{name}" for split in SPLITS for name in names + against_first
    ]
    for split in SPLITS:
        for model in frame.index:
            row = compared.row(model, split)
            values = [getattr(row, name) for name in names]
            shown = frame.loc[model, [f"{split}_{name}" for name in names]]
            np.testing.assert_array_equal(shown.astype(float), values)
        assert frame.loc["fast", [f"{split}_{name}" for name in against_first]].isna().all()
        assert frame.loc["svc", f"{split}_difference"] == compared.difference("svc", split).points
    assert (frame.filter(like="seconds") > 0).all(axis=None)


def test_the_dict_has_all_that_is_needed_to_get_the_figures_again(compared, digits_csv):
    everything = json.loads(json.dumps(compared.to_dict()))
    settings = everything["settings"]
    assert len(settings.pop("data_sha256")) == 64
    assert settings == {
        "data": str(digits_csv),
        "n_samples": 300,
        "models": ["fast", "knn", "svc"],
        "cv": 2,
        "random_state": 3,
        "epochs": 1,
        "hold_out_split": {"test_size": 0.2, "random_state": 42},
    }
    assert [(row["model"], row["split"]) for row in everything["rows"]] == [
        (model, split) for model in compared.models for split in SPLITS
    ]
    for found, row in zip(everything["rows"], compared.rows, strict=True):
        assert found["accuracy"] == 1 - len(found["wrong"]) / found["n_samples"] == row.accuracy
    assert {"python", "skdigits", "scikit-learn", "tensorflow"} <= everything["versions"].keys()


def test_a_row_that_is_not_there_is_named(compared):
    with pytest.raises(KeyError, match="'mlp', 'hold_out'"):
        compared.row("mlp", "hold_out")


def test_fits_side_by_side_give_the_same(digits_csv, compared):
    models = ["fast", "knn", "svc"]
    with parallel_config("threading"):
        result = run_comparison(digits_csv, models=models, epochs=1, cv=2, random_state=3, n_jobs=2)
    assert figures(result) == figures(compared)


def test_a_second_run_fits_nothing(digits_csv, tmp_path, fits):
    settings = {"models": ["fast", "knn", "svc"], "cv": 2, "epochs": 1, "output": tmp_path}
    steps = []
    first = run_comparison(digits_csv, **settings)
    assert len(fits) == 9
    second = run_comparison(digits_csv, **settings, progress=lambda *step: steps.append(step))
    assert len(fits) == 9
    assert steps == [(model, 3, 3) for model in settings["models"]]
    assert not reused(first)
    assert len(reused(second)) == 6
    np.testing.assert_array_equal(first.to_frame(), second.to_frame())


def test_another_model_is_added_without_doing_the_others_again(digits_csv, tmp_path, fits):
    run_comparison(digits_csv, models=["knn"], cv=2, output=tmp_path)
    fits.clear()
    result = run_comparison(digits_csv, models=["svc", "knn"], cv=2, output=tmp_path)
    assert {model for model, _ in fits} == {"svc"}
    assert reused(result) == {("knn", split) for split in SPLITS}
    assert result.models == ("svc", "knn")


def test_an_interrupt_keeps_what_is_finished(digits_csv, tmp_path, fits):
    def interrupt(model, done, total):
        if (model, done) == ("logistic_regression", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_comparison(digits_csv, **CHEAP, output=tmp_path, progress=interrupt)
    kept = ["knn-cross_validation.json", "knn-hold_out.json", "logistic_regression-hold_out.json"]
    assert row_files(tmp_path) == kept
    assert len(fits) == 5
    fits.clear()

    steps = []
    result = run_comparison(
        digits_csv, **CHEAP, output=tmp_path, progress=lambda *step: steps.append(step)
    )
    assert fits == [("logistic_regression", "cross_validation")] * 2
    expected = [("knn", 3, 3), *(("logistic_regression", done, 3) for done in (1, 2, 3))]
    assert list(dict.fromkeys(steps)) == expected
    assert len(reused(result)) == 3
    assert figures(result) == figures(run_comparison(digits_csv, **CHEAP))


def test_an_interrupt_of_parallel_fits_keeps_what_is_finished(digits_csv, tmp_path):
    def interrupt(model, done, total):
        if (model, done) == ("knn", 3):
            raise KeyboardInterrupt

    with parallel_config("threading"), pytest.raises(KeyboardInterrupt):
        run_comparison(digits_csv, **CHEAP, n_jobs=2, output=tmp_path, progress=interrupt)
    assert {"knn-cross_validation.json", "knn-hold_out.json"} <= set(row_files(tmp_path))


def change_a_version(monkeypatch):
    monkeypatch.setitem(_provenance.VERSIONS, "scikit-learn", "99")
    return {}


def change_a_parameter(monkeypatch):
    changed = make_baseline("knn").set_params(n_neighbors=3)
    monkeypatch.setattr(_run, "make_baseline", lambda *name, random_state: changed)
    return {}


@pytest.mark.parametrize(
    "change",
    [
        lambda monkeypatch: {"random_state": 7},
        lambda monkeypatch: {"cv": 3},
        change_a_version,
        change_a_parameter,
    ],
)
def test_a_comparison_with_other_settings_fits_again(digits_csv, tmp_path, monkeypatch, change):
    settings = {"models": ["knn"], "cv": 2, "random_state": 3, "output": tmp_path}
    run_comparison(digits_csv, **settings)
    assert not reused(run_comparison(digits_csv, **(settings | change(monkeypatch))))


def test_the_data_count_and_not_the_name_of_their_file(digits_csv, tmp_path):
    settings = {"models": ["knn"], "cv": 2, "output": tmp_path}
    run_comparison(digits_csv, **settings)
    (tmp_path / "copy.csv").write_bytes(digits_csv.read_bytes())
    assert len(reused(run_comparison(tmp_path / "copy.csv", **settings))) == 2
    frame = load_optdigits(as_frame=True).frame.astype(int).head(300)
    frame.iloc[0, 0] = 16
    frame.to_csv(tmp_path / "copy.csv", index=False)
    assert not reused(run_comparison(tmp_path / "copy.csv", **settings))


def test_a_damaged_row_is_computed_again_with_a_warning(digits_csv, tmp_path, fits):
    first = run_comparison(digits_csv, **CHEAP, output=tmp_path)
    fits.clear()
    path = tmp_path / "rows" / "knn-hold_out.json"
    path.write_text(path.read_text()[:40])
    with pytest.warns(UserWarning, match=r"knn-hold_out\.json is damaged"):
        second = run_comparison(digits_csv, **CHEAP, output=tmp_path)
    assert fits == [("knn", "hold_out")]
    assert figures(second) == figures(first)


def test_descriptions_are_the_same_in_every_process_and_baselines_need_no_tensorflow(run_python):
    code = """
import sys
from skdigits._runs import describe
from skdigits.comparison import MODEL_NAMES, run_comparison
from skdigits.comparison._run import _make
run_comparison(models=["knn"], cv=2)
assert {"tensorflow", "keras", "matplotlib"}.isdisjoint(sys.modules)
print([describe(_make(name, None, 1)) for name in MODEL_NAMES])
"""
    described = run_python(code, PYTHONHASHSEED="1").strip()
    assert described == str([describe(_run._make(name, None, 1)) for name in MODEL_NAMES])


def test_a_wrong_setting_is_named():
    with pytest.raises(ValueError, match="The 'cv' parameter of run_comparison must be"):
        run_comparison(cv=1)


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (["knn", "scv"], "There is no model 'scv'. Did you mean 'svc'"),
        (["quick"], "There is no model 'quick'.* Known: default, fast, reference, svc"),
        (["knn", "svc", "knn"], "The model 'knn' is named more than once"),
        ([], "There are no models to compare"),
    ],
)
def test_wrong_models_are_named(models, message):
    with pytest.raises(ValueError, match=message):
        run_comparison(models=models)


def test_too_few_rows_are_refused_before_training(digits_csv, fits):
    with pytest.raises(ValueError, match="a comparison with 40 folds needs at least 40 of each"):
        run_comparison(digits_csv, cv=40)
    assert fits == []


def test_an_output_that_is_a_file_is_refused_before_training(digits_csv, tmp_path, fits):
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        run_comparison(digits_csv, **CHEAP, output=tmp_path / "taken")
    assert fits == []
