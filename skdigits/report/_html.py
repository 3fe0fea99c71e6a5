"""A study as one page of HTML that needs nothing else: ``report.html``."""

import base64
import io
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from skdigits._runs import LOADERS
from skdigits.evaluation import ClassificationEvaluation
from skdigits.report._figures import (
    FIGURES,
    PAGE_FIGURES,
    doubtful_fit,
    n_mistakes,
    saliency_row,
    seen_row,
)
from skdigits.report._published import (
    PUBLISHED_FOLDS,
    PUBLISHED_FOLDS_FIGURES,
    PUBLISHED_HOLD_OUT,
)
from skdigits.study import StudyResult

__all__ = ["render_report"]

_DPI = 110

_TITLES = {
    "summary": "In short",
    "data": "The data",
    "samples": "What the images look like",
    "architecture": "The network",
    "training": "Training",
    "feature-maps": "What the layers see",
    "filters": "What the first layer looks for",
    "metrics": "How good it is",
    "confusion": "What is taken for what",
    "roc": "ROC curves",
    "cross-validation": "Cross-validation",
    "mistakes": "Mistakes and doubtful images",
    "saliency": "Why it was wrong",
    "calibration": "Whether the probabilities can be relied on",
    "comparison": "Compared with others",
    "writers": "Known and unknown writers",
    "reproduction": "How to get this again",
}

_METRICS = {
    "accuracy": "accuracy",
    "precision": "precision (mean over classes)",
    "recall": "recall (mean over classes)",
    "f1": "F1 (mean over classes)",
    "log_loss": "log-loss (nats)",
    "roc_auc": "area under the ROC curve (mean)",
    "calibration_error": "expected calibration error",
}

_BASELINE_TITLES = {"svc": "support vector machine, tuned", "knn": "nearest neighbour"}

# What there is only where the writers are known.
_FIGURES_OF_WRITERS = {"confusion_matrix_of_unseen_writers", "writer_folds"}


@dataclass(frozen=True)
class _Picture:
    """A PNG within the page.

    Attributes
    ----------
    source : str
        Data URI.
    alternative : str
        What it shows, for those who do not see it.
    width, height : int
        CSS pixels.
    """

    source: str
    alternative: str
    width: int
    height: int


