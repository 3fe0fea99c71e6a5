"""A process that saves a model is killed: what is there afterwards is the old file or the new."""

import copy
import os
import subprocess
import sys

import pytest

from skdigits import save_model

# Run in a process of its own, which forks the processes that are killed.
KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from skdigits import load_model, load_predictor, save_model

folder, n_kills = sys.argv[1], int(sys.argv[2])
models = [load_model(os.path.join(folder, name)) for name in "AB"]
path = os.path.join(folder, "target", "digits.skdigits")
proba = [model.predict_proba([[1.0] * 64]) for model in models]
random.seed(0)
counts, left = [0, 0], []
for _ in range(n_kills):
    child = os.fork()
    if child == 0:
        try:
            while True:
                for number, model in enumerate(models):
                    save_model(model, path, optimizer=True, scores={"model": number})
        finally:
            os._exit(1)
    time.sleep(random.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    found = load_predictor(path)
    number = found.metadata["scores"]["model"]
    assert (found.predict_proba([[1.0] * 64]) == proba[number]).all()
    counts[number] += 1
    left.append(len(list(Path(path).parent.glob("*.part"))))
    for part in Path(path).parent.glob("*.part"):
        part.unlink()
loaded = load_model(path)
save_model(loaded, path)
before = open(path, "rb").read()
child = os.fork()
if child == 0:
    Path.replace = lambda part, path: os._exit(9)
    save_model(models[1], path)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, "killed before the last step"
assert open(path, "rb").read() == before
assert len(list(Path(path).parent.glob("*.part"))) == 1, "the finished file is left beside"
print(*counts, sum(map(bool, left)), max(left))
"""


def kill(folder, n_kills):
    """Kill that many times, and check what is there each time and in the end."""
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(folder), str(n_kills)],
        capture_output=True,
        text=True,
        check=False,
        timeout=550,
    )
    assert done.returncode == 0, done.stderr
    first, second, n_left, most_left = map(int, done.stdout.split())
    print(f"{first} times A and {second} times B; {n_left} times half a file beside it")
    assert first + second == n_kills
    assert first > 0 < second, "each of the two must have been found"
    assert n_left > 0, "some kills must have come while a file was being written"
    assert most_left == 1, "a killed process leaves at most one file"


@pytest.fixture
def folder(small_classifier, digits, tmp_path):
    X, y = digits
    other = copy.deepcopy(small_classifier).partial_fit(X[300:], y[300:])
    for name, classifier in {"A": small_classifier, "B": other}.items():
        save_model(classifier, tmp_path / name, optimizer=True)
    (tmp_path / "target").mkdir()
    target = tmp_path / "target" / "digits.skdigits"
    save_model(small_classifier, target, optimizer=True, scores={"model": 0})
    return tmp_path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_kill_while_saving_leaves_a_whole_file_and_little_else(folder):
    kill(folder, 15)
