"""How fast skdigits trains, searches and predicts, next to other ways to the same network.

    python -m pip install -e ".[benchmark]"
    python examples/benchmarks/speed.py

Every measurement runs in a process of its own, with the settings that its library makes by
itself, and the contestants take turns; some tasks are done once more with one thread. Shown are
the processor, medians over the repeats with the lowest and highest value, and the ratio to plain
Keras. A contestant that is not installed is listed as missing. ``--quick`` only shows that
everything runs.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from peers import CONTESTANTS

REFERENCE = {"dropout": 0.25, "learning_rate": 0.001, "batch_size": 128}
GRID = {"batch_size": [64, 128], "dropout": [0.1, 0.25], "learning_rate": [0.0005, 0.001, 0.002]}
FULL = {
    "rows": 4496,
    "epochs": 100,
    "fits": 5,
    "folds_rows": 5620,
    "folds_epochs": 20,
    "grid_epochs": 3,
    "candidates": 12,
    "predict_rows": [1, 100, 1797, 100_000],
    "turns": 300,
    "memory_fits": [10, 50, 100, 200],
    "configuration_epochs": 100,
    "network_epochs": 5,
    "growth_rows": 1000,
}
QUICK = {
    "rows": 200,
    "epochs": 1,
    "fits": 1,
    "folds_rows": 200,
    "folds_epochs": 1,
    "grid_epochs": 1,
    "candidates": 1,
    "predict_rows": [1, 100],
    "turns": 3,
    "memory_fits": [1, 2],
    "configuration_epochs": 1,
    "network_epochs": 1,
    "growth_rows": 20,
}


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_fit(make, X, y, size):
    """One fit in a fresh process: with the cost of the first."""
    rows = slice(size["rows"])
    yield (
        f"fit, {size['epochs']} epochs",
        seconds_of(lambda: make(size["epochs"]).fit(X[rows], y[rows])),
    )
    # What a further fit costs beside its epochs: from fits of one and of two epochs.
    one, two = (
        median(seconds_of(lambda n=n: make(n).fit(X[rows], y[rows])) for _ in range(size["fits"]))
        for n in (1, 2)
    )
    yield "fixed cost of a further fit", max(0.0, 2 * one - two)


def by_hand(make, candidates, X, y, *, folds):
    """What a search or cross-validation does, for contestants that it does not take."""
    from sklearn.model_selection import StratifiedKFold

    for candidate in candidates:
        for train, test in StratifiedKFold(folds).split(X, y):
            (make(**candidate).fit(X[train], y[train]).predict(X[test]) == y[test]).mean()


def measure_folds(make, X, y, size, *, n_jobs):
    """Five folds; where a process may profit from its past, the first time and again."""
    from sklearn.model_selection import cross_val_score

    X, y, epochs = X[: size["folds_rows"]], y[: size["folds_rows"]], size["folds_epochs"]
    label = f"5 folds, {epochs} epochs"
    if not n_jobs:
        yield label, seconds_of(lambda: by_hand(make, [{"epochs": epochs}], X, y, folds=5))
        return
    for name, jobs in {"": 1, ", n_jobs=2": 2}.items():
        for time_of in ("", ", again"):
            seconds = seconds_of(
                lambda jobs=jobs: cross_val_score(make(epochs), X, y, cv=5, n_jobs=jobs)
            )
            yield label + name + time_of, seconds


def measure_grid(make, X, y, size, *, n_jobs):
    from sklearn.model_selection import GridSearchCV

    X, y, epochs = X[: size["rows"]], y[: size["rows"]], size["grid_epochs"]
    candidates = [dict(zip(GRID, values, strict=True)) for values in product(*GRID.values())]
    candidates = candidates[: size["candidates"]]
    label = f"{len(candidates)} candidates x 2 folds, {epochs} epochs"
    if not n_jobs:
        candidates = [{"epochs": epochs, **candidate} for candidate in candidates]
        yield label, seconds_of(lambda: by_hand(make, candidates, X, y, folds=2))
        return
    several = {} if os.environ.get("OMP_NUM_THREADS") == "1" else {", n_jobs=2": 2}
    for name, jobs in {"": 1, **several}.items():
        grid = [{name: [value] for name, value in c.items()} for c in candidates]
        search = GridSearchCV(make(epochs), grid, cv=2, n_jobs=jobs, refit=False)
        for time_of in ("", ", again"):
            yield label + name + time_of, seconds_of(lambda search=search: search.fit(X, y))


SEARCH = """
from sklearn.model_selection import GridSearchCV
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
grid = {{name: values[:{candidates}] for name, values in {grid}.items()}}
clf = DigitCNNClassifier.reference(epochs={grid_epochs}, random_state=0)
search = GridSearchCV(clf, grid, cv=2, n_jobs={n_jobs}, refit=False)
search.fit(X[:{rows}], y[:{rows}])
"""


def measure_search(size):
    """A search as a user's script, from the start of Python to its end: all is imported, traced."""
    for n_jobs in (1, 2):
        command = [sys.executable, "-c", SEARCH.format(**size, grid=GRID, n_jobs=n_jobs)]
        yield (
            f"the process of a search, n_jobs={n_jobs}",
            seconds_of(lambda command=command: subprocess.run(command, check=True)),
        )


