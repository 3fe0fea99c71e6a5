"""Print studies, comparisons, searches and models on the terminal."""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skdigits._parameters import CONFIGURATIONS
from skdigits.comparison import ComparisonResult
from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation
from skdigits.model_training import TrainedModel
from skdigits.report._comparison import SPLITS, comparison_cells, comparison_legend, split_title
from skdigits.report._formatting import fold_rows, interval, metric_rows, number
from skdigits.report._search import leaderboard_cells, parameter_rows, search_legend
from skdigits.search import SearchResult
from skdigits.study import StudyResult

__all__ = [
    "print_comparison",
    "print_evaluation",
    "print_search",
    "print_summary",
    "print_trained_model",
]

# Columns of a comparison, and of a leaderboard, that fit into 80 characters.
_NARROW = (0, 1, 4, 5, 6, 7)
_NARROW_SEARCH = (1, 2, 5, 6, 7, 8)


def print_summary(
    result: StudyResult, files: Sequence[Path], *, console: Console, seconds: float | None = None
) -> None:
    """Print the results of a study, which of them are from earlier runs, and its files.

    Parameters
    ----------
    result : StudyResult
        Results of the study.
    files : sequence of Path
        Files that it has written.
    console : rich.console.Console
        Where to print.
    seconds : float or None, default=None
        Wall time to state; None takes that of the result.

    See Also
    --------
    write_report : Write the whole report.
    skdigits.study.run_study : Run a study.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.report import print_summary
    >>> from skdigits.study import run_study
    >>> print_summary(run_study(quick=True), [], console=Console())  # doctest: +SKIP
    """
    settings = result.settings
    console.print(_data(result), _network(result), _fits(result), _folds(result.cross_validation))
    if result.writer_folds is not None and result.shuffled_folds is not None:
        console.print(_writers(result.writer_folds, result.shuffled_folds))
    if settings["quick"]:
        console.print(
            f"This was a quick study ({settings['epochs']} epochs, {settings['cv']} folds) of the "
            f"{settings['config']} network: without --quick come the figures to quote.",
            style="yellow",
        )
    folds = {
        "Cross-validation": result.cross_validation,
        "Folds of writers": result.writer_folds,
        "Shuffled folds": result.shuffled_folds,
    }
    reused = []
    for step, n_reused in result.reused.items():
        evaluation = folds.get(step)
        n_fits = len(evaluation.folds) if evaluation else 1
        some = "" if n_reused == n_fits else f" ({n_reused} of {n_fits} folds)"
        reused.append(step.lower() + some)
    _print_end(console, seconds or result.seconds, reused, files)


def print_comparison(
    result: ComparisonResult,
    files: Sequence[Path],
    *,
    console: Console,
    seconds: float | None = None,
) -> None:
    """Print the results of a comparison, which of them are from earlier runs, and its files.

    Parameters
    ----------
    result : ComparisonResult
        Results of the comparison.
    files : sequence of Path
        Files that it has written.
    console : rich.console.Console
        Where to print.
    seconds : float or None, default=None
        Wall time to state; None takes that of the result.

    See Also
    --------
    write_comparison : Write tables and a figure.
    skdigits.comparison.run_comparison : Compare models.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.comparison import run_comparison
    >>> from skdigits.report import print_comparison
    >>> console = Console(width=100)
    >>> with console.capture() as printed:
    ...     print_comparison(run_comparison(models=["knn"], cv=2), [], console=console)
    >>> "knn" in printed.get()
    True
    """
    for split in result.splits:
        header, *rows = ([row[i] for i in _NARROW] for row in comparison_cells(result, split))
        style: dict[str, Any] = {"box": box.SIMPLE_HEAD, "show_edge": False, "pad_edge": False}
        console.print(_table(split_title(result, split), header, rows, CONFIGURATIONS, **style), "")
    console.print(comparison_legend(result), highlight=False)
    reused = []
    for model in result.models:
        splits = [SPLITS[split] for split in result.splits if result.row(model, split).reused]
        if splits:
            is_whole = len(splits) == len(result.splits)
            reused.append(model if is_whole else f"{model} ({' and '.join(splits)})")
    _print_end(console, seconds or result.seconds, reused, files)


