"""Draw the figures of a study without pyplot: no backend is chosen and no window opened.

The displays draw; this module chooses what they draw, and of which samples.
"""

import io
import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, roc_curve

from skdigits.datasets import find_doubtful_labels
from skdigits.displays import (
    ArchitectureDisplay,
    CrossValidationDisplay,
    DigitSamplesDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    MistakesDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
    draw_expected_mistakes,
    log_y,
    loss_label,
    plain_number,
)
from skdigits.study import FitEvaluation, StudyResult

__all__ = [
    "FIGURES",
    "Drawing",
    "doubtful_fit",
    "draw_png",
    "figure_names",
    "saliency_row",
    "seen_row",
]

_DPI = 150
_SAMPLES_PER_CLASS = 6
_MAPS_PER_LINE = 16
_FILTERS_PER_LINE = 8
_MOST_IMAGES = 15  # of mistakes
_IMAGES_PER_LINE = 5

Draw = Callable[[StudyResult], Figure]


class Drawing(NamedTuple):
    """A figure as PNG, with its size in CSS pixels."""

    png: bytes
    width: int
    height: int


def draw_png(figure: Figure) -> Drawing:
    """Draw a figure once, for its file and for the page."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI)
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    return Drawing(stream.getvalue(), width, height)


def draw_samples(result: StudyResult) -> Figure:
    """Draw random images of each class."""
    digits = result.digits
    figure, ax = _figure(0.9 * len(np.unique(digits.target)), 0.95 * _SAMPLES_PER_CLASS)
    DigitSamplesDisplay.from_data(
        digits.data,
        digits.target,
        n_per_class=_SAMPLES_PER_CLASS,
        random_state=result.settings["random_state"],
        ax=ax,
    )
    figure.suptitle("Random images of each class (ink per block, 0 to 16)")
    return figure


def draw_architecture(result: StudyResult) -> Figure:
    """Draw the layers of the network."""
    layers = result.layers()
    figure = Figure(figsize=(6.8, 0.55 * len(layers) + 0.8))
    ArchitectureDisplay(layers=layers).plot(figure.add_axes((0.01, 0.01, 0.98, 0.94)))
    return figure


def draw_training_curves(result: StudyResult) -> Figure:
    """Draw loss and accuracy after each epoch, on training and validation samples."""
    figure, ax = _figure(10, 4)
    TrainingHistoryDisplay.from_estimator(result.validated, ax=ax)
    figure.suptitle("Training, with a tenth of the training rows set aside for validation")
    return figure


def draw_feature_maps(result: StudyResult) -> Figure:
    """Draw the feature maps of an image that the network was not trained on."""
    fit, row = result.hold_out, seen_row(result)
    maps = {
        name: values[0] for name, values in fit.estimator.feature_maps(fit.X[row : row + 1]).items()
    }
    image = fit.X[row].reshape(*result.digits.images.shape[1:], 1)
    n_lines = sum(math.ceil(values.shape[-1] / _MAPS_PER_LINE) for values in maps.values())
    figure, ax = _figure(10, 0.62 * n_lines + 2)
    FeatureMapDisplay(maps=maps, image=image).plot(ax)
    figure.suptitle(
        f"Image of a {fit.y[row]}, not trained on; the network says {fit.predicted[row]}, with "
        f"probability {fit.probabilities[row].max():.2f}"
    )
    return figure


def draw_filters(result: StudyResult) -> Figure:
    """Draw the kernels of the first convolution."""
    estimator = result.hold_out.estimator
    n_filters = estimator.model_.get_layer("conv_1").filters
    figure, ax = _figure(6.5, 0.62 * math.ceil(n_filters / _FILTERS_PER_LINE) + 0.7)
    FilterDisplay.from_estimator(estimator, ax=ax)
    return figure


def draw_confusion_matrix(result: StudyResult, split: str, title: str) -> Figure:
    """Draw the confusion matrix of one evaluation."""
    evaluation = getattr(result, split).evaluation
    figure, ax = _figure(6.5, 6.5)
    display = ConfusionMatrixDisplay(
        evaluation.confusion_matrix, display_labels=evaluation.labels
    ).plot(ax=ax, cmap="Blues", colorbar=False)
    for text in display.text_.ravel():
        text.set_visible(text.get_text() != "0")
    errors = evaluation.n_samples - np.trace(evaluation.confusion_matrix)
    ax.set_title(f"{title}: {errors} errors in {evaluation.n_samples} images")
    return figure


def draw_roc_curves(result: StudyResult) -> Figure:
    """Draw the one-vs-rest ROC curves of the hold-out where they differ: from the corner on."""
    fit, evaluation = result.hold_out, result.hold_out.evaluation
    figure, ax = _figure(8.5, 5.5)
    found_without_alarm = []
    for label, column in zip(evaluation.labels, fit.probabilities.T, strict=True):
        area = evaluation.per_class.loc[label, "roc_auc"]
        if np.isnan(area):  # the hold-out has no image of the class, or of any other
            continue
        rates, found, _ = roc_curve(fit.y == label, column)
        ax.plot(rates, found, label=f"{label} (area {area:.5f})")
        found_without_alarm.append(found[rates == 0].max())

    # Logarithmic from the rate of one image on; what is found without a false positive is at 0.
    one = 1 / len(fit.y)
    ax.set_xscale("symlog", linthresh=one)
    ax.xaxis.set_major_formatter(plain_number)
    lowest = min(found_without_alarm)
    margin = 0.05 * max(1 - lowest, 0.01)
    ax.set(xlim=(-0.1 * one, 1), ylim=(lowest - margin, 1 + margin))
    ax.set(xlabel="False positive rate (logarithmic)", ylabel="True positive rate")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", title="Class against the rest")
    figure.suptitle(f"Hold-out: mean area under the ROC curves {evaluation.roc_auc:.5f}")
    return figure


def draw_folds(result: StudyResult) -> Figure:
    """Draw accuracy and log-loss of each fold with their means, and each fold's training."""
    folds = result.cross_validation
    figure = Figure(figsize=(11, 4), layout="constrained")
    place, training = figure.subplots(1, 2, width_ratios=(2, 1))
    name = result.settings["config"]
    CrossValidationDisplay.from_evaluations({f"{name} network": folds}, ax=place)
    losses = [np.array(fold.history["loss"]) for fold in folds.folds if fold.history]
    epochs = np.arange(1, len(losses[0]) + 1)
    for fold, loss in zip(folds.folds, losses, strict=True):
        training.plot(epochs, loss, linewidth=1, alpha=0.6, label=f"fold {fold.fold}")
    training.plot(epochs, np.mean(losses, axis=0), color="black", linewidth=2, label="mean")
    label = loss_label(result.hold_out.estimator.label_smoothing)
    training.set(xlabel="Epoch", ylabel=label, title="Training rows")
    log_y(training, losses)
    training.grid(alpha=0.3)
    training.legend()
    figure.suptitle(f"{len(folds.folds)}-fold cross-validation")
    return figure


