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
    SPLITS,
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

# Columns of a comparison and of a leaderboard that fit into 80 characters.
_COMPARED = ("model", "accuracy", "difference", "p", "log-loss", "fit s")
_LEADERBOARD = ("model", "accuracy", "difference", "p", "log-loss", "CPU s")


def print_study(
    result: StudyResult, files: Sequence[Path], *, console: Console, seconds: float
) -> None:
    """Print the results of a study, the steps taken from an earlier run, and its files."""
    settings, network = result.settings, result.hold_out.estimator.model_
    console.print(
        f"Data: {settings['data']}, {len(result.digits.target)} images. "
        f"Network: {settings['config']}, {network.count_params():,} parameters.",
        highlight=False,
        markup=False,
    )
    console.print(_fits_table(result), _folds_table(result.cross_validation))
    if result.writer_folds is not None and result.shuffled_folds is not None:
        console.print(_writers_table(result.writer_folds, result.shuffled_folds))
    if settings["quick"]:
        console.print(
            f"This was a quick study ({settings['epochs']} epochs, {settings['cv']} folds) of the "
            f"{settings['config']} network: without --quick come the figures to quote.",
            style="yellow",
        )
    reused = [f"{step.lower()} {n_fits}" for step, n_fits in result.reused.items()]
    _print_end(console, seconds, reused, files, what="Fits from")


def print_comparison(
    result: ComparisonResult, files: Sequence[Path], *, console: Console, seconds: float
) -> None:
    """Print the results of a comparison, those taken from an earlier run, and its files."""
    for split in result.splits:
        rows = comparison_rows(result, split)
        title = split_title(result, split)
        console.print(_table_of(title, rows, _COMPARED, bold=CONFIGURATIONS))
    console.print(comparison_legend(result), highlight=False)
    reused = []
    for model in result.models:
        splits = [SPLITS[split] for split in result.splits if result.row(model, split).reused]
        if splits:
            is_whole = len(splits) == len(result.splits)
            reused.append(model if is_whole else f"{model} ({' and '.join(splits)})")
    _print_end(console, seconds, reused, files)


def print_search(
    result: SearchResult, files: Sequence[Path], *, console: Console, seconds: float
) -> None:
    """Print leaderboard and best network of a search, what an earlier run left, and its files."""
    trials = {trial.name for trial in result.trials}
    console.print(_table_of("Leaderboard", leaderboard_rows(result), _LEADERBOARD, trials))
    console.print(search_legend(result), "", highlight=False)
    parameters = parameter_rows(result)
    title = f"The best network: {result.best.name}"
    console.print(_table_of(title, parameters, tuple(parameters[0])))
    _print_scores(result.model, console)
    reused = [row.name for row in result.baselines if row.reused]
    n_reused = sum(trial.reused for trial in result.trials)
    if n_reused:
        reused.append(f"{n_reused} of {len(result.trials)} trials")
    _print_end(console, seconds, reused, files)


def print_trained_model(
    model: TrainedModel, path: Path, *, console: Console, seconds: float
) -> None:
    """Print the scores of a model that has been trained and written to a file."""
    _print_scores(model, console)
    console.print(
        f"{seconds:.1f} s, {model.cpu_seconds:.1f} s of processor time. "
        f"Written to {path}: {path.stat().st_size / 1000:.0f} kB.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def print_evaluation(evaluation: ClassificationEvaluation, *, console: Console) -> None:
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
    console.print(
        _metrics_table(evaluation),
        _table("Each class", ("class", *names.values(), "images"), classes),
        _confusion_table(evaluation),
    )


def _print_scores(model: TrainedModel, console: Console) -> None:
    split = model.scores()["split"]
    console.print(f"Trained on {split['n_train']} rows: {split['train']}.", highlight=False)
    if model.evaluation is not None:
        console.print(f"Measured on {split['n_test']} rows: {split['test']}.", highlight=False)
        console.print(_metrics_table(model.evaluation))
    if model.cross_validation is not None:
        console.print(_folds_table(model.cross_validation))


def _print_end(
    console: Console,
    seconds: float,
    reused: list[str],
    files: Sequence[Path],
    *,
    what: str = "From",
) -> None:
    if reused:
        console.print(f"{what} an earlier run: {', '.join(reused)}.", highlight=False)
    console.print(f"{seconds:.0f} s. Written to {files[0].parent}:", highlight=False)
    for file in files:
        console.print(f"  {file.name}", highlight=False)


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


def _folds_table(folds: FoldsEvaluation) -> Table:
    rows, summary = fold_rows(folds)
    header = ("fold", "images", "accuracy", "log-loss", "seconds of the fit")
    table = _table("Cross-validation (shuffled)", header, rows)
    table.add_section()
    for row in summary:
        table.add_row(*row)
    return table


def _writers_table(writer_folds: FoldsEvaluation, shuffled_folds: FoldsEvaluation) -> Table:
    kinds = {"writers kept together (inferred)": writer_folds, "shuffled": shuffled_folds}
    rows = [
        (name, len(folds.folds), *map(number, (folds.accuracy, folds.accuracy_sd, folds.log_loss)))
        for name, folds in kinds.items()
    ]
    return _table(
        "UCI's test subset alone, in folds", ("", "folds", "accuracy", "sd", "log-loss"), rows
    )


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
