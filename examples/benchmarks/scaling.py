"""How a search scales: measured with one worker and with two, simulated with up to 64.

    python examples/benchmarks/scaling.py                  # some minutes on two idle cores
    python examples/benchmarks/scaling.py --smoke          # a small one, to see that it runs
    python examples/benchmarks/scaling.py --endurance 5    # 100 candidates x 5 folds, each backend

A search is run as a script of its own, from the start of Python to its end: with one worker on
one core, and with two. What one worker took for its parts (imports, the first graph, each fit, the
refit) goes into a discrete simulation of scheduler, start-up and fits; what it says of two workers
is compared with what was measured. The figures are printed and written to scaling.json, the plot
to docs/images/scaling.png.
"""

import argparse
import heapq
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

HERE = Path(__file__).parent
PLOT = HERE.parents[1] / "docs" / "images" / "scaling.png"
WORKERS = (1, 2, 4, 8, 16, 32, 64)
CANDIDATES = (12, 50, 200)
TIME_LIMIT = 3600

# Numbers only, so that one graph serves all.
SEARCH = """
import json, os, sys, time
began = time.time()
import numpy as np, psutil
from contextlib import ExitStack
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import GridSearchCV
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

def memory(process):
    return process.memory_info().rss / 1e6

def score(estimator, X, y):  # and write to a file which process had it, when, and its memory
    with open(settings["log"], "a") as file:
        print(os.getpid(), time.time(), memory(psutil.Process()), file=file)
    return estimator.score(X, y)

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    workers = settings["workers"]
    imported = time.time()
    X, y = load_optdigits(subset="train", return_X_y=True)
    X, y = X[: settings["rows"]], y[: settings["rows"]]
    clf = getattr(DigitCNNClassifier, settings["config"], DigitCNNClassifier)(random_state=0)
    if settings["epochs"]:
        clf.set_params(epochs=settings["epochs"])
    rates = np.geomspace(0.003, 0.03, settings["candidates"]).tolist()
    with ExitStack() as stack:
        if settings["backend"] == "dask":
            from dask.distributed import LocalCluster
            from skdigits.parallel import dask_backend

            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
            )
            stack.enter_context(cluster)
            stack.enter_context(dask_backend(cluster.scheduler_address))
        else:
            stack.enter_context(parallel_config(settings["backend"]))
        if workers > 1:
            Parallel(n_jobs=workers)([delayed(os.getpid)()] * workers)
        started = time.time()
        search = GridSearchCV(
            clf,
            {"learning_rate": rates},
            cv=settings["folds"],
            n_jobs=workers,
            refit=settings["refit"],
            scoring=score,
        ).fit(X, y)
        done = time.time()
    names = [f"split{fold}_test_score" for fold in range(settings["folds"])]
    print(json.dumps({
        "began": began, "imported": imported, "started": started, "done": done,
        "refit": getattr(search, "refit_time_", 0.0),
        "scores": [search.cv_results_[name].tolist() for name in names],
    }))
"""


@dataclass(frozen=True)
class Costs:
    """Seconds that the parts of a search take.

    python : start and end of Python, with the imports of the script, but TensorFlow's.
    start : from there until workers wait for work.
    first : what the first fit of a process takes longer: TensorFlow's import and a graph.
    fit : each fit with its score, in the order in which one worker did them.
    refit : that of the best, on all rows, in the process of the search.
    dispatch : what the scheduler is busy with for each fit.
    """

    python: float
    start: float
    first: float
    fit: list[float]
    refit: float
    dispatch: float = 0.005


def simulate(costs, n_fits, n_workers):
    """Return the seconds of a search with so many fits and workers, each on a core of its own."""
    begins = costs.python + (costs.start if n_workers > 1 else 0)
    fits = list(islice(cycle(costs.fit), n_fits))
    # When each worker is free next. With one there is no other process, and nothing to dispatch.
    free = [(begins, worker) for worker in range(n_workers)]
    known, scheduler, last = set(), begins, begins
    for fit in fits:
        when, worker = heapq.heappop(free)
        if n_workers > 1:
            scheduler = when = max(scheduler, when) + costs.dispatch
        ends = when + fit + (0 if worker in known else costs.first)
        known.add(worker)
        last = max(last, ends)
        heapq.heappush(free, (ends, worker))
    # The process of the search has not fitted yet, unless it was its own worker.
    return last + costs.refit + (costs.first if n_workers > 1 and costs.refit else 0)


def run_search(backend, workers, options, *, candidates, folds, refit=True):
    """Run a search as a script; return seconds, its own figures and those of the workers' fits."""
    settings = {
        "backend": backend,
        "workers": workers,
        "candidates": candidates,
        "folds": folds,
        "refit": refit,
        "rows": options.rows,
        "config": options.config,
        "epochs": options.epochs,
    }
    keep_to = set(sorted(os.sched_getaffinity(0))[:workers])
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        start = time.time()
        done = subprocess.run(
            [sys.executable, "-c", SEARCH, json.dumps({**settings, "log": str(log)})],
            preexec_fn=lambda: os.sched_setaffinity(0, keep_to),
            stdout=subprocess.PIPE,
            text=True,
            timeout=TIME_LIMIT,
            check=True,
        )
        seconds = time.time() - start
        fits = [line.split() for line in log.read_text().splitlines()]
    own = json.loads(done.stdout.splitlines()[-1])
    own["python"] = own["imported"] - start + seconds - (own["done"] - start)
    fits = [(int(process), float(when), float(memory)) for process, when, memory in fits]
    return seconds, own, fits