def draw_mistakes(result: StudyResult, kind: str) -> Figure:
    """Draw the most confident mistakes or the least certain predictions."""
    fit = doubtful_fit(result)
    n_images = np.sum(fit.predicted != fit.y) if kind == "mistakes" else len(fit.y)
    n_drawn = max(1, min(n_images, _MOST_IMAGES))
    n_columns, n_lines = min(n_drawn, _IMAGES_PER_LINE), math.ceil(n_drawn / _IMAGES_PER_LINE)
    figure, ax = _figure(1.9 * n_columns, 1.75 * n_lines)
    display = MistakesDisplay.from_predictions(
        fit.X,
        fit.y,
        fit.probabilities,
        labels=fit.estimator.classes_,
        kind=kind,
        n_images=_MOST_IMAGES,
        ax=ax,
    )
    doubtful = find_doubtful_labels(fit.X, fit.y)
    for axes, row in zip(display.axes_.flat, display.rows.tolist(), strict=False):
        if row in doubtful:
            axes.set_xlabel(f"row {row}: label doubtful", fontsize="small", fontweight="bold")
    return figure


def draw_saliency(result: StudyResult) -> Figure:
    """Draw which parts of the image matter to the most confident mistake beyond doubt."""
    fit = doubtful_fit(result)
    figure, ax = _figure(8.4, 3.8)
    SaliencyDisplay.from_estimator(fit.estimator, fit.X[saliency_row(fit)], ax=ax)
    return figure


