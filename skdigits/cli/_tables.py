"""Print the results of commands as tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skdigits._parameters import CONFIGURATIONS
from skdigits.comparison import ComparisonResult
from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation
from skdigits.model_training import TrainedModel
from skdigits.report import (
    comparison_legend,
    comparison_rows,
    fold_rows,
    interval,
    leaderboard_rows,
    metric_rows,
    number,
    parameter_rows,
    search_legend,
    split_title,
)
from skdigits.search import SearchResult
from skdigits.study import StudyResult

__all__ = [
    "print_comparison",
    "print_evaluation",
    "print_search",
    "print_study",
    "print_trained_model",
]

# Options of rich for text in which nothing is markup.
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False}

# Columns of a comparison and of a leaderboard that fit into 80 characters.
_COMPARED = ("model", "accuracy", "difference", "p", "log-loss", "fit s")
_LEADERBOARD = ("model", "accuracy", "difference", "p", "log-loss", "CPU s")


def print_study(result: StudyResult, files: Sequence[Path], seconds: float) -> None:
    """Print the results of a study, and its files."""
    settings, network = result.settings, result.hold_out.estimator.model_
    console = Console()
    console.print(
        f"Data: {settings['data']}, {len(result.digits.target)} images. "
        f"Network: {settings['config']}, {network.count_params():,} parameters.",
        **_PLAIN,
    )
    console.print(_fits_table(result), _folds_table(result.cross_validation))
    for title, folds in {
        "UCI's test subset, writers kept together (inferred)": result.writer_folds,
        "UCI's test subset, shuffled": result.shuffled_folds,
    }.items():
        if folds is not None:
            console.print(_folds_table(folds, title))
    if settings["quick"]:
        console.print(
            f"This was a quick study ({settings['epochs']} epochs, {settings['cv']} folds) of the "
            f"{settings['config']} network: without --quick come the figures to quote.",
            style="yellow",
        )
    _print_reused(console, sum(result.reused.values()), "fit")
    _print_end(console, files, seconds)


def print_comparison(result: ComparisonResult, files: Sequence[Path], seconds: float) -> None:
    """Print the results of a comparison, and its files."""
    console = Console()
    for split in result.splits:
        rows = comparison_rows(result, split)
        console.print(_table_of(split_title(result, split), rows, _COMPARED, CONFIGURATIONS))
    console.print(comparison_legend(result), **_PLAIN)
    _print_reused(console, sum(row.reused for row in result.rows), "row")
    _print_end(console, files, seconds)


def print_search(result: SearchResult, files: Sequence[Path], seconds: float) -> None:
    """Print the leaderboard and the best network of a search, and its files."""
    console = Console()
    trials = {trial.name for trial in result.trials}
    console.print(_table_of("Leaderboard", leaderboard_rows(result), _LEADERBOARD, trials))
    console.print(search_legend(result), **_PLAIN)
    parameters = parameter_rows(result)
    title = f"The best network: {result.best.name}"
    console.print(_table_of(title, parameters, tuple(parameters[0])))
    _print_scores(console, result.model)
    _print_end(console, files, seconds)


def print_trained_model(model: TrainedModel, path: Path, seconds: float) -> None:
    """Print the scores of a model that has been trained and written to a file."""
    console = Console()
    _print_scores(console, model)
    console.print(
        f"{seconds:.1f} s. Written to {path}: {path.stat().st_size / 1000:.0f} kB.",
        soft_wrap=True,
        **_PLAIN,
    )


def print_evaluation(evaluation: ClassificationEvaluation) -> None:
    """Print the metrics of a classifier, overall and by class, and its confusion matrix."""
    names = {"precision": "precision", "recall": "recall", "f1": "F1"}
    classes = [
        (
            label,
            *(number(row[name]) if row["support"] else "" for name in names),
            int(row["support"]),
        )
        for label, row in evaluation.per_class.iterrows()
    ]
    Console().print(
        _metrics_table(evaluation),
        _table("Each class", ("class", *names.values(), "images"), classes),
        _confusion_table(evaluation),
    )


def _print_scores(console: Console, model: TrainedModel) -> None:
    split = model.scores()["split"]
    console.print(f"Trained on {split['n_train']} rows: {split['train']}.", **_PLAIN)
    if model.evaluation is not None:
        console.print(f"Measured on {split['n_test']} rows: {split['test']}.", **_PLAIN)
        console.print(_metrics_table(model.evaluation))
    if model.cross_validation is not None:
        console.print(_folds_table(model.cross_validation))


def _print_reused(console: Console, n_reused: int, kind: str) -> None:
    if n_reused:
        plural = "" if n_reused == 1 else "s"
        console.print(f"From an earlier run: {n_reused} {kind}{plural}.", **_PLAIN)


def _print_end(console: Console, files: Sequence[Path], seconds: float) -> None:
    names = "\n  ".join(file.name for file in files)
    text = f"{seconds:.0f} s. Written to {files[0].parent}:\n  {names}"
    console.print(text, soft_wrap=True, **_PLAIN)


def _table(
    title: str,
    header: Iterable[Any],
    rows: Iterable[Sequence[Any]],
    bold: Collection[str] = (),
) -> Table:
    """Return a table with names in the first column and figures in the others.

    Rows whose name is in `bold` stand out. Strings are shown unchanged: nothing in them is markup.
    """
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(Text(str(name)), justify="right" if table.columns else "left")
    for row in rows:
        cells = (cell if isinstance(cell, Text) else Text(str(cell)) for cell in row)
        table.add_row(*cells, style="bold" if row[0] in bold else None)
    return table


def _table_of(
    title: str, rows: Sequence[Mapping[str, str]], names: Sequence[str], bold: Collection[str] = ()
) -> Table:
    """Return some columns of rows as a table."""
    return _table(title, names, ([row[name] for name in names] for row in rows), bold)


def _fits_table(result: StudyResult) -> Table:
    fits = {"hold-out (shuffled)": result.hold_out}
    if result.unseen_writers is not None:
        fits["unseen writers"] = result.unseen_writers
    rows: list[list[Any]] = [
        *metric_rows(fit.evaluation for fit in fits.values()),
        ["trained on", *(fit.n_train for fit in fits.values())],
        ["seconds of the fit", *(number(fit.fit_seconds, 1) for fit in fits.values())],
    ]
    return _table("Trained once, measured on", ("", *fits), rows)


def _folds_table(folds: FoldsEvaluation, title: str = "Cross-validation (shuffled)") -> Table:
    rows, summary = fold_rows(folds)
    header = ("fold", "images", "accuracy", "log-loss", "seconds of the fit")
    table = _table(title, header, rows)
    table.add_section()
    for row in summary:
        table.add_row(*row)
    return table


def _metrics_table(evaluation: ClassificationEvaluation) -> Table:
    rows = metric_rows([evaluation], ("accuracy", "log_loss", "calibration_error"))
    rows.insert(1, ["95 % interval (Wilson)", interval(evaluation.accuracy_interval())])
    return _table("Metrics", ("metric", "value"), rows)


def _confusion_table(evaluation: ClassificationEvaluation) -> Table:
    """Return the confusion matrix with mistakes in bold, and nothing for 0."""
    rows: list[list[Text]] = []
    for true, label in enumerate(evaluation.labels):
        cells = [
            Text(str(count) if count else "", style="bold red" if predicted != true else "")
            for predicted, count in enumerate(evaluation.confusion_matrix[true])
        ]
        rows.append([Text(str(label), style="bold"), *cells])
    return _table("True class (down) and predicted class", ("", *evaluation.labels), rows)
