"""A study that was cut off goes on from its folder, with the figures of one that was not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from skdigits import DigitCNNClassifier, study
from skdigits._runs import KeptResults, _provenance
from skdigits.datasets import load_optdigits
from skdigits.study import run_study

FAST = {"config": "fast", "epochs": 1, "cv": 2}
FITS = {"Hold-out": 1, "Validation curves": 1}
ALL = FITS | {"Cross-validation": 2}

# A study in a process of its own; it kills itself when it reports a step that it is told.
CHILD = """
import json, os, signal, sys
from skdigits.study import run_study

settings = json.loads(sys.argv[1])
last = tuple(settings.pop("last", ()))

def progress(step, done, total):
    print(step, flush=True)
    if (step, done) == last:
        os.kill(os.getpid(), signal.SIGKILL)

result = run_study(**settings, progress=progress)
print("figures:", json.dumps([result.to_dict(), result.reused]))
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
    """Return all that results.json would hold, but for seconds, as text."""
    return json.dumps(without_seconds(json.loads(json.dumps(result.to_dict()))))


def start_study(**settings):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(settings, default=str)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_at(*last, **settings):
    """Run a study that is killed when it reports a step."""
    child = start_study(**settings, last=last)
    _, err = child.communicate(timeout=300)
    assert child.returncode == -signal.SIGKILL, err


def finish(**settings):
    """Run a study in a process of its own: its figures as text, and what it has reused."""
    child = start_study(**settings)
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    found, reused = json.loads(out.split("figures:")[1])
    return json.dumps(without_seconds(found)), reused


def kept(folder):
    return sorted(path.name for path in (folder / "steps").iterdir())


def test_killed_it_ends_as_if_it_had_not_been(small_study, digits_csv, tmp_path):
    study = {"data": digits_csv, "epochs": 2, "cv": 2, "random_state": 3, "output": tmp_path}
    kill_at("Cross-validation", 3, **study)  # of 2 epochs in each of 2 folds
    assert [name for name in kept(tmp_path) if "cross" in name] == ["cross_validation-1.json"]
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
def never_fits(monkeypatch):
    """Whoever fits a network fails."""

    def fit(*arguments):
        raise AssertionError("This is trained.")

    monkeypatch.setattr(DigitCNNClassifier, "fit", fit)


@pytest.mark.usefixtures("never_fits")
def test_a_finished_study_trains_nothing_and_gives_the_same_with_its_seconds(
    finished, folder, digits_csv
):
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


def test_only_missing_folds_are_worked_out(finished, folder, digits_csv, monkeypatch):
    calls = []
    evaluate_splits = study.evaluate_splits

    def spy(estimator, X, y, splits, *, n_jobs, **parameters):
        calls.append((list(splits), n_jobs))
        return evaluate_splits(estimator, X, y, splits, n_jobs=1, **parameters)

    monkeypatch.setattr(study, "evaluate_splits", spy)
    (folder / "steps/cross_validation-1.json").unlink()
    again = run_study(digits_csv, **FAST, output=folder, n_jobs=2)
    assert calls == [([1], 2)]
    assert again.reused == FITS | {"Cross-validation": 1}
    assert figures(again) == figures(finished[0])


@pytest.mark.parametrize(
    ("change", "reused"),
    [
        ({"random_state": 7}, {}),
        ({"epochs": 2}, {}),
        ({"config": "default"}, {}),
        ({"cv": 3}, FITS),
    ],
)
def test_other_settings_are_worked_out_anew(folder, digits_csv, change, reused):
    assert run_study(digits_csv, **(FAST | change), output=folder).reused == reused


def test_other_parameters_are_worked_out_anew(folder, digits_csv, monkeypatch):
    other = DigitCNNClassifier.fast(epochs=1, random_state=42, dropout=0.3)
    monkeypatch.setattr("skdigits.study.make_configuration", lambda *arguments: other)
    assert run_study(digits_csv, **FAST, output=folder).reused == {}


