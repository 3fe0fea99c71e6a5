"""The figures of a study, drawn without pyplot: no backend is chosen, no window opened."""

import math
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, roc_curve

from skdigits.study import StudyResult

__all__ = ["FIGURES"]

_SAMPLES_PER_CLASS = 6
_MAPS_PER_LINE = 16
_TILE = 24  # pixels of a feature map in the figure, before the gap
_GAP = 3


def draw_samples(result: StudyResult) -> Figure:
    """Draw random images of each class, a column a class."""
    rng = np.random.default_rng(result.settings["seed"])
    images, target = result.digits.images, result.digits.target
    labels = np.unique(target)
    figure = Figure(figsize=(0.9 * len(labels), 0.95 * _SAMPLES_PER_CLASS), layout="constrained")
    axes = figure.subplots(_SAMPLES_PER_CLASS, len(labels), squeeze=False)
    for column, label in zip(axes.T, labels, strict=True):
        chosen = rng.choice(np.flatnonzero(target == label), _SAMPLES_PER_CLASS, replace=False)
        column[0].set_title(str(label))
        for ax, row in zip(column, chosen, strict=True):
            _show_image(ax, images[row])
    figure.suptitle("Random images of each class (ink per block, 0 to 16)")
    return figure


def draw_training_curves(result: StudyResult) -> Figure:
    """Draw loss and accuracy after each epoch, on training and on validation rows."""
    history = result.validated.history_
    epochs = np.arange(1, len(history["loss"]) + 1)
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2)
    labels = {"loss": _loss_label(result), "accuracy": "Accuracy"}
    for ax, (name, label) in zip(axes, labels.items(), strict=True):
        ax.plot(epochs, history[name], label="training rows, while training")
        ax.plot(epochs, history[f"val_{name}"], label="validation rows, after the epoch")
        ax.set(xlabel="Epoch", ylabel=label)
        ax.grid(alpha=0.3)
        ax.legend()
    axes[0].set_yscale("log")
    figure.suptitle("Training, with a tenth of the training rows set aside for validation")
    return figure


def draw_feature_maps(result: StudyResult) -> Figure:
    """Draw what each layer of the trained network makes of one image it has not seen.

    The maps of a layer share one scale, from 0 (or the lowest negative value) to its highest
    value: a map of a single value has a shade as well.
    """
    fit = result.hold_out
    row = np.random.default_rng(result.settings["seed"]).integers(len(fit.y))
    X = fit.X[row : row + 1]
    layers = {name: maps[0] for name, maps in fit.classifier.feature_maps(X).items()}
    lines = [math.ceil(maps.shape[-1] / _MAPS_PER_LINE) for maps in layers.values()]
    figure = Figure(figsize=(10, 0.62 * sum(lines) + 3), layout="constrained")
    grid = figure.add_gridspec(1 + len(layers), 1, height_ratios=[3, *lines])
    top = grid[0].subgridspec(1, 2, width_ratios=[1, 2])

    ax = figure.add_subplot(top[0])
    _show_image(ax, X.reshape(result.digits.images.shape[1:]))
    ax.set_title(f"image of a {fit.y[row]}, not trained on")
    ax = figure.add_subplot(top[1])
    labels = [str(label) for label in fit.classifier.classes_]
    ax.bar(labels, fit.classifier.predict_proba(X)[0])
    ax.set(title="what the network says", xlabel="Class", ylabel="Probability", ylim=(0, 1))

    for place, (name, maps) in enumerate(layers.items(), start=1):
        height, width, filters = maps.shape
        ax = figure.add_subplot(grid[place])
        ax.imshow(
            _mosaic(maps),
            cmap=_with_white_gaps("magma"),
            vmin=min(0, maps.min()),
            vmax=maps.max() if maps.max() > 0 else 1,
        )
        ax.set_ylabel(
            f"{name}\n{filters} maps\n{height}x{width}", rotation=0, ha="right", va="center"
        )
        _hide_frame(ax)
    return figure


def draw_confusion_matrix(result: StudyResult) -> Figure:
    """Draw the hold-out's confusion matrix, rows and columns in the order of the labels."""
    evaluation = result.hold_out.evaluation
    figure = Figure(figsize=(6.5, 6.5), layout="constrained")
    ax = figure.subplots()
    display = ConfusionMatrixDisplay(
        evaluation.confusion_matrix, display_labels=evaluation.labels
    ).plot(ax=ax, cmap="Blues", colorbar=False)
    for text in display.text_.ravel():
        text.set_visible(text.get_text() != "0")
    errors = evaluation.n_samples - np.trace(evaluation.confusion_matrix)
    ax.set_title(f"Hold-out: {errors} errors in {evaluation.n_samples} images")
    return figure


