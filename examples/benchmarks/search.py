"""Search with pruning and without: processor time, and the best score of each.

    python examples/benchmarks/search.py --trials 24 --folds 5

Each search runs in a process of its own, so that both trace all their graphs. Times are those of
the processor, which a shared machine changes less than those on the wall; with ``--pairs 3`` there
are three pairs of searches, of different seeds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time


def measure(settings):
    """Run one search in this process; print what it took and found as JSON."""
    import skdigits.training  # noqa: F401  (not part of the search)
    from skdigits.search import digit_search

    start = time.process_time()
    result = digit_search(**settings)
    found = {
        "cpu": time.process_time() - start,
        "cpu of trials": sum(trial.cpu_seconds for trial in result.trials),
        "outcomes": [trial.outcome for trial in result.trials],
        "best": result.best.name,
        "wrong": result.leaderboard.row(result.best.name, "cross_validation").wrong,
        "rows": len(result.leaderboard.test_rows["cross_validation"]),
        "tested": result.model.evaluation.accuracy,
    }
    print(json.dumps(found))


def run(settings):
    done = subprocess.run(
        [sys.executable, __file__, "--only", json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def difference(found, other):
    """Return how much better the one is on the same rows of the folds, with its error."""
    import numpy as np

    from skdigits.evaluation import paired_difference

    rows = np.arange(found["rows"])
    right, other_right = (~np.isin(rows, of["wrong"]) for of in (found, other))
    return paired_difference(right, other_right)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--data", default="packaged")
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--only", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        measure(options.only)
        return
    ratios = []
    for seed in range(options.pairs):
        settings = {
            "data": options.data,
            "n_trials": options.trials,
            "cv": options.folds,
            "epochs": options.epochs,
            "random_state": seed,
        }
        pair = {pruning: run({**settings, "pruning": pruning}) for pruning in (False, True)}
        for pruning, found in pair.items():
            n_pruned = found["outcomes"].count("pruned")
            accuracy = 1 - len(found["wrong"]) / found["rows"]
            print(
                f"seed {seed}, {'pruned' if pruning else 'not pruned'}: "
                f"{found['cpu']:.0f} s of processor time ({found['cpu of trials']:.0f} s in "
                f"trials), {n_pruned} of {len(found['outcomes'])} pruned; best: {found['best']}, "
                f"{100 * accuracy:.2f} % over the folds, {100 * found['tested']:.2f} % tested",
                flush=True,
            )
        ratios.append(pair[True]["cpu"] / pair[False]["cpu"])
        paired = difference(pair[True], pair[False])
        print(
            f"seed {seed}: ratio {ratios[-1]:.2f}; the best with pruning is {paired.points:+.2f} ± "
            f"{paired.standard_error:.2f} points better",
            flush=True,
        )
    print(f"median ratio: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
