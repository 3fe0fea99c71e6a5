"""A model in a file and its metrics, on the terminal."""

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from skdigits.evaluation import ClassificationEvaluation
from skdigits.model_training import TrainedModel
from skdigits.report._summary import folds_table

__all__ = ["print_evaluation", "print_trained_model"]


def print_trained_model(
    model: TrainedModel, path: str | os.PathLike[str], *, console: Console
) -> None:
    """Print how good a model is that has been trained and written to a file.

    Parameters
    ----------
    model : TrainedModel
        The model.
    path : path-like
        Its file.
    console : rich.console.Console
        Where to print.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.model_training import train_model
    >>> from skdigits.report import print_trained_model
    >>> model = train_model()  # doctest: +SKIP
    >>> print_trained_model(model, "digits.skdigits", console=Console())  # doctest: +SKIP
    """
    split = model.scores()["split"]
    console.print(f"Trained on {split['n_train']} rows: {split['train']}.", highlight=False)
    if model.evaluation is not None:
        console.print(f"Measured on {split['n_test']} rows: {split['test']}.", highlight=False)
        console.print(_metrics(model.evaluation))
    if model.cross_validation is not None:
        console.print(folds_table(model.cross_validation))
    console.print(
        f"{model.seconds:.1f} s, {model.cpu_seconds:.1f} s of processor time. Written to "
        f"{os.fspath(path)}: {Path(path).stat().st_size / 1000:.0f} kB.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def print_evaluation(evaluation: ClassificationEvaluation, *, console: Console) -> None:
    """Print the metrics of a classifier, those of each class and what it took for what.

    Parameters
    ----------
    evaluation : ClassificationEvaluation
        The metrics.
    console : rich.console.Console
        Where to print.

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


def _metrics(evaluation: ClassificationEvaluation) -> Table:
    low, high = evaluation.accuracy_interval()
    table = Table(title="Metrics", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    table.add_row("accuracy", f"{evaluation.accuracy:.4f}")
    table.add_row("95 % interval (Wilson)", f"{low:.4f} to {high:.4f}")
    table.add_row("log_loss", f"{evaluation.log_loss:.4f}")
    table.add_row("calibration_error", f"{evaluation.calibration_error:.4f}")
    table.add_row("images", str(evaluation.n_samples))
    return table


def _classes(evaluation: ClassificationEvaluation) -> Table:
    table = Table("class", title="Each class", title_justify="left")
    for column in ("precision", "recall", "f1", "images"):
        table.add_column(column, justify="right")
    for label, row in evaluation.per_class.iterrows():
        names = ("precision", "recall", "f1")
        figures = (f"{row[name]:.4f}" if row["support"] else "" for name in names)
        table.add_row(Text(str(label)), *figures, str(int(row["support"])))
    return table


def _confusion(evaluation: ClassificationEvaluation) -> Table:
    """Return the matrix, what was taken for what in bold, and nothing for 0."""
    table = Table("", title="Class (down), and what it was taken for", title_justify="left")
    for label in evaluation.labels:
        table.add_column(Text(str(label)), justify="right")
    for row, label in enumerate(evaluation.labels):
        cells = [
            Text(str(count) if count else "", style="bold red" if column != row else "")
            for column, count in enumerate(evaluation.confusion_matrix[row])
        ]
        table.add_row(Text(str(label), style="bold"), *cells)
    return table