def print_search(
    result: SearchResult,
    files: Sequence[Path],
    *,
    console: Console,
    seconds: float | None = None,
) -> None:
    """Print leaderboard and best network of a search, what is from an earlier run, and its files.

    Parameters
    ----------
    result : SearchResult
        Results of the search.
    files : sequence of Path
        Files that it has written.
    console : rich.console.Console
        Where to print.
    seconds : float or None, default=None
        Wall time to state; None takes that of the result.

    See Also
    --------
    write_search : Write the files.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.report import print_search
    >>> from skdigits.search import digit_search
    >>> print_search(digit_search(), [], console=Console())  # doctest: +SKIP
    """
    header, *rows = ([row[i] for i in _NARROW_SEARCH] for row in leaderboard_cells(result))
    style: dict[str, Any] = {"box": box.SIMPLE_HEAD, "show_edge": False, "pad_edge": False}
    trials = {trial.name for trial in result.trials}
    console.print(_table("Leaderboard", header, rows, trials, **style), "")
    console.print(search_legend(result), "", highlight=False)
    header = ["hyper-parameter", "value", "default", "importance"]
    title = f"The best network: {result.best.name}"
    console.print(_table(title, header, parameter_rows(result), **style), "")
    _print_scores(result.model, console)
    reused = [row.name for row in result.baselines if row.reused]
    n_reused = sum(trial.reused for trial in result.trials)
    if n_reused:
        reused.append(f"{n_reused} of {len(result.trials)} trials")
    _print_end(console, seconds or result.seconds, reused, files)