def draw_reliability(result: StudyResult) -> Figure:
    """Draw the mistakes that the probabilities let one expect, and those that were made."""
    fit = doubtful_fit(result)
    figure, ax = _figure(7.5, 4.5)
    draw_expected_mistakes(ax, fit.predicted == fit.y, fit.probabilities.max(axis=1))
    error = fit.evaluation.calibration_error
    ax.set(
        title=f"Expected calibration error {error:.4f}", xlabel="Images, from the least certain on"
    )
    return figure


def draw_writer_folds(result: StudyResult) -> Figure:
    """Draw folds of writers beside shuffled folds, which the study must have."""
    assert result.writer_folds is not None
    assert result.shuffled_folds is not None
    figure, ax = _figure(9, 4)
    folds = {"writers apart": result.writer_folds, "shuffled": result.shuffled_folds}
    CrossValidationDisplay.from_evaluations(folds, ax=ax)
    figure.suptitle("UCI's test subset alone, in folds")
    return figure


# All figures, in the order of the page.
FIGURES: dict[str, Draw] = {
    "samples": draw_samples,
    "architecture": draw_architecture,
    "training_curves": draw_training_curves,
    "feature_maps": draw_feature_maps,
    "filters": draw_filters,
    "confusion_matrix": partial(draw_confusion_matrix, split="hold_out", title="Hold-out"),
    "confusion_matrix_of_unseen_writers": partial(
        draw_confusion_matrix, split="unseen_writers", title="Unseen writers"
    ),
    "roc_curves": draw_roc_curves,
    "folds": draw_folds,
    "mistakes": partial(draw_mistakes, kind="mistakes"),
    "least_certain": partial(draw_mistakes, kind="least_certain"),
    "saliency": draw_saliency,
    "reliability": draw_reliability,
    "writer_folds": draw_writer_folds,
}


def figure_names(result: StudyResult) -> list[str]:
    """Return the names of the figures that a study has, in the order of the page."""
    of_writers = {"confusion_matrix_of_unseen_writers", "writer_folds"}
    return [name for name in FIGURES if result.unseen_writers or name not in of_writers]


def doubtful_fit(result: StudyResult) -> FitEvaluation:
    """Return the evaluation on unseen writers, which is the harder one, or the hold-out."""
    return result.unseen_writers or result.hold_out


def saliency_row(fit: FitEvaluation) -> int:
    """Return the row of the most confident mistake or, without any, of the least certain image.

    Images whose label is doubtful are not explained.
    """
    probability = fit.probabilities.max(axis=1)
    is_doubtful = np.isin(np.arange(len(fit.y)), list(find_doubtful_labels(fit.X, fit.y)))
    wrong = np.flatnonzero((fit.predicted != fit.y) & ~is_doubtful)
    if len(wrong):
        return int(wrong[np.argmax(probability[wrong])])
    return int(np.argmin(np.where(is_doubtful, np.inf, probability)))


def seen_row(result: StudyResult) -> int:
    """Return the row of the hold-out whose feature maps are drawn."""
    return int(
        np.random.default_rng(result.settings["random_state"]).integers(len(result.hold_out.y))
    )


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()
