"""``skdigits compare`` as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")

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
    assert "From an earlier run: 2 rows." in out
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
def test_a_damaged_row_gets_a_line_and_is_computed_again(skdigits, digits_csv, tmp_path):
    arguments = ["compare", "--models", "knn", "--data", digits_csv, "--folds", 2]
    skdigits(*arguments)
    (tmp_path / "skdigits-comparison/rows/knn-hold_out.json").write_text("damaged")
    status, out, err = skdigits(*arguments)
    assert status == 0
    assert "Warning: skdigits-comparison/rows/knn-hold_out.json is damaged" in err
    assert "From an earlier run: 1 row." in out


def in_session(number):
    """The command lines of the processes of a terminal's session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if (session, state != "Z") == (str(number), True):
                found.append(stat.with_name("cmdline").read_bytes())
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_signal_ends_the_workers_and_the_command_says_what_is_kept(
    tmp_path, names, digits_csv, number, status
):
    command = ["compare", "--models", "knn,fast", "--data", digits_csv, "--jobs", "2"]
    rows = tmp_path / "skdigits-comparison/rows"
    finished = [rows / f"knn-{split}.json" for split in ("cross_validation", "hold_out")]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ["TERM"] = "xterm"
        arguments = ["-m", "skdigits", *command, "--epochs", "100000"]
        os.execv(sys.executable, [sys.executable, *map(str, arguments)])
    seen, is_sent = b"", False
    with suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(terminal, 10_000):
            seen += chunk
            if all(row.exists() for row in finished) and not is_sent:
                is_sent = True
                if number == signal.SIGINT:
                    os.write(terminal, b"\x03")  # for all processes of the terminal
                else:
                    os.kill(child, number)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status
    deadline = time.monotonic() + 30
    while in_session(child) and time.monotonic() < deadline:
        time.sleep(0.1)  # a process that has been killed takes a moment to be gone
    assert not in_session(child)
    os.close(terminal)
    if number == signal.SIGKILL:
        return
    *_, kept, interrupted = seen.decode().splitlines()
    assert kept.startswith("What is finished is kept in skdigits-comparison/rows. The same command")
    assert interrupted == "Interrupted."
    assert b"Traceback" not in seen
    assert names(tmp_path / "skdigits-comparison") == ["rows"]
    assert names(rows) == [row.name for row in finished]


@pytest.mark.worker_processes
def test_a_worker_that_is_killed_ends_it_in_one_line_that_says_how_to_go_on(
    skdigits, digits_csv, tmp_path
):
    finished = tmp_path / "skdigits-comparison/rows/knn-cross_validation.json"

    def kill_a_worker():
        while not finished.exists():
            time.sleep(0.01)
        children = psutil.Process().children(recursive=True)
        next(child for child in children if "LokyProcess" in " ".join(child.cmdline())).kill()

    arguments = ["compare", "--models", "knn,random_forest", "--data", digits_csv, "--folds", 2]
    thread = threading.Thread(target=kill_a_worker)
    thread.start()
    status, _, err = skdigits(*arguments, "--jobs", 2)
    thread.join()
    assert status == 1
    assert err.splitlines()[-1] == (
        "Error: A worker was killed, perhaps for lack of memory: fewer --jobs need less. What is "
        "finished is kept in skdigits-comparison/rows. The same command goes on from there."
    )