def print_trained_model(
    model: TrainedModel,
    path: str | os.PathLike[str],
    *,
    console: Console,
    seconds: float | None = None,
) -> None:
    """Print the scores of a model that has been trained and written to a file.

    Parameters
    ----------
    model : TrainedModel
        The model.
    path : path-like
        Its file.
    console : rich.console.Console
        Where to print.
    seconds : float or None, default=None
        Wall time to state; None takes that of the model.

    See Also
    --------
    skdigits.model_training.train_model : Train a model.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.model_training import train_model
    >>> from skdigits.report import print_trained_model
    >>> model = train_model("digits.skdigits")  # doctest: +SKIP
    >>> print_trained_model(model, "digits.skdigits", console=Console())  # doctest: +SKIP
    """
    _print_scores(model, console)
    console.print(
        f"{seconds or model.seconds:.1f} s, {model.cpu_seconds:.1f} s of processor time. "
        f"Written to {os.fspath(path)}: {Path(path).stat().st_size / 1000:.0f} kB.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def print_evaluation(evaluation: ClassificationEvaluation, *, console: Console) -> None:
    """Print the metrics of a classifier, overall and by class, and its confusion matrix.

    Parameters
    ----------
    evaluation : ClassificationEvaluation
        The metrics.
    console : rich.console.Console
        Where to print.

    See Also
    --------
    skdigits.model_training.evaluate_model : Evaluate a model.

    Examples
    --------
    >>> from rich.console import Console
    >>> from sklearn.dummy import DummyClassifier
    >>> from skdigits import evaluate
    >>> from skdigits.report import print_evaluation
    >>> clf = DummyClassifier().fit([[0], [0], [0]], [3, 3, 8])
    >>> evaluation = evaluate(clf, [[0], [0], [0]], [3, 3, 8])
    >>> print_evaluation(evaluation, console=Console(width=60))  # doctest: +ELLIPSIS
    Metrics
    ...
    """
    console.print(_metrics(evaluation), _classes(evaluation), _confusion(evaluation))


def _print_scores(model: TrainedModel, console: Console) -> None:
    split = model.scores()["split"]
    console.print(f"Trained on {split['n_train']} rows: {split['train']}.", highlight=False)
    if model.evaluation is not None:
        console.print(f"Measured on {split['n_test']} rows: {split['test']}.", highlight=False)
        console.print(_metrics(model.evaluation))
    if model.cross_validation is not None:
        console.print(_folds(model.cross_validation))


def _table(
    title: str,
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    bold: Collection[str] = (),
    n_left: int = 1,
    **options: Any,
) -> Table:
    """Return a table with `n_left` columns aligned to the left, and in bold the rows named so.

    Strings are shown as they are: nothing in them is markup.
    """
    table = Table(title=title, title_justify="left", **options)
    for place, name in enumerate(header):
        table.add_column(Text(str(name)), justify="left" if place < n_left else "right")
    for row in rows:
        cells = (cell if isinstance(cell, Text) else Text(str(cell)) for cell in row)
        table.add_row(*cells, style="bold" if row[0] in bold else None)
    return table


def _print_end(console: Console, seconds: float, reused: list[str], files: Sequence[Path]) -> None:
    if reused:
        console.print(f"From an earlier run: {', '.join(reused)}.", highlight=False)
    if files:
        console.print(f"{seconds:.0f} s. Written to {files[0].parent}:", highlight=False)
    for file in files:
        console.print(f"  {file.name}", highlight=False)


def _data(result: StudyResult) -> Table:
    digits = result.digits
    labels, counts = np.unique(digits.target, return_counts=True)
    metadata = digits.get("metadata") or {}
    rows = {
        "name": metadata.get("name"),
        "creators": ", ".join(metadata.get("creators", [])),
        "DOI": metadata.get("doi"),
        "licence": metadata.get("licence"),
        "images": f"{len(digits.target)} of {digits.images.shape[1]}x{digits.images.shape[2]} "
        f"ink counts, {digits.data.min():g} to {digits.data.max():g}",
        "images of class": ", ".join(
            f"{label}: {count}" for label, count in zip(labels, counts, strict=True)
        ),
    }
    known = [(name, value) for name, value in rows.items() if value]
    title = f"Data: {result.settings['data']}"
    return _table(title, ("", ""), known, n_left=2, show_header=False)


def _network(result: StudyResult) -> Table:
    parameters = result.hold_out.estimator.model_.count_params()
    rows = [
        (
            layer["name"],
            layer["type"],
            "x".join(map(str, layer["output_shape"])),
            f"{layer['parameters']:,}",
        )
        for layer in result.layers()
    ]
    title = f"Network ({result.settings['config']}): {parameters:,} parameters"
    return _table(title, ("layer", "type", "output", "parameters"), rows, n_left=3)


def _fits(result: StudyResult) -> Table:
    fits = {"hold-out (shuffled)": result.hold_out}
    if result.unseen_writers is not None:
        fits["unseen writers"] = result.unseen_writers
    rows: list[list[Any]] = [
        *metric_rows(fit.evaluation for fit in fits.values()),
        ["trained on", *(fit.n_train for fit in fits.values())],
        ["seconds of the fit", *(number(fit.fit_seconds, 1) for fit in fits.values())],
    ]
    return _table("Trained once, measured on", ("", *fits), rows)


def _folds(folds: FoldsEvaluation) -> Table:
    rows, summary = fold_rows(folds)
    header = ("fold", "images", "accuracy", "log-loss", "seconds of the fit")
    table = _table("Cross-validation (shuffled)", header, rows)
    table.add_section()
    for row in summary:
        table.add_row(*row)
    return table


def _writers(writer_folds: FoldsEvaluation, shuffled_folds: FoldsEvaluation) -> Table:
    kinds = {"writers kept together (inferred)": writer_folds, "shuffled": shuffled_folds}
    rows = [
        (name, len(folds.folds), *map(number, (folds.accuracy, folds.accuracy_sd, folds.log_loss)))
        for name, folds in kinds.items()
    ]
    header = ("", "folds", "accuracy", "sd", "log-loss")
    return _table("UCI's test subset alone, in folds", header, rows)


def _metrics(evaluation: ClassificationEvaluation) -> Table:
    rows = metric_rows([evaluation], ("accuracy", "log_loss", "calibration_error"))
    rows.insert(1, ["95 % interval (Wilson)", interval(evaluation.accuracy_interval())])
    return _table("Metrics", ("", ""), rows, show_header=False)


def _classes(evaluation: ClassificationEvaluation) -> Table:
    names = ("precision", "recall", "f1")
    rows = [
        (
            label,
            *(number(row[name]) if row["support"] else "" for name in names),
            int(row["support"]),
        )
        for label, row in evaluation.per_class.iterrows()
    ]
    return _table("Each class", ("class", "precision", "recall", "F1", "images"), rows)


def _confusion(evaluation: ClassificationEvaluation) -> Table:
    """Return the confusion matrix with mistakes in bold, and nothing for 0."""
    rows: list[list[Text]] = []
    for true, label in enumerate(evaluation.labels):
        cells = [
            Text(str(count) if count else "", style="bold red" if predicted != true else "")
            for predicted, count in enumerate(evaluation.confusion_matrix[true])
        ]
        rows.append([Text(str(label), style="bold"), *cells])
    return _table("True class (down) and predicted class", ("", *evaluation.labels), rows)