def test_another_version_is_worked_out_anew(folder, digits_csv, monkeypatch):
    monkeypatch.setitem(_provenance.VERSIONS, "numpy", "99")
    assert run_study(digits_csv, **FAST, output=folder).reused == {}


def test_other_data_are_worked_out_anew(folder, tmp_path):
    frame = load_optdigits(as_frame=True).frame.astype(int).head(300)
    frame[["pixel_0_0", "pixel_0_1"]] = 16
    frame.to_csv(tmp_path / "other.csv", index=False)
    assert run_study(tmp_path / "other.csv", **FAST, output=folder).reused == {}


def test_the_same_data_in_another_file_are_not(folder, digits_csv, tmp_path):
    shutil.copy(digits_csv, tmp_path / "copy.csv")
    assert run_study(tmp_path / "copy.csv", **FAST, output=folder).reused == ALL


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def take_that_of_the_curves(path):
    shutil.copy(path.with_name("validation_curves.skdigits"), path)


@pytest.mark.parametrize(
    ("damaged", "step"),
    [
        (("hold_out.skdigits", cut), "Hold-out"),
        (("hold_out.skdigits", take_that_of_the_curves), "Hold-out"),
        (("hold_out.skdigits", os.remove), "Hold-out"),
        (("hold_out.json", lambda path: path.write_text("damaged")), "Hold-out"),
        (("cross_validation-2.json", cut), "Cross-validation"),
    ],
)
def test_what_is_damaged_is_warned_about_and_done_anew(finished, folder, digits_csv, damaged, step):
    name, damage = damaged
    damage(folder / "steps" / name)
    with pytest.warns(UserWarning, match=rf"{name} is damaged \(.+\); it is .+ anew\."):
        again = run_study(digits_csv, **FAST, output=folder)
    assert figures(again) == figures(finished[0])
    assert ALL[step] - again.reused.get(step, 0) == 1
    assert sum(again.reused.values()) == 3
    assert run_study(digits_csv, **FAST, output=folder).reused == ALL


def test_cut_off_between_a_model_and_what_is_said_of_it(finished, folder, digits_csv, monkeypatch):
    def cut_off(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(KeptResults, "keep", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_study(digits_csv, **FAST, random_state=7, output=folder)
    assert "hold_out.json" not in kept(folder)
    again = run_study(digits_csv, **FAST, output=folder)
    assert figures(again) == figures(finished[0])
    assert "Hold-out" not in again.reused


def test_an_interrupted_fit_is_not_kept(digits_csv, tmp_path):
    def interrupt(step, done, total):
        if (step, done) == ("Validation curves", 1):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_study(digits_csv, config="fast", epochs=2, output=tmp_path, progress=interrupt)
    assert kept(tmp_path) == ["hold_out.json", "hold_out.skdigits"]


def test_without_an_output_it_is_the_same_and_nothing_is_written(
    finished, digits_csv, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = run_study(digits_csv, **FAST)
    assert list(tmp_path.iterdir()) == []
    assert figures(result) == figures(finished[0])
    assert result.reused == finished[0].reused == {}


@pytest.mark.usefixtures("never_fits")
def test_an_output_that_is_a_file_is_refused_before_training(digits_csv, tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        run_study(digits_csv, **FAST, output=tmp_path / "taken")


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(tmp_path, n_jobs):
    study = {**FAST, "cv": 3, "n_jobs": n_jobs}
    known, _ = finish(**study)
    moments = random.Random(n_jobs)
    for n_reports in (5, 4, 6, 5, 3, 6):
        child = start_study(**study, output=tmp_path)
        for _ in range(n_reports):
            assert child.stdout.readline(), child.stderr.read()
        time.sleep(moments.uniform(0, 0.5))
        os.killpg(child.pid, signal.SIGKILL)  # joblib's workers would live on for minutes
        child.communicate()
    found, reused = finish(**study, output=tmp_path)
    assert found == known
    assert reused
    assert not list(tmp_path.rglob("*.part"))
