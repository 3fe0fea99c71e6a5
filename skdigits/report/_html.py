"""Render a study as ``report.html``, one page of HTML that needs no other file."""

import shlex
from typing import Any

import numpy as np

from skdigits._runs import LOADERS
from skdigits.datasets import find_doubtful_labels
from skdigits.evaluation import ClassificationEvaluation
from skdigits.report._embed import embed
from skdigits.report._figures import (
    FIGURES,
    PAGE_FIGURES,
    doubtful_fit,
    n_mistakes,
    saliency_row,
    seen_row,
)
from skdigits.report._formatting import METRICS, fold_rows, metric_rows, number, templates
from skdigits.study import FitEvaluation, StudyResult

__all__ = ["PUBLISHED_FOLDS", "PUBLISHED_FOLDS_FIGURES", "PUBLISHED_HOLD_OUT", "render_report"]

_TITLES = {
    "summary": "Summary",
    "data": "The data",
    "samples": "What the images look like",
    "architecture": "The network",
    "training": "Training",
    "feature-maps": "What the layers see",
    "filters": "What the first layer looks for",
    "metrics": "How well it reads",
    "confusion": "Which digits are confused",
    "roc": "ROC curves",
    "cross-validation": "Cross-validation",
    "mistakes": "Mistakes and uncertain images",
    "saliency": "Why it was wrong",
    "calibration": "How reliable the probabilities are",
    "comparison": "Comparison with other methods",
    "writers": "Known and unseen writers",
    "reproduction": "How to reproduce this page",
}

_BASELINE_TITLES = {"svc": "support vector machine, tuned", "knn": "nearest neighbour"}

# Figures that need data whose writers are known.
_FIGURES_OF_WRITERS = {"confusion_matrix_of_unseen_writers", "writer_folds"}

# The figures of the original study, as published in its notebook: of the same hold-out as ours
# (precision, recall and F1 are macro means), and of five shuffled folds without a seed.
PUBLISHED_HOLD_OUT = {
    "accuracy": 0.9911,
    "precision": 0.9908,
    "recall": 0.9916,
    "f1": 0.9911,
    "log_loss": 0.0322,
}
PUBLISHED_FOLDS = {
    "accuracy": (0.98754, 0.98843, 0.99288, 0.99021, 0.99377),
    "log_loss": (0.0425, 0.0491, 0.0302, 0.0431, 0.0165),
}
PUBLISHED_FOLDS_FIGURES = {
    "accuracy": float(np.mean(PUBLISHED_FOLDS["accuracy"])),
    "accuracy_sd": float(np.std(PUBLISHED_FOLDS["accuracy"])),
    "log_loss": float(np.mean(PUBLISHED_FOLDS["log_loss"])),
}


