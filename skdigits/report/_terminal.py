"""Print studies, comparisons, searches and models on the terminal."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console

from skdigits._parameters import CONFIGURATIONS
from skdigits.comparison import ComparisonResult
from skdigits.evaluation import ClassificationEvaluation
from skdigits.model_training import TrainedModel
from skdigits.report._comparison import SPLITS, comparison_cells, comparison_legend, split_title
from skdigits.report._search import leaderboard_cells, parameter_rows, search_legend
from skdigits.report._terminal_tables import (
    classes_table,
    confusion_table,
    data_table,
    fits_table,
    folds_table,
    metrics_table,
    network_table,
    text_table,
    writers_table,
)
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
    console.print(
        data_table(result),
        network_table(result),
        fits_table(result),
        folds_table(result.cross_validation),
    )
    if result.writer_folds is not None and result.shuffled_folds is not None:
        console.print(writers_table(result.writer_folds, result.shuffled_folds))
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
        console.print(
            text_table(split_title(result, split), header, rows, CONFIGURATIONS, **style), ""
        )
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
    console.print(text_table("Leaderboard", header, rows, trials, **style), "")
    console.print(search_legend(result), "", highlight=False)
    header = ["hyper-parameter", "value", "default", "importance"]
    title = f"The best network: {result.best.name}"
    console.print(text_table(title, header, parameter_rows(result), **style), "")
    _print_scores(result.model, console)
    _print_end(console, seconds or result.seconds, [], files)


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
        f"{seconds or model.seconds:.1f} s. "
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
    console.print(metrics_table(evaluation), classes_table(evaluation), confusion_table(evaluation))


def _print_scores(model: TrainedModel, console: Console) -> None:
    split = model.scores()["split"]
    console.print(f"Trained on {split['n_train']} rows: {split['train']}.", highlight=False)
    if model.evaluation is not None:
        console.print(f"Measured on {split['n_test']} rows: {split['test']}.", highlight=False)
        console.print(metrics_table(model.evaluation))
    if model.cross_validation is not None:
        console.print(folds_table(model.cross_validation))


def _print_end(console: Console, seconds: float, reused: list[str], files: Sequence[Path]) -> None:
    if reused:
        console.print(f"From an earlier run: {', '.join(reused)}.", highlight=False)
    if files:
        console.print(f"{seconds:.0f} s. Written to {files[0].parent}:", highlight=False)
    for file in files:
        console.print(f"  {file.name}", highlight=False)
