"""The command as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from skdigits import cli

FIGURES = ["samples", "training_curves", "feature_maps", "confusion_matrix", "roc_curves", "folds"]
FILES = sorted([*(f"{name}.png" for name in FIGURES), "report.html", "results.json"])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def skdigits(monkeypatch, capsys, tmp_path):
    """Run the command in this process, in a folder of its own: exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skdigits", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


def test_a_study_from_a_file(skdigits, digits_csv, tmp_path):
    status, out, _ = skdigits(
        "study", "--data", digits_csv, "--epochs", 2, "--folds", 2, "--output", "a/b"
    )
    assert status == 0
    assert names(tmp_path / "a/b") == FILES
    assert names(tmp_path) == ["a"]
    results = json.loads((tmp_path / "a/b/results.json").read_text())
    assert results["settings"]["seed"] == 42
    for accuracy in (results["hold_out"]["accuracy"], results["cross_validation"]["accuracy"]):
        assert f"{accuracy:.4f}" in out
    assert "results.json" in out
    assert "report.html" in out
    assert "quick" not in out
    assert results["writer_folds"] is results["shuffled_folds"] is None
    assert "writers kept together" not in out


def test_a_quick_study_of_the_packaged_data_in_a_process_of_its_own(tmp_path):
    command = "study --quick --config fast --epochs 1 --folds 2 --jobs 2 --seed 1"
    done = subprocess.run(
        [sys.executable, "-m", "skdigits", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert names(tmp_path / "skdigits-study") == FILES
    results = json.loads((tmp_path / "skdigits-study/results.json").read_text())
    assert results["settings"]["quick"] is True
    assert results["hold_out"]["n_samples"] == 1124
    assert results["unseen_writers"]["n_samples"] == 1797
    for name in ("writer_folds", "shuffled_folds"):
        assert sum(fold["n_test"] for fold in results[name]["folds"]) == 1797
        assert f"{results[name]['accuracy']:.4f}" in done.stdout
    assert "writers kept together" in done.stdout
    assert results["data"]["metadata"]["doi"] == "10.24432/C50P49"
    assert "This was a quick study (1 epochs, 2 folds)" in done.stdout
    assert "10.24432/C50P49" in done.stdout


def test_the_fast_network_is_a_configuration(skdigits, digits_csv, tmp_path, monkeypatch):
    from skdigits import DigitCNNClassifier

    monkeypatch.setattr("skdigits.report._write.FIGURES", {})
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    status, out, _ = skdigits(
        "study", "--data", digits_csv, "--config", "fast", "--epochs", 1, "--quick", "--open"
    )
    assert status == 0
    assert opened == [(tmp_path / "skdigits-study/report.html").as_uri()]
    results = json.loads((tmp_path / "skdigits-study/results.json").read_text())
    assert (results["settings"]["config"], results["settings"]["folds"]) == ("fast", 3)
    fast = DigitCNNClassifier.fast(epochs=1, random_state=42).get_params()
    assert results["network"]["hyper_parameters"] == json.loads(json.dumps(fast))
    assert "Network (fast)" in out
    assert "This was a quick study (1 epochs, 3 folds)" in out


def test_help_and_version_do_not_wait_for_tensorflow(run_python):
    for argument in ("--help", "--version"):
        code = f"""
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "{argument}"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
        said, loaded = run_python(code).split("loaded:")
        assert ("study" in said and "compare" in said and "info" in said) or "0.1.0" in said
        assert {"tensorflow", "keras", "matplotlib", "sklearn", "numpy"}.isdisjoint(loaded.split())


def test_help_names_every_option(skdigits):
    status, out, _ = skdigits("study", "--help")
    assert status == 0
    for name in ("data", "config", "folds", "epochs", "jobs", "seed", "output", "quick", "open"):
        assert f"--{name}" in out


def test_the_commands_help_needs_nothing_heavy_either(run_python):
    for command in ("study", "compare", "info"):
        code = f"""
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "{command}", "--help"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
        said, loaded = run_python(code).split("loaded:")
        assert f"Usage: skdigits {command}" in said
        assert {"tensorflow", "keras", "matplotlib", "sklearn", "numpy"}.isdisjoint(loaded.split())


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
        (lambda frame: frame.iloc[:, :60], "line 1 has 60 columns, expected 65"),
        (with_seventeen, "line 5, column 5 (pixel_0_4): '17' is out of range"),
        (lambda frame: frame.head(0), "there are no rows"),
        (lambda frame: frame.head(50), "Class 3 has 3 rows"),
    ],
)
def test_a_bad_file_gets_one_line(skdigits, tmp_path, change, message):
    write(tmp_path / "digits.csv", change)
    status, out, err = skdigits("study", "--data", "digits.csv")
    assert (status, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert message in err
    assert names(tmp_path) == ["digits.csv"]


def test_a_missing_file_and_a_folder_get_one_line(skdigits, tmp_path):
    status, _, err = skdigits("study", "--data", "nowhere.csv")
    assert (status, err) == (1, "Error: nowhere.csv: No such file or directory.\n")
    status, _, err = skdigits("study", "--data", tmp_path)
    assert (status, err) == (1, f"Error: {tmp_path}: Is a directory.\n")


@pytest.mark.parametrize("output", ["taken", "taken/below"])
def test_an_unwritable_output_is_found_before_training(skdigits, tmp_path, output):
    (tmp_path / "taken").write_text("mine")
    status, _, err = skdigits("study", "--output", output)
    assert status == 1
    assert err == (
        f"Error: Cannot write to {output} (Not a directory). Choose a folder that is writable, "
        "or a new one.\n"
    )
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--folds", "1"], "'--folds': 1 is not in the range"),
        (["--epochs", "0"], "'--epochs': 0 is not in the range"),
        (["--seed", "-1"], "'--seed': -1 is not in the range"),
        (["--jobs", "two"], "'--jobs': 'two' is not a valid integer"),
        (["--config", "best"], "'--config': 'best' is not one of 'default', 'fast', 'reference'"),
        (["--epoch", "3"], "Did you mean '--epochs'?"),
    ],
)
def test_a_wrong_option_is_a_usage_error(skdigits, arguments, message):
    status, _, err = skdigits("study", *arguments)
    assert status == 2
    assert message in err


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