def render_report(result: StudyResult) -> str:
    """Return a study as one page of HTML, figures included, that loads nothing.

    Parameters
    ----------
    result : StudyResult
        Results of the study.

    Returns
    -------
    str
        The page.

    See Also
    --------
    write_report : Write it, with figures and ``results.json``.

    Examples
    --------
    >>> from skdigits.report import render_report
    >>> from skdigits.study import run_study
    >>> page = render_report(run_study(quick=True))  # doctest: +SKIP
    """
    environment = templates(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("report.html.j2").render(_context(result))


def _context(result: StudyResult) -> dict[str, Any]:
    has_writers = result.unseen_writers is not None
    is_known = result.settings["data"] in LOADERS
    evaluations = {"hold-out": result.hold_out.evaluation}
    if result.unseen_writers is not None:
        evaluations["unseen writers"] = result.unseen_writers.evaluation
    doubtful = doubtful_fit(result)
    doubtful_labels = _doubtful_labels(doubtful)

    # Without known writers, neither the section nor the figures about them are there.
    titles = {name: title for name, title in _TITLES.items() if has_writers or name != "writers"}
    alternatives = _alternatives(result)
    figures = {
        name: embed(draw(result), keep_images=not name.startswith("confusion_matrix"))
        | {"alt": alternatives[name]}
        for name, draw in (FIGURES | PAGE_FIGURES).items()
        if has_writers or name not in _FIGURES_OF_WRITERS
    }
    return {
        "titles": titles,
        "result": result,
        "metadata": result.digits.get("metadata") or {},
        "figures": figures,
        "results": result.to_dict(),
        "ink": (result.digits.data.min(), result.digits.data.max()),
        "validated_epochs": len(result.validated.history_["loss"]),
        "evaluations": evaluations,
        "metric_rows": metric_rows(evaluations.values()),
        "fold_rows": fold_rows(result.cross_validation),
        "doubtful": doubtful,
        "doubtful_rows": "the unseen writers" if has_writers else "the hold-out",
        "n_mistakes": n_mistakes(doubtful),
        "mistakes": _mistakes(doubtful.evaluation),
        "doubtful_labels": doubtful_labels,
        "n_doubtful": sum(label != read for _, label, _, read in doubtful_labels),
        "baseline_titles": [_BASELINE_TITLES[name] for name in result.baselines],
        "compared": _compared(result, is_known),
        "is_known": is_known,
        "published_folds": _published_folds(),
        "command": _command(result.settings),
    }


def _compared(result: StudyResult, is_known: bool) -> list[list[str]]:
    """Return rows with a title, our figure, the published one if data are known, the baselines'."""
    baselines = list(result.baselines.values())
    rows = []

    def add(title: str, evaluations: list[Any], name: str, published: float | None) -> None:
        ours, *others = (number(getattr(evaluation, name)) for evaluation in evaluations)
        rows.append([title, ours, *([number(published)] if is_known else []), *others])

    hold_outs = [result.hold_out.evaluation, *(baseline.hold_out for baseline in baselines)]
    for name, published in PUBLISHED_HOLD_OUT.items():
        add(f"hold-out: {METRICS[name]}", hold_outs, name, published)
    folds = [result.cross_validation, *(baseline.cross_validation for baseline in baselines)]
    for name, title in {
        "accuracy": "mean accuracy",
        "accuracy_sd": "standard deviation of the accuracy",
        "log_loss": "mean log-loss (nats)",
    }.items():
        add(f"folds: {title}", folds, name, PUBLISHED_FOLDS_FIGURES[name])
    if result.unseen_writers is not None:
        unseen = [baseline.unseen_writers for baseline in baselines]
        evaluations = [result.unseen_writers.evaluation, *unseen]
        add("unseen writers: accuracy", evaluations, "accuracy", None)
    return rows


def _published_folds() -> list[list[str]]:
    """Return the metrics of the published folds, each with its mean."""
    rows = []
    for name, digits in (("accuracy", 5), ("log_loss", 4)):
        values = (*PUBLISHED_FOLDS[name], PUBLISHED_FOLDS_FIGURES[name])
        rows.append([METRICS[name], *(number(value, digits) for value in values)])
    return rows


def _alternatives(result: StudyResult) -> dict[str, str]:
    """Describe each figure in words, for those who do not see it."""
    hold_out, doubtful = result.hold_out, doubtful_fit(result)
    row, salient = seen_row(result), saliency_row(doubtful)
    history = result.validated.history_
    (predicted,) = doubtful.estimator.predict(doubtful.X[salient : salient + 1])
    maps = hold_out.estimator.feature_maps(hold_out.X[row : row + 1])
    labels = ", ".join(map(str, hold_out.evaluation.labels))
    details = "each with its true label, the predicted label and the probability of the latter."

    # What a table of the page holds as well is not repeated, only referred to.
    alternatives = {
        "samples": f"Random images of each class, in one column per class: {labels}.",
        "architecture": "Diagram of the network with a box for each layer, from the image at the "
        "top to the probabilities at the bottom; the table below lists the layers.",
        "training_curves": "Two charts over the epochs, for training and validation samples. The "
        f"training loss goes from {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}, the "
        f"validation loss from {history['val_loss'][0]:.3f} to {history['val_loss'][-1]:.3f}, the "
        f"validation accuracy from {history['val_accuracy'][0]:.3f} to "
        f"{history['val_accuracy'][-1]:.3f}.",
        "feature_maps": f"An image of a {hold_out.y[row]} and, below it, its feature maps in "
        f"{', '.join(maps)}, bright where a filter responds.",
        "filters": "The kernels of the first convolution as small squares: red weights are "
        "positive, blue ones negative.",
        "confusion_matrix": _in_words("Confusion matrix of the hold-out", hold_out.evaluation),
        "roc_curves": "ROC curves of each class against the rest and their mean, with a "
        "logarithmic false positive rate; the mean area under them is "
        f"{number(hold_out.evaluation.roc_auc, 5)}.",
        "folds": "Accuracy and log-loss of each fold with their means, and the training loss of "
        "each fold over the epochs; the table below has the figures.",
        "mistakes": f"The most confident mistakes, {details}"
        if n_mistakes(doubtful)
        else "No mistakes.",
        "least_certain": f"The images with the least certain predictions, {details}",
        "saliency": f"An image of a {doubtful.y[salient]} that is taken for a {predicted}, and two "
        "maps of it: how much probability is lost without the ink, and how much is gained with "
        "more. Red is evidence for the predicted class, blue against it.",
        "reliability": "Mistakes made and mistakes expected from the probabilities, among the "
        "first images from the least certain one on; the expected calibration error is "
        f"{number(doubtful.evaluation.calibration_error)}.",
    }
    if result.unseen_writers is not None:
        alternatives["confusion_matrix_of_unseen_writers"] = _in_words(
            "Confusion matrix of the unseen writers", result.unseen_writers.evaluation
        )
    if result.writer_folds is not None and result.shuffled_folds is not None:
        alternatives["writer_folds"] = (
            "Accuracy and log-loss of folds that keep writers together (mean accuracy "
            f"{number(result.writer_folds.accuracy)}) beside shuffled ones "
            f"({number(result.shuffled_folds.accuracy)})."
        )
    return alternatives


def _in_words(title: str, evaluation: ClassificationEvaluation) -> str:
    right = np.trace(evaluation.confusion_matrix)
    text = f"{title}: {right} of {evaluation.n_samples} images are on the diagonal."
    mistakes = _mistakes(evaluation)
    if mistakes:
        true, predicted, count = mistakes[0]
        times = "once" if count == 1 else f"{count} times"
        text += f" The most frequent mistake is a {true} taken for a {predicted}, {times}."
    return text


def _mistakes(evaluation: ClassificationEvaluation) -> list[tuple[Any, Any, int]]:
    """Return true label, predicted label and count of each kind of mistake, frequent ones first."""
    matrix, labels = evaluation.confusion_matrix, evaluation.labels
    found = [
        (labels[true], labels[predicted], int(matrix[true, predicted]))
        for true, predicted in np.argwhere(matrix)
        if true != predicted
    ]
    return sorted(found, key=lambda mistake: -mistake[2])


def _doubtful_labels(fit: FitEvaluation) -> list[tuple[int, Any, int, Any]]:
    """Return row, label, what it looks like and prediction of images whose label is doubtful."""
    found = find_doubtful_labels(fit.X, fit.y)
    if not found:
        return []
    rows = list(found)
    read = fit.estimator.predict(fit.X[rows])
    return list(zip(rows, fit.y[rows], found.values(), read, strict=True))


def _command(settings: dict[str, Any]) -> str:
    words = ["skdigits", "study"]
    options = {"cv": "folds", "random_state": "seed"}
    for name in ("data", "config", "cv", "epochs", "random_state"):
        words += [f"--{options.get(name, name)}", str(settings[name])]
    return shlex.join([*words, *(["--quick"] if settings["quick"] else [])])
