"""The study in tables on the terminal."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from skdigits.evaluation import FoldsEvaluation
from skdigits.study import FitEvaluation, StudyResult

__all__ = ["folds_table", "print_summary"]


def print_summary(result: StudyResult, files: Sequence[Path], *, console: Console) -> None:
    """Print what a study found, what of it is from earlier runs, and where the rest of it is.

    Parameters
    ----------
    result : StudyResult
        What the study found.
    files : sequence of Path
        The files that it has written.
    console : rich.console.Console
        Where to print.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.report import print_summary
    >>> from skdigits.study import run_study
    >>> print_summary(run_study(quick=True), [], console=Console())  # doctest: +SKIP
    """
    settings = result.settings
    console.print(
        _data(result), _network(result), _fits(result), folds_table(result.cross_validation)
    )
    if result.writer_folds is not None and result.shuffled_folds is not None:
        console.print(_writers(result.writer_folds, result.shuffled_folds))
    if settings["quick"]:
        console.print(
            f"This was a quick study ({settings['epochs']} epochs, {settings['cv']} folds): "
            "its figures are not those of the configuration.",
            style="yellow",
        )
    if result.reused:
        console.print(f"From an earlier run: {_reused(result)}.", highlight=False)
    console.print(f"{result.seconds:.0f} s. Written to {files[0].parent}:" if files else "")
    for file in files:
        console.print(f"  {file.name}", highlight=False)


def _reused(result: StudyResult) -> str:
    folds = {
        "Cross-validation": result.cross_validation,
        "Folds of writers": result.writer_folds,
        "Shuffled folds": result.shuffled_folds,
    }
    words = []
    for step, number in result.reused.items():
        n_fits = len(of.folds) if (of := folds.get(step)) else 1
        part = "" if number == n_fits else f" ({number} of {n_fits} folds)"
        words.append(step.lower() + part)
    return ", ".join(words)


def _data(result: StudyResult) -> Table:
    digits = result.digits
    labels, counts = np.unique(digits.target, return_counts=True)
    table = Table(title=f"Data: {result.settings['data']}", show_header=False, title_justify="left")
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
    for name, value in rows.items():
        if value:
            table.add_row(name, str(value))
    return table


def _network(result: StudyResult) -> Table:
    parameters = result.hold_out.estimator.model_.count_params()
    table = Table(
        "layer",
        "type",
        "output",
        title=f"Network ({result.settings['config']}): {parameters:,} parameters",
        title_justify="left",
    )
    table.add_column("parameters", justify="right")
    for layer in result.layers():
        shape = "x".join(map(str, layer["output_shape"]))
        table.add_row(layer["name"], layer["type"], shape, f"{layer['parameters']:,}")
    return table


def _fits(result: StudyResult) -> Table:
    fits: dict[str, FitEvaluation | None] = {
        "hold-out (shuffled)": result.hold_out,
        "unseen writers": result.unseen_writers,
    }
    done = {name: fit for name, fit in fits.items() if fit is not None}
    table = Table("", title="Trained once, measured on", title_justify="left")
    for name in done:
        table.add_column(name, justify="right")
    for name in (
        "accuracy",
        "precision",
        "recall",
        "f1",
        "log_loss",
        "roc_auc",
        "calibration_error",
    ):
        figures = (getattr(fit.evaluation, name) for fit in done.values())
        table.add_row(name, *(f"{figure:.4f}" for figure in figures))
    table.add_row("images", *(str(fit.evaluation.n_samples) for fit in done.values()))
    table.add_row("trained on", *(str(fit.n_train) for fit in done.values()))
    table.add_row("seconds of the fit", *(f"{fit.fit_seconds:.1f}" for fit in done.values()))
    return table


def folds_table(folds: FoldsEvaluation) -> Table:
    """Return the figures of shuffled folds as a table for the terminal."""
    table = Table("fold", title="Cross-validation (shuffled)", title_justify="left")
    for column in ("images", "accuracy", "log_loss", "seconds of the fit"):
        table.add_column(column, justify="right")
    for fold in folds.folds:
        table.add_row(
            str(fold.fold),
            str(fold.n_test),
            f"{fold.accuracy:.4f}",
            f"{fold.log_loss:.4f}",
            f"{fold.fit_seconds:.1f}",
        )
    table.add_section()
    table.add_row("mean", "", f"{folds.accuracy:.4f}", f"{folds.log_loss:.4f}")
    table.add_row("sd", "", f"{folds.accuracy_sd:.4f}", f"{folds.log_loss_sd:.4f}")
    return table


def _writers(writer_folds: FoldsEvaluation, shuffled_folds: FoldsEvaluation) -> Table:
    table = Table("", title="UCI's test part alone, in folds", title_justify="left")
    for column in ("folds", "accuracy", "sd", "log_loss"):
        table.add_column(column, justify="right")
    kinds = {"writers kept together (inferred)": writer_folds, "shuffled": shuffled_folds}
    for name, folds in kinds.items():
        table.add_row(
            name,
            str(len(folds.folds)),
            f"{folds.accuracy:.4f}",
            f"{folds.accuracy_sd:.4f}",
            f"{folds.log_loss:.4f}",
        )
    return table