def test_ctrl_c_ends_with_one_word_and_no_file(tmp_path):
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
    assert seen.rstrip().endswith(b"Interrupted.")
    assert b"Traceback" not in seen
    assert names(tmp_path) == []


COMPARED = ["comparison.csv", "comparison.json", "comparison.md", "comparison.png", "rows"]


def test_a_comparison_from_a_file_and_what_a_second_one_adds(skdigits, digits_csv, tmp_path):
    arguments = ["compare", "--data", digits_csv, "--folds", 2, "--output", "a/b"]
    status, out, err = skdigits(*arguments, "--models", "fast, knn", "--epochs", 1)
    assert status == 0
    assert names(tmp_path / "a/b") == COMPARED
    assert "3/3" in err
    assert "From an earlier run" not in out
    assert "Differences in accuracy are to fast" in out

    status, out, _ = skdigits(*arguments, "--models", "knn", "--models", "svc,knn")
    assert status == 0
    assert "From an earlier run: knn." in out
    results = json.loads((tmp_path / "a/b/comparison.json").read_text())
    assert results["settings"]["models"] == ["knn", "svc"]
    assert results["settings"]["seed"] == 42
    for row in results["rows"]:
        assert f"{100 * row['accuracy']:.2f} %" in out
        assert row["reused"] == (row["model"] == "knn")
    assert len(names(tmp_path / "a/b/rows")) == 6


def test_help_of_compare_names_options_and_models(skdigits):
    from skdigits.comparison import MODEL_NAMES

    status, out, _ = skdigits("compare", "--help")
    assert status == 0
    for name in ("models", "data", "folds", "epochs", "seed", "jobs", "output"):
        assert f"--{name}" in out
    assert ", ".join(MODEL_NAMES) in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "knn,scv"], "There is no model 'scv'. Did you mean 'svc'? Known: default,"),
        (["--models", "knn,,svc"], "There is no model ''. Known: default, fast, reference, svc"),
        (["--folds", "1"], "'--folds': 1 is not in the range"),
        (["--epochs", "0"], "'--epochs': 0 is not in the range"),
        (["--seed", "-1"], "'--seed': -1 is not in the range"),
        (["--model", "knn"], "No such option '--model'."),
    ],
)
def test_a_wrong_option_of_compare_is_a_usage_error(skdigits, tmp_path, arguments, message):
    status, out, err = skdigits("compare", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere.csv"], "nowhere.csv: No such file or directory.\n"),
        (["--jobs", "0"], "The 'n_jobs' parameter of run_comparison must be"),
        (["--output", "taken"], "Cannot write to taken (Not a directory)."),
    ],
)
def test_what_fails_in_compare_gets_one_line(skdigits, tmp_path, arguments, message):
    (tmp_path / "taken").write_text("mine")
    status, out, err = skdigits("compare", "--models", "knn", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith(f"Error: {message}")
    assert err.count("\n") == 1
    assert names(tmp_path) == ["taken"]


@pytest.mark.filterwarnings("always")
def test_a_damaged_row_gets_a_line_and_is_worked_out_anew(skdigits, digits_csv, tmp_path):
    arguments = ["compare", "--models", "knn", "--data", digits_csv, "--folds", 2]
    skdigits(*arguments)
    (tmp_path / "skdigits-comparison/rows/knn-hold_out.json").write_text("damaged")
    status, out, err = skdigits(*arguments)
    assert status == 0
    assert "Warning: skdigits-comparison/rows/knn-hold_out.json is damaged" in err
    assert "From an earlier run: knn (cross-validation (shuffled))." in out


def test_ctrl_c_during_a_comparison_keeps_what_is_finished(tmp_path):
    command = [sys.executable, "-m", "skdigits", "compare", "--models", "knn,reference"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        last = tmp_path / "skdigits-comparison/rows/knn-cross_validation.json"
        deadline = time.monotonic() + 120
        while not last.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert "What is finished is kept in skdigits-comparison/rows." in err
    assert err.rstrip().endswith("Interrupted.")
    assert "Traceback" not in err
    assert names(tmp_path / "skdigits-comparison") == ["rows"]
    assert names(tmp_path / "skdigits-comparison/rows") == [
        f"knn-{split}.json" for split in ("cross_validation", "hold_out", "unseen_writers")
    ]


def test_info_is_a_name_and_a_value_a_line(skdigits):
    import sklearn

    status, out, err = skdigits("info", "--no-tensorflow")
    assert (status, err) == (0, "")
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert lines["scikit-learn"] == sklearn.__version__
    assert lines["data_intact"] == "yes"
    assert "devices" not in lines


def test_info_says_that_it_waits_for_tensorflow(skdigits):
    status, out, err = skdigits("info", "--json")
    assert status == 0
    assert err == "Importing TensorFlow: a few seconds. --no-tensorflow skips it.\n"
    information = json.loads(out)
    assert "CPU:0" in information["devices"]
    assert information["intra_op_threads"] >= 0


def test_info_without_tensorflow_imports_none(run_python):
    code = """
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "info", "--no-tensorflow"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    loaded = run_python(code).split("loaded:")[1].split()
    assert {"tensorflow", "keras", "matplotlib"}.isdisjoint(loaded)
