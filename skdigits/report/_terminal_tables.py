"""Make the tables that are printed on the terminal."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation
from skdigits.report._formatting import fold_rows, interval, metric_rows, number
from skdigits.study import StudyResult

__all__ = [
    "classes_table",
    "confusion_table",
    "data_table",
    "fits_table",
    "folds_table",
    "metrics_table",
    "network_table",
    "text_table",
    "writers_table",
]


def text_table(
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


def data_table(result: StudyResult) -> Table:
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
    return text_table(title, ("", ""), known, n_left=2, show_header=False)


def network_table(result: StudyResult) -> Table:
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
    return text_table(title, ("layer", "type", "output", "parameters"), rows, n_left=3)


def fits_table(result: StudyResult) -> Table:
    fits = {"hold-out (shuffled)": result.hold_out}
    if result.unseen_writers is not None:
        fits["unseen writers"] = result.unseen_writers
    rows: list[list[Any]] = [
        *metric_rows(fit.evaluation for fit in fits.values()),
        ["trained on", *(fit.n_train for fit in fits.values())],
        ["seconds of the fit", *(number(fit.fit_seconds, 1) for fit in fits.values())],
    ]
    return text_table("Trained once, measured on", ("", *fits), rows)


def folds_table(folds: FoldsEvaluation) -> Table:
    rows, summary = fold_rows(folds)
    header = ("fold", "images", "accuracy", "log-loss", "seconds of the fit")
    table = text_table("Cross-validation (shuffled)", header, rows)
    table.add_section()
    for row in summary:
        table.add_row(*row)
    return table


def writers_table(writer_folds: FoldsEvaluation, shuffled_folds: FoldsEvaluation) -> Table:
    kinds = {"writers kept together (inferred)": writer_folds, "shuffled": shuffled_folds}
    rows = [
        (name, len(folds.folds), *map(number, (folds.accuracy, folds.accuracy_sd, folds.log_loss)))
        for name, folds in kinds.items()
    ]
    header = ("", "folds", "accuracy", "sd", "log-loss")
    return text_table("UCI's test subset alone, in folds", header, rows)


def metrics_table(evaluation: ClassificationEvaluation) -> Table:
    rows = metric_rows([evaluation], ("accuracy", "log_loss", "calibration_error"))
    rows.insert(1, ["95 % interval (Wilson)", interval(evaluation.accuracy_interval())])
    return text_table("Metrics", ("", ""), rows, show_header=False)


def classes_table(evaluation: ClassificationEvaluation) -> Table:
    names = ("precision", "recall", "f1")
    rows = [
        (
            label,
            *(number(row[name]) if row["support"] else "" for name in names),
            int(row["support"]),
        )
        for label, row in evaluation.per_class.iterrows()
    ]
    return text_table("Each class", ("class", "precision", "recall", "F1", "images"), rows)


def confusion_table(evaluation: ClassificationEvaluation) -> Table:
    """Return the confusion matrix with mistakes in bold, and nothing for 0."""
    rows: list[list[Text]] = []
    for true, label in enumerate(evaluation.labels):
        cells = [
            Text(str(count) if count else "", style="bold red" if predicted != true else "")
            for predicted, count in enumerate(evaluation.confusion_matrix[true])
        ]
        rows.append([Text(str(label), style="bold"), *cells])
    return text_table("True class (down) and predicted class", ("", *evaluation.labels), rows)
