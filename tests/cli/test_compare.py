"""``skdigits compare`` as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import signal
import subprocess
import sys
import time

import pytest

COMPARED = ["comparison.csv", "comparison.json", "comparison.md", "comparison.png", "rows"]


def test_a_comparison_from_a_file_and_what_a_second_one_adds(skdigits, digits_csv, tmp_path, names):
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
    assert results["settings"]["random_state"] == 42
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


@pytest.mark.filterwarnings("always")
def test_a_damaged_row_gets_a_line_and_is_worked_out_anew(skdigits, digits_csv, tmp_path):
    arguments = ["compare", "--models", "knn", "--data", digits_csv, "--folds", 2]
    skdigits(*arguments)
    (tmp_path / "skdigits-comparison/rows/knn-hold_out.json").write_text("damaged")
    status, out, err = skdigits(*arguments)
    assert status == 0
    assert "Warning: skdigits-comparison/rows/knn-hold_out.json is damaged" in err
    assert "From an earlier run: knn (cross-validation (shuffled))." in out


def test_ctrl_c_during_a_comparison_keeps_what_is_finished(tmp_path, names):
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
