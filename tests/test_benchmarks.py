"""The benchmark runs; what it measures is for its reader to judge."""

import subprocess
import sys
from pathlib import Path

SPEED = Path(__file__).parents[1] / "examples" / "benchmarks" / "speed.py"


def test_the_smoke_test_prints_every_figure_and_names_what_is_missing():
    done = subprocess.run(
        [sys.executable, SPEED, "--quick", "--only", "skdigits", "skorch (PyTorch)", "SVC, tuned"],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    for figure in (
        "import",
        "fit, 1 epochs",
        "fixed cost of a further fit",
        "5 folds, 1 epochs",
        "1 candidates x 3 folds",
        "predict 100 rows",
        "after 2 fits",
    ):
        assert figure in done.stdout
    rows = [line for line in done.stdout.splitlines() if "skorch" in line]
    assert all("MISSING" in row and "torch" in row for row in rows) or len(rows) > 5
    assert sum("SVC, tuned" in line for line in done.stdout.splitlines()) > 4