def costs_of(own, fits, n_fits, start):
    """Divide what one worker took into parts; ``start`` is that of several."""
    ends = [when for _, when, _ in fits[:n_fits]]
    lasts = [after - before for before, after in zip([own["started"], *ends], ends, strict=False)]
    typical = statistics.median(lasts[1:])
    return Costs(
        python=own["python"],
        start=start,
        first=max(0.0, lasts[0] - typical),
        fit=[typical, *lasts[1:]],
        refit=own["refit"],
    )


def measure(options):
    folds, candidates = 2, options.candidates
    n_fits = folds * candidates
    sizes = {"candidates": candidates, "folds": folds}
    one, own, fits = run_search("loky", 1, options, **sizes)
    print(f"one worker: {one:.1f} s for {n_fits} fits and the refit")
    figures = {"fits": n_fits, "one": one, "backends": {}}
    for backend in options.backends:
        two, of_two, _ = run_search(backend, 2, options, **sizes)
        assert of_two["scores"] == own["scores"], f"{backend} gives other scores"
        start = of_two["started"] - of_two["imported"]
        costs = costs_of(own, fits, n_fits, start)
        figures["backends"][backend] = {
            "two": two,
            "costs": asdict(costs),
            "simulated": {n: simulate(costs, n_fits, n) for n in (1, 2)},
        }
        print(
            f"{backend}, two workers: {two:.1f} s, {one / two:.2f} times as fast; simulated "
            f"{simulate(costs, n_fits, 1):.1f} and {simulate(costs, n_fits, 2):.1f} s; start "
            f"{costs.start:.1f} s, first fit {costs.first:.1f} s more, fit "
            f"{statistics.median(costs.fit):.2f} s, refit {costs.refit:.1f} s"
        )
    return figures


def table(costs):
    """Return, for each number of fits, the simulated seconds by number of workers."""
    return {
        5 * candidates: [simulate(costs, 5 * candidates, n) for n in WORKERS]
        for candidates in CANDIDATES
    }


def plot(costs, figures):
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for n_fits, seconds in table(costs).items():
        speedups = [seconds[0] / s for s in seconds]
        ax.plot(WORKERS, speedups, marker="o", label=f"{n_fits} fits")
    ax.plot(WORKERS, WORKERS, color="0.7", linestyle=":", label="as many as workers")
    measured = [figures["one"] / kept["two"] for kept in figures["backends"].values()]
    if measured:
        ax.plot([2] * len(measured), measured, "kx", label=f"measured, {figures['fits']} fits")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="workers, each on a core of its own",
        ylabel="times as fast as one worker",
        xticks=WORKERS,
        yticks=WORKERS,
    )
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.yaxis.set_major_formatter("{x:.0f}")
    ax.minorticks_off()
    ax.legend(frameon=False)
    figure.savefig(PLOT, dpi=120)


def endure(options):
    """Run a large search again and again on each backend; report times and workers' memory."""
    for repeat in range(options.endurance):
        for backend in options.backends:
            seconds, _, fits = run_search(
                backend, 2, options, candidates=options.candidates, folds=5, refit=False
            )
            parts = []
            for process in sorted({process for process, *_ in fits}):
                sizes = [memory for worker, _, memory in fits if worker == process]
                after_20, last = sizes[min(19, len(sizes) - 1)], sizes[-1]
                parts.append(f"{len(sizes)} fits, {after_20:.0f} MB after 20, {last:.0f} at last")
            print(f"{backend} {repeat + 1}: {seconds:.0f} s; {'; '.join(parts)}", flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    parser.add_argument("--endurance", type=int, metavar="REPEATS", help="many quick fits instead")
    parser.add_argument("--backends", default="loky,dask", type=lambda names: names.split(","))
    parser.add_argument("--candidates", type=int)
    parser.add_argument("--epochs", type=int, help="[the network's]")
    parser.add_argument("--output", type=Path, default=HERE / "scaling.json")
    options = parser.parse_args(arguments)
    quick = options.smoke or options.endurance
    options.rows = 300 if quick else 3823
    options.config = "fast" if quick else "default"
    if options.endurance:
        options.candidates = options.candidates or 100
        options.epochs = options.epochs or 1
        endure(options)
        return
    options.candidates = options.candidates or (2 if options.smoke else 12)
    figures = measure(options)
    costs = Costs(**figures["backends"][options.backends[-1]]["costs"])
    print("simulated, by workers:", *(f"{n:>7}" for n in WORKERS))
    for n_fits, seconds in table(costs).items():
        print(f"{n_fits:>5} fits, s          ", *(f"{s:>7.0f}" for s in seconds))
    if not options.smoke:
        options.output.write_text(json.dumps(figures, indent=1) + "\n")
        plot(costs, figures)


if __name__ == "__main__":
    main()
