"""How accurate the configurations of DigitCNNClassifier are, next to other classifiers.

    python examples/benchmarks/accuracy.py run blocks stratified --jobs 2
    python examples/benchmarks/accuracy.py run unseen-writers five-fold hold-out --seeds 5 --finalists
    python examples/benchmarks/accuracy.py few-rows
    python examples/benchmarks/accuracy.py table

Candidates are compared on the 3823 rows of the UCI training part alone, in five contiguous
blocks (a stand-in for writers, who come one after the other) and in five stratified, shuffled
folds. The test part is for the finalists. ``run`` appends each run to accuracy_runs.jsonl and
leaves out what is there already; ``few-rows`` appends fits of 100 to 1500 training rows, measured
on the rest of the training part; ``table`` writes the tables of docs/accuracy.md from all of it.
"""  # noqa: E501

import argparse
import json
import re
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from skdigits import DigitCNNClassifier, make_ensemble
from skdigits.baselines import make_baseline
from skdigits.datasets import load_optdigits
from skdigits.evaluation import (
    evaluate_robustness,
    expected_calibration_error,
    paired_difference,
    selective_accuracy,
)

RUNS = Path(__file__).with_name("accuracy_runs.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"

# Where the search began; every candidate says how it differs.
START = {
    "filters": (32, 64, 128),
    "kernel_size": 3,
    "activation": "relu",
    "kernel_initializer": "he_normal",
    "pool_after": (2,),
    "unpadded": (),
    "batch_normalization": True,
    "conv_dropout": 0.0,
    "global_pooling": "average",
    "dense_units": (),
    "dropout": 0.2,
    "rescale": 1 / 16,
    "augment": {"shift": 0.7, "rotation": 10, "zoom": 0.1, "shear": 0.1},
    "label_smoothing": 0.1,
    "optimizer": "adamw",
    "learning_rate": 0.01,
    "learning_rate_schedule": "one_cycle",
    "weight_decay": 0.02,
    "epochs": 15,
    "batch_size": 64,
    "temperature": 0.5,
}
COMPACT = {"filters": (16, 32, 64), "augment": None, "epochs": 8}
STRONG = {"shift": 1.0, "rotation": 15, "zoom": 0.15, "shear": 0.15}
GENTLE = {"shift": 0.5, "rotation": 7, "zoom": 0.07, "shear": 0.07}

# What was chosen first, and where the search for a cheaper network began.
FIRST_CHOICE = {
    "augment": GENTLE,
    "global_pooling": "max",
    "epochs": 14,
    "temperature": 0.45,
}
SEVEN_EPOCHS = {**COMPACT, "epochs": 7}


def start(**changes):
    return lambda seed: DigitCNNClassifier(**{**START, **changes}, random_state=seed)


def baseline(name):
    return lambda seed: make_baseline(name, random_state=seed)


BASELINES = {
    "SVC, tuned": baseline("svc"),
    "1-NN": baseline("knn"),
    "ExtraTrees, 500": baseline("extra_trees"),
    "RandomForest, 500": baseline("random_forest"),
    "HistGradientBoosting": baseline("hist_gradient_boosting"),
    "MLP": baseline("mlp"),
    "LogisticRegression": baseline("logistic_regression"),
}

CANDIDATES = {
    "start": start(),
    "compact": start(**COMPACT),
    "no augmentation": start(augment=None),
    "gentle augmentation": start(augment=GENTLE),
    "strong augmentation": start(augment=STRONG),
    "pool after 1": start(pool_after=(1,)),
    "pool after 1, 2": start(pool_after=(1, 2)),
    "flatten": start(global_pooling=None),
    "global max": start(global_pooling="max"),
    "no dropout": start(dropout=0.0),
    "dropout 0.4": start(dropout=0.4),
    "learning rate 0.005": start(learning_rate=0.005),
    "learning rate 0.02": start(learning_rate=0.02),
    "cosine": start(learning_rate_schedule="cosine"),
    "weight decay 0": start(weight_decay=0.0),
    "weight decay 0.1": start(weight_decay=0.1),
    "label smoothing 0": start(label_smoothing=0.0, temperature=None),
    "label smoothing 0.05": start(label_smoothing=0.05),
    "batch 32": start(batch_size=32),
    "10 epochs": start(epochs=10),
    "30 epochs": start(epochs=30),
    "24-48-96": start(filters=(24, 48, 96)),
    "32-64-64-128, pool after 3": start(filters=(32, 64, 64, 128), pool_after=(3,)),
    "16-32-64-128, pool after 3": start(filters=(16, 32, 64, 128), pool_after=(3,)),
    "compact, pool after 3": start(**COMPACT, pool_after=(3,)),
    "compact, affine, 15 epochs": start(filters=(16, 32, 64)),
    "compact, 6 epochs": start(**{**COMPACT, "epochs": 6}),
    "compact, batch 128, learning rate 0.02": start(**COMPACT, batch_size=128, learning_rate=0.02),
    "gentle augmentation, global max": start(augment=GENTLE, global_pooling="max"),
    "16-32-64-128, pool after 3, gentle, global max": start(
        filters=(16, 32, 64, 128), pool_after=(3,), augment=GENTLE, global_pooling="max"
    ),
    "16-32-64-96, pool after 3, gentle": start(
        filters=(16, 32, 64, 96), pool_after=(3,), augment=GENTLE
    ),
    "gentle augmentation, global max, 14 epochs": start(
        augment=GENTLE, global_pooling="max", epochs=14
    ),
    "gentle augmentation, global max, 14 epochs, temperature 0.45": start(
        augment=GENTLE, global_pooling="max", epochs=14, temperature=0.45
    ),
    "16-32-64-128, pool after 3, gentle, global max, 12 epochs": start(
        filters=(16, 32, 64, 128),
        pool_after=(3,),
        augment=GENTLE,
        global_pooling="max",
        epochs=12,
    ),
    "16-32-64-64, pool after 3, gentle, global max": start(
        filters=(16, 32, 64, 64), pool_after=(3,), augment=GENTLE, global_pooling="max"
    ),
    "24-48-96, gentle, global max, 18 epochs": start(
        filters=(24, 48, 96), augment=GENTLE, global_pooling="max", epochs=18
    ),
    "compact, 7 epochs": start(**{**COMPACT, "epochs": 7}),
    "compact, global max, 7 epochs": start(**{**COMPACT, "epochs": 7}, global_pooling="max"),
    "12-24-48, no augmentation, 9 epochs": start(filters=(12, 24, 48), augment=None, epochs=9),
    "batch 128, learning rate 0.02": start(batch_size=128, learning_rate=0.02),
}
CHEAPER = {
    "first choice": start(**FIRST_CHOICE),
    "unpadded 3": start(**FIRST_CHOICE, unpadded=(3,)),
    "unpadded 3, learning rate 0.02": start(**FIRST_CHOICE, unpadded=(3,), learning_rate=0.02),
    "unpadded 3, learning rate 0.02, 32-48-128": start(
        **FIRST_CHOICE, unpadded=(3,), learning_rate=0.02, filters=(32, 48, 128)
    ),
    "unpadded 3, learning rate 0.02, batch 128": start(
        **FIRST_CHOICE, unpadded=(3,), learning_rate=0.02, batch_size=128
    ),
    "unpadded 3, learning rate 0.02, batch 128, 32-48-128": start(
        **FIRST_CHOICE,
        unpadded=(3,),
        learning_rate=0.02,
        batch_size=128,
        filters=(32, 48, 128),
    ),
    "unpadded 2": start(**FIRST_CHOICE, unpadded=(2,)),
    "compact, 7 epochs, unpadded 3": start(**SEVEN_EPOCHS, unpadded=(3,)),
    "compact, 7 epochs, unpadded 3, learning rate 0.02": start(
        **SEVEN_EPOCHS, unpadded=(3,), learning_rate=0.02
    ),
    "compact, 7 epochs, unpadded 3, learning rate 0.02, batch 128": start(
        **SEVEN_EPOCHS, unpadded=(3,), learning_rate=0.02, batch_size=128
    ),
}
FINAL = {
    "the defaults": lambda seed: DigitCNNClassifier(random_state=seed),
    "fast": lambda seed: DigitCNNClassifier.fast(random_state=seed),
    "reference": lambda seed: DigitCNNClassifier.reference(random_state=seed),
    "three of the defaults": lambda seed: make_ensemble(3, random_state=seed),
}
FINALISTS = [*FINAL, *BASELINES]
FEW = {"the defaults": DigitCNNClassifier, "fast": DigitCNNClassifier.fast}
FEW_ROWS = (100, 300, 1000, 1500)


def shuffled(seed):
    return StratifiedKFold(5, shuffle=True, random_state=seed)


def folds(splitter, subset):
    X, y = load_optdigits(subset=subset, return_X_y=True)
    return [(X[a], y[a], X[b], y[b], b) for a, b in splitter.split(X, y)]


def hold_out(seed):
    X, y = load_optdigits(return_X_y=True)
    a, b = train_test_split(np.arange(len(y)), test_size=0.2, random_state=42)
    return [(X[a], y[a], X[b], y[b], b)]


def unseen_writers(seed):
    train = load_optdigits(subset="train", return_X_y=True)
    test = load_optdigits(subset="test", return_X_y=True)
    return [(*train, *test, np.arange(len(test[1])))]


PROTOCOLS = {
    "blocks": lambda seed: folds(KFold(5), "train"),
    "stratified": lambda seed: folds(shuffled(seed), "train"),
    "unseen-writers": unseen_writers,
    "five-fold": lambda seed: folds(shuffled(seed), "all"),
    "hold-out": hold_out,
}


def measure(protocol, name, make, seed):
    """One run: every split of a protocol, with one seed."""
    wrong, losses, seconds, more = [], [], [], {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for X_train, y_train, X_test, y_test, rows in PROTOCOLS[protocol](seed):
            begin = time.perf_counter()
            classifier = make(seed).fit(X_train, y_train)
            seconds.append(round(time.perf_counter() - begin, 3))
            wrong += rows[classifier.predict(X_test) != y_test].tolist()
            if hasattr(classifier, "predict_proba"):
                probabilities = classifier.predict_proba(X_test)
                losses.append(round(log_loss(y_test, probabilities, labels=range(10)), 6))
            if protocol == "unseen-writers":
                more = figures_of_the_test(classifier, X_test, y_test)
    return {
        "protocol": protocol,
        "model": name,
        "seed": seed,
        "wrong": sorted(wrong),
        "log_loss": losses,
        "fit_seconds": seconds,
        **more,
    }


def figures_of_the_test(classifier, X, y):
    robustness = evaluate_robustness(classifier, X, y, random_state=0)
    figures = {"robustness": robustness["accuracy"].round(6).to_dict()}
    if hasattr(classifier, "predict_proba"):
        probabilities = classifier.predict_proba(X)
        figures["calibration_error"] = round(expected_calibration_error(y, probabilities), 6)
        for coverage in (0.99, 0.95):
            accuracy = selective_accuracy(y, probabilities, coverage=coverage)
            figures[f"accuracy_at_{coverage}"] = round(accuracy, 6)
    return figures


def read_runs():
    if not RUNS.exists():
        return []
    return [json.loads(line) for line in RUNS.read_text().splitlines()]


def run(arguments):
    models = {**BASELINES, **CANDIDATES, **CHEAPER, **FINAL}
    names = arguments.models or (
        FINALISTS if arguments.finalists else [*BASELINES, *CANDIDATES, *CHEAPER]
    )
    done = {(run["protocol"], run["model"], run["seed"]) for run in read_runs()}
    todo = [
        (protocol, name, models[name], seed)
        for name in names
        for protocol in arguments.protocols
        for seed in range(arguments.seeds)
        if (protocol, name, seed) not in done
    ]
    results = Parallel(arguments.jobs, return_as="generator_unordered")(
        delayed(measure)(*task) for task in todo
    )
    for result in results:
        with RUNS.open("a") as file:
            file.write(json.dumps(result) + "\n")
        loss = f"log-loss {np.mean(result['log_loss']):.4f}, " if result["log_loss"] else ""
        print(
            f"{result['protocol']:15} {result['model']:30} seed {result['seed']}: "
            f"{len(result['wrong'])} wrong, {loss}{np.median(result['fit_seconds']):.1f} s a fit",
            flush=True,
        )


def few_rows(arguments):
    X, y = load_optdigits(subset="train", return_X_y=True)
    for configuration, n_rows, batch_size, seed in product(
        FEW, FEW_ROWS, (64, "auto"), range(arguments.seeds)
    ):
        order = np.random.default_rng(seed).permutation(len(y))
        rows, others = order[:n_rows], order[n_rows:]
        classifier = FEW[configuration](random_state=seed, batch_size=batch_size)
        wrong = classifier.fit(X[rows], y[rows]).predict(X[others]) != y[others]
        result = {
            "protocol": f"{n_rows} rows",
            "model": f"{configuration}, batch_size={batch_size!r}",
            "seed": seed,
            "wrong": sorted(others[wrong].tolist()),
            "log_loss": [],
            "fit_seconds": [],
        }
        with RUNS.open("a") as file:
            file.write(json.dumps(result) + "\n")


class Runs:
    """The runs of one model under one protocol, in the order of their seeds."""

    def __init__(self, protocol, model):
        runs = [r for r in read_runs() if (r["protocol"], r["model"]) == (protocol, model)]
        self.runs = sorted(runs, key=lambda run: run["seed"])
        n_rows = {"blocks": 3823, "stratified": 3823, "five-fold": 5620, "hold-out": 1124}
        few = {f"{n} rows": 3823 - n for n in FEW_ROWS}
        self.n_rows = (n_rows | few).get(protocol, 1797)
        self.losses = np.array([run["log_loss"] for run in self.runs])

    def accuracies(self):
        return np.array([1 - len(run["wrong"]) / self.n_rows for run in self.runs])

    def accuracy(self):
        values = 100 * self.accuracies()
        if len(values) < 2:
            return "".join(f"{value:.2f}" for value in values)
        return f"{values.mean():.2f} ± {values.std(ddof=1):.2f}"

    def log_loss(self):
        return f"{self.losses.mean():.4f}" if self.losses.size else ""

    def mean(self, name):
        values = [run[name] for run in self.runs if name in run]
        return np.mean(values) if values else np.nan

    def log_loss_difference(self, other):
        """Mean difference over the folds, and its standard error."""
        if self.losses.shape != other.losses.shape or not self.losses.size:
            return ""
        differences = (self.losses - other.losses).ravel()
        error = differences.std(ddof=1) / np.sqrt(len(differences))
        return f"{differences.mean():+.4f} ± {error:.4f}"

    def mcnemar(self, other):
        """Exact two-sided p of McNemar's test on the errors of all seeds that both have."""
        pairs = self.pairs(other)
        mine = {(seed, row) for seed, rows, _ in pairs for row in rows}
        others = {(seed, row) for seed, _, rows in pairs for row in rows}
        return mcnemar(mine, others)

    def mcnemar_by_seed(self, other):
        return [mcnemar(set(mine), set(others)) for _, mine, others in self.pairs(other)]

    def pairs(self, other):
        wrong, others = ({r["seed"]: r["wrong"] for r in runs.runs} for runs in (self, other))
        return [(seed, wrong[seed], others[seed]) for seed in wrong if seed in others]


def mcnemar(mine, others):
    rows = mine | others  # what both get right does not count
    if not rows:
        return 1.0
    right, others_right = ([row not in wrong for row in rows] for wrong in (mine, others))
    return paired_difference(right, others_right).p_value


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def candidates_table(names, first_name):
    rows = []
    first = {protocol: Runs(protocol, first_name) for protocol in ("blocks", "stratified")}
    for name in names:
        row, seconds = [name], []
        for protocol, first_runs in first.items():
            runs = Runs(protocol, name)
            if not runs.runs:
                break
            seconds += [second for run in runs.runs for second in run["fit_seconds"]]
            p = "" if name == first_name else f"{runs.mcnemar(first_runs):.2g}"
            difference = "" if name == first_name else runs.log_loss_difference(first_runs)
            row += [runs.accuracy(), p, runs.log_loss(), difference]
        else:
            rows.append([*row, f"{min(seconds):.1f}"])
    columns = ["accuracy", "p", "log-loss", "difference"]
    header = ["candidate", *(f"{protocol}: {c}" for protocol in first for c in columns), "s a fit"]
    return markdown(header, rows)


def finalists_table():
    rows = []
    for name in FINALISTS:
        unseen = Runs("unseen-writers", name)
        others = [Runs(protocol, name) for protocol in ("five-fold", "hold-out")]
        if unseen.runs:
            rows.append(
                [
                    name,
                    unseen.accuracy(),
                    unseen.log_loss(),
                    f"{100 * unseen.mean('calibration_error'):.2f}",
                    f"{100 * unseen.mean('accuracy_at_0.99'):.2f}",
                    f"{100 * unseen.mean('accuracy_at_0.95'):.2f}",
                    *(runs.accuracy() for runs in others),
                ]
            )
    header = [
        "model",
        "unseen writers",
        "log-loss",
        "calibration error",
        "at 99 % coverage",
        "at 95 %",
        "five-fold",
        "hold-out",
    ]
    return markdown(header, [[cell.replace("nan", "") for cell in row] for row in rows])


def significance_table():
    rows = []
    for name in FINALISTS:
        row = [name]
        for ours in FINAL:
            runs, other = Runs("unseen-writers", ours), Runs("unseen-writers", name)
            values = [] if name == ours else runs.mcnemar_by_seed(other)
            row.append(f"{min(values):.1g} to {max(values):.1g}" if values else "")
        rows.append(row)
    return markdown(["against", *FINAL], rows)


def robustness_table():
    columns = {name: Runs("unseen-writers", name).runs for name in FINALISTS}
    columns = {name: [run["robustness"] for run in runs] for name, runs in columns.items() if runs}
    distortions = next(iter(columns.values()), [{}])[0]
    rows = [
        [name, *(f"{100 * np.mean([run[name] for run in runs]):.2f}" for runs in columns.values())]
        for name in distortions
    ]
    return markdown(["distortion", *columns], rows)


def few_rows_table():
    names = [f"{name}, batch_size={size!r}" for name in FEW for size in (64, "auto")]
    rows = [[name, *(Runs(f"{n} rows", name).accuracy() for n in FEW_ROWS)] for name in names]
    return markdown(["", *(f"{n} rows" for n in FEW_ROWS)], rows)


def table(arguments):
    text = PAGE.read_text()
    for name, make in {
        "candidates": lambda: candidates_table([*CANDIDATES, *BASELINES], "start"),
        "cheaper": lambda: candidates_table(CHEAPER, "first choice"),
        "finalists": finalists_table,
        "significance": significance_table,
        "robustness": robustness_table,
        "few rows": few_rows_table,
    }.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        made = f"{begin}\n{make()}\n{end}"
        text = re.sub(f"{begin}.*{end}", lambda match, made=made: made, text, flags=re.DOTALL)
    PAGE.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("run", help="measure what is not measured yet")
    command.add_argument("protocols", nargs="+", choices=list(PROTOCOLS))
    command.add_argument("--models", nargs="+", metavar="MODEL")
    command.add_argument("--finalists", action="store_true")
    command.add_argument("--seeds", type=int, default=3)
    command.add_argument("--jobs", type=int, default=1)
    command.set_defaults(work=run)
    command = commands.add_parser("few-rows", help="measure the automatic batch size")
    command.add_argument("--seeds", type=int, default=3)
    command.set_defaults(work=few_rows)
    commands.add_parser("table", help="write the tables of the page").set_defaults(work=table)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