def measure_network(factory, X, y, size):
    """The network of the defaults, without augmentation, in other hands: what an epoch takes."""
    X, y, epochs = X[: size["rows"]], y[: size["rows"]], size["network_epochs"]

    def seconds(n_epochs):
        return seconds_of(lambda: factory.defaults(n_epochs).fit(X, y))

    seconds(1)  # traces, compiles
    yield (
        "an epoch of the defaults, not augmented",
        max(0.0, seconds(1 + epochs) - seconds(1)) / epochs,
    )


def measure_growth(X, y, size):
    """What an epoch of the defaults takes, and a prediction, by what an image is."""
    from skdigits import DigitCNNClassifier

    n_rows, generator = size["growth_rows"], np.random.default_rng(0)
    shapes = [(8, 8, 1), (16, 16, 1), (28, 28, 1), (32, 32, 3)]
    kinds = [(shape, 10, n_rows) for shape in shapes]
    kinds += [((8, 8, 1), n_classes, n_rows) for n_classes in (2, 100)]
    kinds += [((8, 8, 1), 10, n_rows * factor) for factor in (10, 100)]
    for shape, n_classes, n in kinds:
        images = generator.integers(0, 17, (n, np.prod(shape))).astype(np.float32)
        labels = np.arange(n) % n_classes
        clf = DigitCNNClassifier(image_shape=shape, epochs=1, batch_size=64, random_state=0)
        clf.fit(images[:n_rows], labels[:n_rows])
        label = f"{'x'.join(map(str, shape))}, {n_classes} classes, {n} rows: "
        yield label + "an epoch", seconds_of(lambda c=clf, i=images, t=labels: c.fit(i, t))
        yield label + "predict", seconds_of(lambda c=clf, i=images: c.predict_proba(i))


