"""Draw loss and accuracy after each epoch: ``TrainingHistoryDisplay``."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.ticker import MaxNLocator

from skdigits.displays._layout import log_y, subplots_in
from skdigits.evaluation import digit_cnn_within

__all__ = ["TrainingHistoryDisplay", "loss_label"]


class TrainingHistoryDisplay:
    """Loss and accuracy after each epoch, on training and validation samples.

    Parameters
    ----------
    history : dict of str to list of float
        Values after each epoch: "loss" and "accuracy", and "val_loss" and "val_accuracy" if
        there was a validation set; all of one length, nan where there was none.
    label_smoothing : float, default=0.0
        The label smoothing of the loss, in [0, 1).

    Attributes
    ----------
    best_epoch : int or None
        Number, from 1, of the epoch with the lowest validation loss; None without validation.
        Epochs of earlier fits count.
    axes_ : ndarray of shape (2,) of matplotlib Axes
        Axes with the loss, on a logarithmic scale, and with the accuracy.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    CrossValidationDisplay : Accuracy and log-loss of each fold.

    Notes
    -----
    The figures of the training samples are measured while the network is trained, with dropout
    and augmentation, and averaged over the epoch. They may therefore be worse than those of the
    validation samples, which are measured at its end.

    Each value is drawn at its epoch, also after several fits. ``partial_fit`` sets no validation
    samples aside, so that the validation curves have a gap there.

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import TrainingHistoryDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, validation_fraction=0.1, random_state=0)
    >>> display = TrainingHistoryDisplay.from_estimator(clf.fit(X[:300], y[:300]))
    >>> display.best_epoch
    1
    >>> display.axes_[0].get_ylabel()
    'Loss (cross-entropy, labels smoothed by 0.1, nats)'
    """

    def __init__(
        self, *, history: Mapping[str, Sequence[float]], label_smoothing: float = 0.0
    ) -> None:
        self.history = history
        self.label_smoothing = label_smoothing

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the training of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~skdigits.DigitCNNClassifier`, or a pipeline, a search or a
            :class:`sklearn.frozen.FrozenEstimator` that ends in one.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no such classifier within, or it is not fitted.
        """
        _, classifier = digit_cnn_within(estimator)
        history = {name: list(values) for name, values in classifier.history_.items()}
        return cls(history=history, label_smoothing=classifier.label_smoothing).plot(ax)

    @property
    def best_epoch(self) -> int | None:
        losses = np.asarray(self.history.get("val_loss", ()), dtype=np.float64)
        return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1

    def plot(self, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : TrainingHistoryDisplay
            This display.
        """
        self.figure_, (self.axes_,) = subplots_in(ax, 1, 2, (10, 4.5))
        for axes, name in zip(self.axes_, ("loss", "accuracy"), strict=True):
            self._draw_curves(axes, name)
        self.axes_[0].set_ylabel(loss_label(self.label_smoothing))
        self.axes_[1].set_ylabel("Accuracy")
        log_y(self.axes_[0], [*self.history["loss"], *self.history.get("val_loss", ())])
        return self

    def _draw_curves(self, axes: Any, name: str) -> None:
        labels = {
            name: "training rows, while training",
            f"val_{name}": "validation rows, after the epoch",
        }
        for key, label in labels.items():
            values = np.asarray(self.history.get(key, ()), dtype=np.float64)
            measured = np.flatnonzero(np.isfinite(values))
            if len(measured):  # from the first epoch that has a value to the last, with gaps
                drawn = np.arange(measured[0], measured[-1] + 1)
                axes.plot(drawn + 1, values[drawn], label=label, marker=".")
        if self.best_epoch is not None:
            label = f"best epoch {self.best_epoch}"
            axes.axvline(self.best_epoch, label=label, linestyle="--", linewidth=1, color="black")
        axes.set(xlabel="Epoch", xlim=(0.5, len(self.history[name]) + 0.5))
        whole = MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
        axes.xaxis.set_major_locator(whole)
        axes.grid(alpha=0.3)
        axes.legend()


def loss_label(label_smoothing: float) -> str:
    """Return the label of an axis with the loss of a training."""
    smoothed = f", labels smoothed by {label_smoothing:g}" if label_smoothing else ""
    return f"Loss (cross-entropy{smoothed}, nats)"
