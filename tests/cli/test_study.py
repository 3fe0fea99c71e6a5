"""``skdigits study`` as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from skdigits.study import _run

FILES = ["report.html", "results.json", "steps"]


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the figures out, which take seconds."""
    monkeypatch.setattr("skdigits.report._write.figure_names", lambda result: [])
    monkeypatch.setattr("skdigits.report._write.render_page", lambda result, figures: "")


@pytest.mark.slow
def test_a_quick_study_of_the_packaged_data_in_another_process(tmp_path, names):
    command = [sys.executable, "-m", "skdigits", "study", "--quick", "--epochs", "1", "--jobs", "2"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True
    )
    folder = tmp_path / "skdigits-study"
    assert {*FILES, "samples.png", "writer_folds.png"} <= set(names(folder))
    results = json.loads((folder / "results.json").read_text())
    assert results["hold_out"]["n_samples"] == 1124
    assert results["unseen_writers"]["n_samples"] == 1797
    assert f"{results['writer_folds']['accuracy']:.4f}" in done.stdout


@pytest.mark.usefixtures("undrawn")
def test_a_quick_study_is_of_the_fast_network(skdigits, digits_csv, tmp_path, monkeypatch, names):
    from skdigits import DigitCNNClassifier

    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    command = ["study", "--data", digits_csv, "--epochs", 1, "--output", "a/b", "--quick", "--open"]
    status, out, _ = skdigits(*command)
    assert status == 0
    assert opened == [(tmp_path / "a/b/report.html").as_uri()]
    assert names(tmp_path / "a/b") == FILES
    assert names(tmp_path) == ["a"]
    results = json.loads((tmp_path / "a/b/results.json").read_text())
    settings = {name: results["settings"][name] for name in ("config", "cv", "random_state")}
    assert settings == {"config": "fast", "cv": 3, "random_state": 42}
    fast = DigitCNNClassifier.fast(epochs=1, random_state=42).get_params()
    assert results["network"]["hyper_parameters"] == json.loads(json.dumps(fast))
    for accuracy in (results["hold_out"]["accuracy"], results["cross_validation"]["accuracy"]):
        assert f"{accuracy:.4f}" in out
    assert "This was a quick study (1 epochs, 3 folds)" in out


@pytest.mark.usefixtures("undrawn")
def test_after_ctrl_c_the_same_command_continues(skdigits, digits_csv, monkeypatch):
    def ctrl_c(*arguments, **parameters):
        raise KeyboardInterrupt

    jobs = []
    evaluate_splits = _run.evaluate_splits

    def in_this_process(*arguments, n_jobs, **parameters):
        jobs.append(n_jobs)
        return evaluate_splits(*arguments, n_jobs=1, **parameters)

    monkeypatch.setattr(_run, "evaluate_splits", in_this_process)
    options = "--config fast --epochs 1 --folds 2 --jobs 2"
    arguments = ["study", "--data", digits_csv, *options.split()]
    with monkeypatch.context() as patched:
        patched.setattr(_run, "make_baseline", ctrl_c)
        status, out, err = skdigits(*arguments)
    assert (status, out) == (130, "")
    assert "What is finished is kept in skdigits-study/steps." in err
    assert err.rstrip().endswith("Interrupted.")

    monkeypatch.setattr("skdigits.DigitCNNClassifier.fit", ctrl_c)
    status, out, err = skdigits(*arguments)
    assert status == 0
    assert "From an earlier run: 4 fits." in out
    for step in ("Hold-out: 1/1", "Cross-validation: 2/2", "Figures and report: 1/1"):
        assert f"{step}, " in err
    assert [n_jobs for n_jobs in jobs if n_jobs] == [2, 2]  # baselines take none


def test_help_names_every_option_and_says_where_the_steps_are(skdigits):
    status, out, _ = skdigits("study", "--help")
    assert status == 0
    for name in ("data", "config", "folds", "epochs", "jobs", "seed", "output", "quick", "open"):
        assert f"--{name}" in out
    assert "Delete the folder's steps" in " ".join(out.split())


def write(path, change):
    from skdigits.datasets import load_optdigits

    frame = load_optdigits(as_frame=True).frame.astype(int).head(200)
    change(frame).to_csv(path, index=False)


def with_seventeen(frame):
    frame.iloc[3, 4] = 17
    return frame


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_seventeen, "line 5, column 5 (pixel_0_4): found '17'"),
        (lambda frame: frame.head(50), "Class 3 has 3 rows"),
    ],
)
def test_a_bad_file_gets_one_line(skdigits, tmp_path, change, message, names):
    write(tmp_path / "digits.csv", change)
    status, out, err = skdigits("study", "--data", "digits.csv")
    assert (status, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert message in err
    assert names(tmp_path) == ["digits.csv"]


@pytest.mark.parametrize("output", ["taken", "taken/below"])
def test_an_unwritable_output_is_found_before_training(skdigits, tmp_path, output):
    (tmp_path / "taken").write_text("mine")
    status, _, err = skdigits("study", "--output", output)
    assert status == 2
    assert err.startswith(
        f"Error: Invalid value for '--output': Cannot write to {output} (Not a directory). Choose "
        "a folder that is writable, or a new one."
    )
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.filterwarnings("always")
def test_warnings_are_one_line_too(skdigits, tmp_path, monkeypatch):
    # A damaged cache warns; then nothing listens where the data should come from.
    cache = tmp_path / "optdigits_uci"
    cache.mkdir()
    (cache / "optdigits.npz").write_bytes(b"damaged")
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    status, _, err = skdigits("study", "--data", "uci")
    *warned, said = err.splitlines()
    assert status == 1
    assert all(line.startswith("Warning: ") for line in warned)
    assert "is damaged" in warned[0]
    assert said.startswith("Error: ")
    assert "load_optdigits" in said


def test_ctrl_c_ends_with_one_word_and_no_file(tmp_path, names):
    terminal, stderr = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "skdigits", "study"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(stderr)
        seen = b""
        deadline = time.monotonic() + 120
        while b"Hold-out" not in seen and time.monotonic() < deadline:
            seen += os.read(terminal, 10_000)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # how Linux says that the other end is closed
            while chunk := os.read(terminal, 10_000):
                seen += chunk
        os.close(terminal)
        assert process.stdout.read() == b""
    assert process.returncode == 130
    *_, kept, interrupted = seen.decode().splitlines()
    assert kept == "Nothing is finished: the same command starts from scratch."
    assert interrupted == "Interrupted."
    assert b"Traceback" not in seen
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
