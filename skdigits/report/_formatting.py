"""Format numbers, rows of tables and templates in the same way in all reports."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from skdigits.datasets import find_doubtful_labels, load_optdigits
from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation

__all__ = [
    "METRICS",
    "command_line",
    "doubtful_labels",
    "fold_rows",
    "interval",
    "markdown_table",
    "metric_rows",
    "number",
    "percent",
    "templates",
]

# Titles of ClassificationEvaluation's metrics, in the order in which reports have them.
METRICS = {
    "accuracy": "accuracy",
    "precision": "precision (mean over classes)",
    "recall": "recall (mean over classes)",
    "f1": "F1 (mean over classes)",
    "log_loss": "log-loss (nats)",
    "roc_auc": "area under the ROC curve (mean)",
    "calibration_error": "expected calibration error",
}


def doubtful_labels() -> str:
    """Say which labels of UCI's test subset are doubtful, and what that does to figures."""
    found = find_doubtful_labels(*load_optdigits(subset="test", return_X_y=True))
    return (
        f"The images of rows {', '.join(map(str, found))} of UCI's test subset do not look like "
        "their labels; to read the image and not the label counts as a mistake all the same."
    )


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with so many decimals, or "n/a" if it is not defined."""
    return "n/a" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def percent(fraction: float) -> str:
    """Return a fraction in percent."""
    return f"{number(100 * fraction, 2)} %"


def interval(ends: Iterable[float]) -> str:
    """Return a confidence interval by its two ends."""
    low, high = ends
    return f"{number(low)} to {number(high)}"


def markdown_table(rows: Sequence[Mapping[str, str]], n_left: int = 1) -> str:
    """Return rows, with cells by column, as a Markdown table with `n_left` columns of words."""
    header = list(rows[0])
    rule = [*["---"] * n_left, *["---:"] * (len(header) - n_left)]
    lines = [header, rule, *([*row.values()] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def command_line(command: str, settings: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the command with these settings, to be typed into a shell."""
    options = {"cv": "folds", "random_state": "seed"}
    words = ["skdigits", *command.split()]
    for name in names:
        if settings[name] is not None:
            words += [f"--{options.get(name, name)}", str(settings[name])]
    return shlex.join(words)


def metric_rows(
    evaluations: Iterable[ClassificationEvaluation], names: Iterable[str] = tuple(METRICS)
) -> list[list[str]]:
    """Return rows with the title of a metric and its values, and one with numbers of images."""
    evaluations = list(evaluations)
    rows = [
        [METRICS[name], *(number(getattr(evaluation, name)) for evaluation in evaluations)]
        for name in names
    ]
    return [*rows, ["images", *(str(evaluation.n_samples) for evaluation in evaluations)]]


def fold_rows(folds: FoldsEvaluation) -> tuple[list[list[str]], list[list[str]]]:
    """Return number, images, accuracy, log-loss and seconds of each fold; then mean and sd."""
    rows = [
        [
            str(fold.fold),
            str(fold.n_test),
            number(fold.accuracy),
            number(fold.log_loss),
            number(fold.fit_seconds, 1),
        ]
        for fold in folds.folds
    ]
    mean = ["mean", "", number(folds.accuracy), number(folds.log_loss), ""]
    sd = ["standard deviation", "", number(folds.accuracy_sd), number(folds.log_loss_sd), ""]
    return rows, [mean, sd]


def templates(**options: Any) -> Environment:
    """Return the templates of this package, with the functions above as filters."""
    environment = Environment(
        loader=PackageLoader("skdigits.report"), undefined=StrictUndefined, **options
    )
    environment.filters |= {"number": number, "percent": percent, "interval": interval}
    return environment
