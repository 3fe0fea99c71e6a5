"""The benchmarks run; what they measure is for their reader to judge."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEED = ROOT / "examples" / "benchmarks" / "speed.py"


FIGURES = {
    "import": ["import"],
    "fit": ["fit, 1 epochs", "fixed cost of a further fit"],
    "predict": ["predict 100 rows"],
    "memory": ["after 2 fits"],
    "folds": ["5 folds, 1 epochs"],
    "grid": ["1 candidates x 2 folds"],
    "configurations": [],
    "network": ["an epoch of the defaults, not augmented"],
    "growth": ["an epoch"],
}


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [["predict"], [*FIGURES]], ids=["some", "all"])
def test_the_smoke_test_prints_every_figure_and_names_what_is_missing(tasks):
    contestants = ["skdigits", "skorch (PyTorch)", "SVC, tuned"]
    done = subprocess.run(
        [sys.executable, SPEED, "--quick", "--tasks", *tasks, "--only", *contestants],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    for task in tasks:
        assert all(figure in done.stdout for figure in FIGURES[task])
    rows = [line for line in done.stdout.splitlines() if "skorch" in line]
    assert all("MISSING" in row and "torch" in row for row in rows) or len(rows) > 5
    assert "SVC, tuned" in done.stdout


@pytest.fixture
def accuracy(monkeypatch, tmp_path):
    """Run the accuracy benchmark here, with runs of its own and a copy of the page."""
    spec = importlib.util.spec_from_file_location("accuracy", SPEED.with_name("accuracy.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = tmp_path / "accuracy.md"
    page.write_text((ROOT / "docs" / "accuracy.md").read_text())
    monkeypatch.setattr(module, "RUNS", tmp_path / "runs.jsonl")
    monkeypatch.setattr(module, "PAGE", page)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["accuracy.py", *map(str, arguments)])
        module.main()
        return page.read_text()

    run.runs = module.RUNS
    return run


def outside_the_tables(page):
    return re.sub("begin -->.*?<!-- ", "", page, flags=re.DOTALL)


def cells(page, name):
    """Return the cells of the rows of that name, over all tables."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    return [line[1:] for line in lines if line and line[0] == name]


def test_the_tables_of_the_candidates_are_made_from_the_runs(accuracy):
    for model, wrong, loss in (("start", [1, 2, 3], 0.02), ("10 epochs", [], 0.01)):
        for protocol in ("blocks", "stratified"):
            for seed in (0, 1):
                run = {
                    "protocol": protocol,
                    "model": model,
                    "seed": seed,
                    "wrong": wrong,
                    "log_loss": [loss] * 5,
                    "fit_seconds": [1.5] * 5,
                }
                with accuracy.runs.open("a") as file:
                    file.write(json.dumps(run) + "\n")
    arguments = ("run", "unseen-writers", "--models", "1-NN", "--seeds")
    accuracy(*arguments, 1)
    first = accuracy.runs.read_text()
    page = accuracy(*arguments, 2)
    assert accuracy.runs.read_text().startswith(first)  # what is there is not measured again
    tables = accuracy("table")

    assert outside_the_tables(tables) == outside_the_tables(page)
    assert accuracy("table") == tables  # written again, not once more
    start = ["99.92 ± 0.00", "", "0.0200", ""]
    assert cells(tables, "start") == [[*start, *start, "1.5"]]
    # the others make six errors that it does not make: p = 2 / 2**6
    shorter = ["100.00 ± 0.00", "0.031", "0.0100", "-0.0100 ± 0.0000"]
    assert cells(tables, "10 epochs") == [[*shorter, *shorter, "1.5"]]

    runs = [json.loads(line) for line in accuracy.runs.read_text().splitlines()]
    assert len(runs) == 4 * 2 + 2
    known = 100 * (1 - len(runs[-1]["wrong"]) / 1797)
    finalist, _ = cells(tables, "1-NN")  # the other one is that of the tests
    assert finalist[0] == f"{known:.2f} ± 0.00"
    assert cells(tables, "none") == [[f"{known:.2f}"]]


def test_the_simulation_of_a_search_adds_up():
    spec = importlib.util.spec_from_file_location("scaling", SPEED.with_name("scaling.py"))
    scaling = importlib.util.module_from_spec(spec)
    sys.modules["scaling"] = scaling  # for its dataclass
    spec.loader.exec_module(scaling)
    costs = scaling.Costs(python=1, start=2, first=5, fit=[2.0], refit=4, dispatch=0)
    assert scaling.simulate(costs, 10, 1) == 1 + 5 + 20 + 4
    # Two workers start, each with a first fit, and share the rest; the refit is a first one, too.
    assert scaling.simulate(costs, 10, 2) == 1 + 2 + (5 + 10) + (4 + 5)
    # No more workers than fits are of use, and none makes a search shorter than its parts in a row.
    many = [scaling.simulate(costs, 10, n) for n in (10, 64)]
    assert many == [1 + 2 + (5 + 2) + (4 + 5)] * 2