def render_report(result: StudyResult) -> str:
    """Return a study as one page of HTML, pictures and all, that loads nothing.

    Parameters
    ----------
    result : StudyResult
        What the study found.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> from skdigits.report import render_report
    >>> from skdigits.study import run_study
    >>> page = render_report(run_study(quick=True))  # doctest: +SKIP
    """
    environment = Environment(
        loader=PackageLoader("skdigits.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _number
    return environment.get_template("report.html.j2").render(_context(result))


def _context(result: StudyResult) -> dict[str, Any]:
    has_writers = result.unseen_writers is not None
    is_known = result.settings["data"] in LOADERS
    evaluations = {"hold-out": result.hold_out.evaluation}
    if result.unseen_writers is not None:
        evaluations["unseen writers"] = result.unseen_writers.evaluation
    doubtful = doubtful_fit(result)
    figures = result.to_dict()
    draw = {
        name: draw
        for name, draw in (FIGURES | PAGE_FIGURES).items()
        if has_writers or name not in _FIGURES_OF_WRITERS
    }
    alternatives = _alternatives(result)
    return {
        "titles": {
            name: title for name, title in _TITLES.items() if has_writers or name != "writers"
        },
        "result": result,
        "metadata": result.digits.get("metadata") or {},
        "pictures": {
            name: _picture(drawing(result), alternatives[name]) for name, drawing in draw.items()
        },
        "samples_per_class": figures["data"]["samples_per_class"],
        "ink": (result.digits.data.min(), result.digits.data.max()),
        "layers": figures["network"]["layers"],
        "n_parameters": figures["network"]["parameters"],
        "hyper_parameters": figures["network"]["hyper_parameters"],
        "validated_epochs": len(result.validated.history_["loss"]),
        "metrics": _METRICS,
        "evaluations": evaluations,
        "doubtful": doubtful,
        "doubtful_rows": "the unseen writers" if has_writers else "the hold-out",
        "n_mistakes": n_mistakes(doubtful),
        "mistakes": _mistakes(doubtful.evaluation),
        "baseline_titles": _BASELINE_TITLES,
        "compared": _compared(result, is_known),
        "is_known": is_known,
        "published_folds": PUBLISHED_FOLDS,
        "published_folds_figures": PUBLISHED_FOLDS_FIGURES,
        "command": _command(result.settings),
        "versions": figures["versions"],
        "machine": figures["machine"],
    }


def _compared(result: StudyResult, is_known: bool) -> dict[str, list[float | None]]:
    """Return rows of figures by their names; a column each for us, the study and the baselines."""
    baselines = list(result.baselines.values())

    def row(
        ours: Any, others: Iterable[Any], name: str, published: float | None
    ) -> list[float | None]:
        figures = [getattr(found, name) for found in (ours, *others)]
        return [figures[0], *([published] if is_known else []), *figures[1:]]

    rows = {}
    hold_outs = [baseline.hold_out for baseline in baselines]
    for name, title in list(_METRICS.items())[:5]:
        published = PUBLISHED_HOLD_OUT[name]
        rows[f"hold-out: {title}"] = row(result.hold_out.evaluation, hold_outs, name, published)
    folds = [baseline.cross_validation for baseline in baselines]
    for name, title in {
        "accuracy": "mean accuracy",
        "accuracy_sd": "standard deviation of the accuracy",
        "log_loss": "mean log-loss (nats)",
    }.items():
        published = PUBLISHED_FOLDS_FIGURES[name]
        rows[f"folds: {title}"] = row(result.cross_validation, folds, name, published)
    if result.unseen_writers is not None:
        unseen = [baseline.unseen_writers for baseline in baselines]
        rows["unseen writers: accuracy"] = row(
            result.unseen_writers.evaluation, unseen, "accuracy", None
        )
    return rows


def _alternatives(result: StudyResult) -> dict[str, str]:
    """Say what each figure shows."""
    hold_out, doubtful = result.hold_out, doubtful_fit(result)
    classifier = hold_out.estimator
    row, salient = seen_row(result), saliency_row(doubtful)
    history = result.validated.history_
    (said,) = doubtful.estimator.predict(doubtful.X[salient : salient + 1])
    maps = classifier.feature_maps(hold_out.X[row : row + 1])
    labels = ", ".join(map(str, hold_out.evaluation.labels))
    alternatives = {
        "samples": f"Random images of each class, a column a class: {labels}.",
        "architecture": "Diagram of the network, a box a layer, from the image at the top to the "
        "probabilities at the bottom; the table below says the same in words.",
        "training_curves": "Two charts over the epochs, for training and validation rows. The "
        f"training loss goes from {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}, the "
        f"validation loss from {history['val_loss'][0]:.3f} to {history['val_loss'][-1]:.3f}, the "
        f"validation accuracy from {history['val_accuracy'][0]:.3f} to "
        f"{history['val_accuracy'][-1]:.3f}.",
        "feature_maps": f"An image of a {hold_out.y[row]} and, below it, the maps that "
        f"{', '.join(maps)} make of it, bright where a filter responds.",
        "filters": "The kernels of the first convolution as small squares: red weights are "
        "positive, blue ones negative.",
        "confusion_matrix": _in_words("Confusion matrix of the hold-out", hold_out.evaluation),
        "roc_curves": "ROC curves of each class against the rest and their mean, whole and with "
        "the upper left corner enlarged; the mean area under them is "
        f"{_number(hold_out.evaluation.roc_auc, 5)}.",
        "folds": "Accuracy and log-loss of each fold with their means, and the training loss of "
        "each fold over the epochs; the table below has the figures.",
        "mistakes": "The most confident mistakes, each with its true label, what the network said "
        "and how probable it thought that."
        if n_mistakes(doubtful)
        else "No mistakes.",
        "least_certain": "The images that the network is least certain of, each with its true "
        "label, what the network said and how probable it thought that.",
        "saliency": f"An image of a {doubtful.y[salient]} that the network takes for a {said}, "
        "and two maps of its pixels: what the network loses without their ink, and what it gains "
        "from more. Red pixels speak for what it said, blue ones against it.",
        "reliability": "Fraction of images predicted right against the probability that the "
        "network gave, with a histogram of the probabilities; the expected calibration error is "
        f"{_number(doubtful.evaluation.calibration_error)}.",
    }
    if result.unseen_writers is not None:
        alternatives["confusion_matrix_of_unseen_writers"] = _in_words(
            "Confusion matrix of the unseen writers", result.unseen_writers.evaluation
        )
    if result.writer_folds is not None and result.shuffled_folds is not None:
        alternatives["writer_folds"] = (
            "Accuracy and log-loss of folds that keep writers together (mean accuracy "
            f"{_number(result.writer_folds.accuracy)}) beside shuffled ones "
            f"({_number(result.shuffled_folds.accuracy)})."
        )
    return alternatives


def _in_words(title: str, evaluation: ClassificationEvaluation) -> str:
    right = np.trace(evaluation.confusion_matrix)
    text = f"{title}: {right} of {evaluation.n_samples} images on the diagonal."
    mistakes = _mistakes(evaluation)
    if mistakes:
        true, said, count = mistakes[0]
        text += f" The most frequent mistake: {true} taken for {said}, {count} times."
    return text.replace(", 1 times", ", once")


def _mistakes(evaluation: ClassificationEvaluation) -> list[tuple[Any, Any, int]]:
    """Return true label, predicted label and count of each kind of mistake, frequent ones first."""
    matrix, labels = evaluation.confusion_matrix, evaluation.labels
    found = [
        (labels[true], labels[said], int(matrix[true, said]))
        for true, said in np.argwhere(matrix)
        if true != said
    ]
    return sorted(found, key=lambda mistake: -mistake[2])


def _picture(figure: Figure, alternative: str) -> _Picture:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    encoded = base64.b64encode(stream.getvalue()).decode("ascii")
    width, height = (round(96 * size) for size in figure.get_size_inches())
    return _Picture(f"data:image/png;base64,{encoded}", alternative, width, height)


def _command(settings: dict[str, Any]) -> str:
    words = ["skdigits", "study"]
    options = {"cv": "folds", "random_state": "seed"}
    for name in ("data", "config", "cv", "epochs", "random_state"):
        words += [f"--{options.get(name, name)}", str(settings[name])]
    return shlex.join([*words, *(["--quick"] if settings["quick"] else [])])


def _number(value: float | None, digits: int = 4) -> str:
    return "n/a" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"