def measure_predict(make, X, y, size, *, ours):
    fitted = make(2).fit(X[: size["rows"]], y[: size["rows"]])
    for n_rows in size["predict_rows"]:
        rows = np.resize(X, (n_rows, X.shape[1]))
        fitted.predict(rows)
        repeats = min(100, 1 + 300 // n_rows)
        yield (
            f"predict {n_rows} rows",
            median(seconds_of(lambda rows=rows: fitted.predict(rows)) for _ in range(repeats)),
        )
    # A call of microseconds is compared by taking turns in one process.
    machine = CONTESTANTS["SVC, tuned"][0](1, **REFERENCE).fit(X[: size["rows"]], y[: size["rows"]])
    row = X[:1]
    calls = {"": lambda: fitted.predict(row), ": the SVC": lambda: machine.predict(row)}
    if ours and find_spec("onnx") and find_spec("onnxruntime"):
        calls[": onnxruntime, of the exported network"] = in_onnxruntime(fitted, row)
    turns = [[seconds_of(call) for call in calls.values()] for _ in range(size["turns"])]
    for name, seconds in zip(calls, zip(*turns, strict=True), strict=True):
        yield "predict 1 row, in turns" + name, median(seconds)


def in_onnxruntime(fitted, row):
    from onnxruntime import InferenceSession

    from skdigits.export import to_onnx

    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        to_onnx(fitted, path)
        session = InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    row = row.astype(np.float32)
    return lambda: session.run(["label"], {"X": row})


def measure_configurations(make, X, y, size, *, ours):
    """The study's network in plain Keras against the configurations that users take instead."""
    from skdigits import DigitCNNClassifier

    rows, epochs = slice(size["rows"]), size["configuration_epochs"]
    reduced = {"epochs": epochs} if epochs < 8 else {}

    def default():
        return DigitCNNClassifier(random_state=0, **reduced) if ours else make(epochs)

    def fast():
        return DigitCNNClassifier.fast(random_state=0, **reduced) if ours else make(epochs)

    yield (
        f"a fit: the defaults vs the study's {epochs} epochs",
        seconds_of(lambda: default().fit(X[rows], y[rows])),
    )
    X, y = X[: size["folds_rows"]], y[: size["folds_rows"]]
    yield (
        f"5 folds: fast vs the study's {epochs} epochs",
        seconds_of(lambda: by_hand(fast, [{}], X, y, folds=5)),
    )


def measure_import(modules):
    code = f"import time; t = time.perf_counter(); import {', '.join(modules)}; "
    code += "print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    yield "import", float(done.stdout.split()[-1])


def measure_memory(make, X, y, size):
    """Growth of resident memory, in MB, since a few fits have been made."""
    import psutil

    process, baseline = psutil.Process(), None
    for number in range(1, size["memory_fits"][-1] + 1):
        make(1).fit(X[:500], y[:500])
        if number in size["memory_fits"]:
            resident = process.memory_info().rss / 2**20
            baseline = baseline or resident
            yield f"MB above fit {size['memory_fits'][0]} after {number} fits", resident - baseline


def measure(contestant, task, size):
    """Run one task of one contestant in this process; give its figures by name."""
    from skdigits.datasets import load_optdigits

    factory, modules, is_network = CONTESTANTS[contestant]
    ours = contestant == "skdigits"

    def make(epochs, **parameters):
        return factory(epochs, **{**REFERENCE, **parameters})

    if task == "import":
        return dict(measure_import(modules))
    if task == "search":
        return dict(measure_search(size) if ours else {})
    make(1)  # imports what it needs
    if ours:
        from skdigits.training import Fit  # noqa: F401  (imported by the first fit otherwise)
    X, y = load_optdigits(return_X_y=True)
    measurements = {
        "fit": lambda: measure_fit(make, X, y, size),
        "folds": lambda: measure_folds(make, X, y, size, n_jobs=ours),
        "grid": lambda: measure_grid(make, X, y, size, n_jobs=ours) if is_network else {},
        "predict": lambda: measure_predict(make, X, y, size, ours=ours),
        "network": lambda: (
            measure_network(factory, X, y, size) if hasattr(factory, "defaults") else {}
        ),
        "growth": lambda: measure_growth(X, y, size) if ours else {},
        "memory": lambda: measure_memory(make, X, y, size) if is_network else {},
        "configurations": lambda: (
            measure_configurations(make, X, y, size, ours=ours)
            if ours or contestant == "plain Keras"
            else {}
        ),
    }
    return dict(measurements[task]())


TASKS = [
    "import",
    "fit",
    "network",
    "folds",
    "grid",
    "search",
    "predict",
    "memory",
    "configurations",
    "growth",
]


# Whose tasks are also done with one thread: the beginnings of their names.
ONE_THREAD = {"network": ("skdigits", "skorch"), "grid": ("skdigits",), "growth": ("skdigits",)}


def measure_in_a_process(contestant, tasks, quick, *, threads=None):
    command = [sys.executable, __file__, "--measure", contestant, "--tasks", *tasks]
    done = subprocess.run(
        command + ["--quick"] * quick,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **({"OMP_NUM_THREADS": str(threads)} if threads else {}),
        },
    )
    if done.returncode:
        sys.exit(f"{contestant} failed at {', '.join(tasks)}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def text_of(values, baseline):
    unit, factor = ("", 1) if baseline == "MB" else ("ms", 1e3)
    if unit and max(values) >= 1:
        unit, factor = "s", 1
    low, middle, high = (f"{f(values) * factor:.3g}" for f in (min, median, max))
    return f"{middle} {unit} ({low}-{high})"


def print_table(figures, missing):
    print(processor())
    print("\n| measured | contestant | median (lowest-highest) | ratio to plain Keras |")
    print("|---|---|---|---|")
    for name, by_contestant in figures.items():
        # In two processes, and the second time, the baseline is the same.
        plain = figures.get(re.split(", n_jobs|, again|, one thread", name)[0], {})
        plain = plain.get("plain Keras")
        for contestant, values in by_contestant.items():
            is_memory = name.startswith("MB")
            ratio = f"{median(values) / median(plain):.3f}" if plain and not is_memory else ""
            text = text_of(values, "MB" if is_memory else None)
            print(f"| {name} | {contestant} | {text} | {ratio} |")
    for contestant, modules in missing.items():
        print(f"| MISSING | {contestant} | not installed: {', '.join(modules)} | |")


def processor():
    """Return the name of the processor, and what it has of vector instructions."""
    known = Path("/proc/cpuinfo")
    if not known.exists():
        return platform.processor()
    lines = (line.partition(":") for line in known.read_text().splitlines())
    found = {name.strip(): value.strip() for name, _, value in lines}
    kinds = [
        kind for kind in ("avx2", "avx512f", "amx_bf16") if kind in found.get("flags", "").split()
    ]
    name = [f"{key} {found[key]}" for key in ("model name", "cpu family", "model") if key in found]
    return f"{', '.join(name)}; {', '.join(kinds)}; {os.cpu_count()} cores"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--json", type=Path, help="File for every single figure.")
    parser.add_argument("--quick", action="store_true", help="Small and once: a smoke test.")
    parser.add_argument("--measure", choices=list(CONTESTANTS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        warnings.simplefilter("ignore")  # of the peers: not converged, deprecated
        figures = {}
        for task in arguments.tasks:
            figures |= measure(arguments.measure, task, QUICK if arguments.quick else FULL)
        print(json.dumps(figures))
        return

    missing = {
        name: absent
        for name in arguments.only
        if (absent := [m for m in CONTESTANTS[name][1] if find_spec(m) is None])
    }
    present = [name for name in arguments.only if name not in missing]
    # The smoke test saves the start of a process for each task.
    parts = [arguments.tasks] if arguments.quick else [[task] for task in arguments.tasks]
    figures = {}
    for tasks in parts:
        for _ in range(1 if arguments.quick or tasks == ["memory"] else arguments.repeats):
            for contestant in present:
                print(f"{', '.join(tasks)}: {contestant}", file=sys.stderr, flush=True)
                one = not arguments.quick and contestant.startswith(ONE_THREAD.get(tasks[0], ()))
                for threads, suffix in ((None, ""), *[(1, ", one thread")] * one):
                    measured = measure_in_a_process(
                        contestant, tasks, arguments.quick, threads=threads
                    )
                    for name, value in measured.items():
                        figures.setdefault(name + suffix, {}).setdefault(contestant, []).append(
                            value
                        )
    if arguments.json:
        arguments.json.write_text(json.dumps({"processor": processor(), "figures": figures}))
    print_table(figures, missing)


if __name__ == "__main__":
    main()
