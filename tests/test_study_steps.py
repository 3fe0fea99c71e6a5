"""A study that was cut off continues from its folder, with the same figures in the end."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from skdigits import DigitCNNClassifier
from skdigits._runs import _provenance
from skdigits.datasets import load_optdigits
from skdigits.study import _run, run_study

FAST = {"config": "fast", "epochs": 1, "cv": 2}
FITS = {"Hold-out": 1, "Validation curves": 1}
ALL = FITS | {"Cross-validation": 2}

# A study in another process, which kills itself at a step.
CHILD = """
import json, os, signal, sys
from skdigits.study import run_study

settings, last = json.loads(sys.argv[1])

def progress(step, done, total):
    if [step, done] == last:
        os.kill(os.getpid(), signal.SIGKILL)

run_study(**settings, progress=progress)
"""


def without_seconds(value):
    """Return what does not depend on the time it took."""
    if isinstance(value, dict):
        return {
            name: without_seconds(item)
            for name, item in value.items()
            if not name.endswith("seconds")
        }
    return [without_seconds(item) for item in value] if isinstance(value, list) else value


def figures(result):
    """Return the content of results.json as text, but for seconds and the name of the file."""
    found = without_seconds(json.loads(json.dumps(result.to_dict())))
    del found["settings"]["data"]
    return json.dumps(found, sort_keys=True)


def kept(folder):
    return sorted(path.name for path in (folder / "steps").iterdir() if path.suffix != ".lock")


def test_killed_it_ends_as_if_it_had_not_been(small_study, digits_csv, tmp_path):
    study = {"epochs": 2, "cv": 2, "random_state": 3}
    study |= {"data": str(digits_csv), "output": str(tmp_path)}
    last = ["Cross-validation", 3]  # of 2 epochs in each of 2 folds
    child = [sys.executable, "-c", CHILD, json.dumps([study, last])]
    killed = subprocess.run(child, capture_output=True, timeout=300, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert kept(tmp_path) == [
        "cross_validation-1.json",
        "hold_out.skdigits",
        "validation_curves.skdigits",
    ]
    again = run_study(**study)
    assert figures(again) == figures(small_study)
    assert again.reused == FITS | {"Cross-validation": 1}


@pytest.fixture(scope="module")
def finished(digits_csv, tmp_path_factory):
    """A study, and the folder with its steps."""
    folder = tmp_path_factory.mktemp("finished")
    return run_study(digits_csv, **FAST, output=folder), folder


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of the steps of the finished study."""
    shutil.copytree(finished[1], tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture
def stop_fitting(monkeypatch):
    """Have the next fit of a network interrupt the study."""

    def stop():
        def fit(*arguments, **parameters):
            raise KeyboardInterrupt

        monkeypatch.setattr(DigitCNNClassifier, "fit", fit)

    return stop


def test_a_finished_study_trains_nothing_and_gives_the_same_with_its_seconds(
    finished, folder, digits_csv, stop_fitting
):
    stop_fitting()
    steps = []
    again = run_study(digits_csv, **FAST, output=folder, progress=lambda *step: steps.append(step))
    assert figures(again) == figures(finished[0])
    assert again.reused == ALL
    assert again.hold_out.fit_seconds == finished[0].hold_out.fit_seconds
    assert again.cross_validation.to_dict() == finished[0].cross_validation.to_dict()
    assert steps == [
        ("TensorFlow", 0, 1),
        ("TensorFlow", 1, 1),
        ("Hold-out", 1, 1),
        ("Validation curves", 1, 1),
        ("Cross-validation", 2, 2),
        *(("Baselines", done, 2) for done in range(3)),
    ]


def test_only_missing_folds_are_fitted(finished, folder, digits_csv, monkeypatch):
    calls = []
    evaluate_splits = _run.evaluate_splits

    def spy(estimator, X, y, splits, *, n_jobs, **parameters):
        if isinstance(estimator, DigitCNNClassifier):  # not a baseline
            calls.append((list(splits), n_jobs))
        return evaluate_splits(estimator, X, y, splits, n_jobs=1, **parameters)

    monkeypatch.setattr(_run, "evaluate_splits", spy)
    (folder / "steps/cross_validation-1.json").unlink()
    again = run_study(digits_csv, **FAST, output=folder, n_jobs=2)
    assert calls == [([1], 2)]
    assert again.reused == FITS | {"Cross-validation": 1}
    assert figures(again) == figures(finished[0])


def change_a_parameter(monkeypatch):
    other = DigitCNNClassifier.fast(epochs=1, random_state=42, dropout=0.3)
    monkeypatch.setattr(_run, "make_configuration", lambda *arguments: other)
    return {}


def change_a_version(monkeypatch):
    monkeypatch.setitem(_provenance.VERSIONS, "numpy", "99")
    return {}


@pytest.mark.parametrize(
    "change",
    [
        lambda monkeypatch: {"random_state": 7},
        lambda monkeypatch: {"epochs": 2},
        lambda monkeypatch: {"config": "default"},
        change_a_parameter,
        change_a_version,
    ],
)
def test_a_study_with_other_settings_fits_again(
    folder, digits_csv, monkeypatch, stop_fitting, change
):
    settings = change(monkeypatch)
    stop_fitting()
    with pytest.raises(KeyboardInterrupt):
        run_study(digits_csv, **(FAST | settings), output=folder)


def test_other_folds_keep_the_other_fits(folder, digits_csv):
    assert run_study(digits_csv, **(FAST | {"cv": 3}), output=folder).reused == FITS


def test_the_data_count_and_not_the_name_of_their_file(folder, digits_csv, tmp_path, stop_fitting):
    shutil.copy(digits_csv, tmp_path / "copy.csv")
    assert run_study(tmp_path / "copy.csv", **FAST, output=folder).reused == ALL
    frame = load_optdigits(as_frame=True).frame.astype(int).head(300)
    frame[["pixel_0_0", "pixel_0_1"]] = 16
    frame.to_csv(tmp_path / "copy.csv", index=False)
    stop_fitting()
    with pytest.raises(KeyboardInterrupt):
        run_study(tmp_path / "copy.csv", **FAST, output=folder)


def test_damaged_files_are_warned_about_and_their_steps_run_again(finished, folder, digits_csv):
    for name in ("hold_out.skdigits", "cross_validation-2.json"):
        path = folder / "steps" / name
        path.write_bytes(path.read_bytes()[:-100])
    (folder / "steps" / "validation_curves.skdigits").unlink()
    with pytest.warns(
        UserWarning, match=r"is damaged \(.+\); its result is computed again"
    ) as warned:
        again = run_study(digits_csv, **FAST, output=folder)
    assert len(warned) == 2
    assert figures(again) == figures(finished[0])
    assert again.reused == {"Cross-validation": 1}
    assert run_study(digits_csv, **FAST, output=folder).reused == ALL


def test_an_interrupted_fit_is_not_kept(digits_csv, tmp_path):
    def interrupt(step, done, total):
        if (step, done) == ("Validation curves", 1):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_study(digits_csv, config="fast", epochs=2, output=tmp_path, progress=interrupt)
    assert kept(tmp_path) == ["hold_out.skdigits"]


def test_an_output_that_is_a_file_is_refused_before_training(digits_csv, tmp_path, stop_fitting):
    stop_fitting()
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        run_study(digits_csv, **FAST, output=tmp_path / "taken")