def draw_roc_curves(result: StudyResult) -> Figure:
    """Draw the hold-out's one-vs-rest ROC curves, whole and their corner enlarged."""
    fit = result.hold_out
    evaluation = fit.evaluation
    probabilities = fit.classifier.predict_proba(fit.X)
    figure = Figure(figsize=(11, 5), layout="constrained")
    whole, corner = figure.subplots(1, 2)
    for label, of_class in zip(evaluation.labels, probabilities.T, strict=True):
        area = evaluation.per_class.loc[label, "roc_auc"]
        if np.isnan(area):  # no image of the class, or of any other, in the hold-out
            continue
        false_positives, true_positives, _ = roc_curve(fit.y == label, of_class)
        for ax in (whole, corner):
            ax.plot(false_positives, true_positives, label=f"{label} (area {area:.5f})")
    whole.plot([0, 1], [0, 1], linestyle=":", color="grey")
    whole.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), title="One class against the rest")
    corner.set(xlim=(-0.001, 0.05), ylim=(0.9, 1.002), title="The upper left corner")
    for ax in (whole, corner):
        ax.set(xlabel="False positive rate", ylabel="True positive rate")
        ax.grid(alpha=0.3)
    whole.legend(loc="lower right", title="Class")
    figure.suptitle(f"Hold-out: mean area under the ROC curves {evaluation.roc_auc:.5f}")
    return figure


def draw_folds(result: StudyResult) -> Figure:
    """Draw accuracy and log-loss of each fold with their means, and each fold's training."""
    folds = result.cross_validation
    numbers = [fold.fold for fold in folds.folds]
    figure = Figure(figsize=(14, 4), layout="constrained")
    *scores, training = figure.subplots(1, 3)
    for ax, name, label in zip(
        scores, ("accuracy", "log_loss"), ("Accuracy", "Log-loss (nats)"), strict=True
    ):
        mean, sd = getattr(folds, name), getattr(folds, f"{name}_sd")
        ax.plot(numbers, [getattr(fold, name) for fold in folds.folds], marker="o")
        ax.axhline(mean, linestyle="--", color="black", label=f"mean {mean:.4f}, sd {sd:.4f}")
        ax.axhspan(mean - sd, mean + sd, color="black", alpha=0.08)
        ax.set(xlabel="Fold", ylabel=label, xticks=numbers, title="Test rows")
    losses = [np.array(fold.history["loss"]) for fold in folds.folds if fold.history]
    epochs = np.arange(1, len(losses[0]) + 1)
    for fold, loss in zip(folds.folds, losses, strict=True):
        training.plot(epochs, loss, linewidth=1, alpha=0.6, label=f"fold {fold.fold}")
    training.plot(epochs, np.mean(losses, axis=0), color="black", linewidth=2, label="mean")
    training.set(xlabel="Epoch", ylabel=_loss_label(result), yscale="log", title="Training rows")
    for ax in (*scores, training):
        ax.grid(alpha=0.3)
        ax.legend()
    figure.suptitle(f"{len(numbers)}-fold cross-validation")
    return figure


FIGURES: dict[str, Callable[[StudyResult], Figure]] = {
    "samples": draw_samples,
    "training_curves": draw_training_curves,
    "feature_maps": draw_feature_maps,
    "confusion_matrix": draw_confusion_matrix,
    "roc_curves": draw_roc_curves,
    "folds": draw_folds,
}


def _show_image(ax: Axes, image: np.ndarray) -> None:
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=16)
    _hide_frame(ax)


def _hide_frame(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _mosaic(maps: np.ndarray) -> np.ndarray:
    """Lay maps of shape (height, width, filters) side by side in lines; gaps are nan."""
    height, width, filters = maps.shape
    step = _TILE + _GAP
    lines = math.ceil(filters / _MAPS_PER_LINE)
    mosaic = np.full((lines * step - _GAP, _MAPS_PER_LINE * step - _GAP), np.nan)
    rows, columns = (np.arange(_TILE) * size // _TILE for size in (height, width))
    for number in range(filters):
        line, column = (step * place for place in divmod(number, _MAPS_PER_LINE))
        tile = maps[:, :, number][np.ix_(rows, columns)]
        mosaic[line : line + _TILE, column : column + _TILE] = tile
    return mosaic


def _with_white_gaps(name: str) -> Colormap:
    import matplotlib

    return matplotlib.colormaps[name].with_extremes(bad="white")


def _loss_label(result: StudyResult) -> str:
    smoothing = result.hold_out.classifier.label_smoothing
    smoothed = f", labels smoothed by {smoothing:g}" if smoothing else ""
    return f"Loss (cross-entropy{smoothed}, nats)"
