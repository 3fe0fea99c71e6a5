"""``TrainingHistoryDisplay``: loss and accuracy after each epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.ticker import MaxNLocator
from sklearn.utils.validation import check_is_fitted

from skdigits.displays._layout import grid_in
from skdigits.displays._scales import log_y

__all__ = ["TrainingHistoryDisplay"]


class TrainingHistoryDisplay:
    """Loss and accuracy after each epoch, on training and validation rows.

    It is made by :meth:`from_estimator` or :meth:`from_history`; the constructor takes what is
    drawn as it is.

    Parameters
    ----------
    history : dict of str to list of float
        Values after each epoch: "loss" and "accuracy", and "val_loss" and "val_accuracy" where
        rows were set aside.
    label_smoothing : float, default=0.0
        What smoothed the labels of the loss, in [0, 1).

    Attributes
    ----------
    best_epoch : int or None
        Number, from 1, of the epoch with the lowest validation loss; None without validation.
    axes_ : ndarray of shape (2,) of matplotlib Axes
        The loss, on a logarithmic scale, and the accuracy.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    CrossValidationDisplay : Accuracy and log-loss of each fold.

    Notes
    -----
    The training rows are measured while training: before the epoch's later steps, and with
    dropout and augmentation. Their curve may thus lie on the worse side of the validation rows'.

    A network that goes on with ``partial_fit`` sets no rows aside any more; its validation
    curves end where it began.

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
    def from_estimator(
        cls, classifier: Any, *, ax: Any = None, line_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the training of a fitted classifier.

        Parameters
        ----------
        classifier : DigitCNNClassifier
            Fitted; any other classifier with such a ``history_`` will do.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : TrainingHistoryDisplay
            As drawn.

        Raises
        ------
        TypeError
            If `classifier` keeps no ``history_``.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If `ax` is not a subplot.
        """
        check_is_fitted(classifier)
        if not hasattr(classifier, "history_"):
            raise TypeError(
                "Expected a fitted classifier that keeps the history_ of its training, such as "
                f"DigitCNNClassifier; got {classifier!r}."
            )
        smoothing = getattr(classifier, "label_smoothing", 0.0)
        return cls.from_history(
            classifier.history_, label_smoothing=smoothing, ax=ax, line_kw=line_kw
        )

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        label_smoothing: float = 0.0,
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw a history that was kept: a fold's, or that of a Keras model.

        Parameters
        ----------
        history : dict of str to list of float
            Values after each epoch: "loss" and "accuracy"; "val_loss" and "val_accuracy" where
            there are any, from the first epoch on.
        label_smoothing : float, default=0.0
            What smoothed the labels of the loss, in [0, 1); the axis says so.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : TrainingHistoryDisplay
            As drawn.

        Raises
        ------
        ValueError
            If `history` has no "loss" or no "accuracy", or `ax` is not a subplot.
        """
        missing = [name for name in ("loss", "accuracy") if not len(history.get(name, ()))]
        if missing:
            raise ValueError(
                f"history must have values for 'loss' and 'accuracy'; {missing} are missing, it "
                f"has {sorted(history)}."
            )
        kept = {name: list(values) for name, values in history.items()}
        return cls(history=kept, label_smoothing=label_smoothing).plot(ax=ax, line_kw=line_kw)

    @property
    def best_epoch(self) -> int | None:
        losses = np.asarray(self.history.get("val_loss", ()), dtype=np.float64)
        return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1

    def plot(self, ax: Any = None, *, line_kw: dict[str, Any] | None = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        line_kw : dict, default=None
            Keywords for ``Axes.plot``.

        Returns
        -------
        display : TrainingHistoryDisplay
            This display.

        Raises
        ------
        ValueError
            If `ax` is not a subplot.
        """
        self.figure_, grid = grid_in(ax, 1, 2, (10, 4.5))
        self.axes_ = grid.subplots(squeeze=False)[0]
        for axes, name in zip(self.axes_, ("loss", "accuracy"), strict=True):
            self._draw_curves(axes, name, {"marker": ".", **(line_kw or {})})
        self.axes_[0].set_ylabel(self._loss_label())
        self.axes_[1].set_ylabel("Accuracy")
        log_y(self.axes_[0], [*self.history["loss"], *self.history.get("val_loss", ())])
        return self

    def _draw_curves(self, axes: Any, name: str, line_kw: dict[str, Any]) -> None:
        rows = {name: "training rows, while training"}
        rows[f"val_{name}"] = "validation rows, after the epoch"
        for key, label in rows.items():
            values = self.history.get(key, ())
            if len(values):
                axes.plot(range(1, len(values) + 1), values, **{"label": label, **line_kw})
        if self.best_epoch is not None:
            axes.axvline(
                self.best_epoch,
                label=f"best epoch {self.best_epoch}",
                linestyle="--",
                linewidth=1,
                color="black",
            )
        axes.set(xlabel="Epoch", xlim=(0.5, len(self.history[name]) + 0.5))
        whole = MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
        axes.xaxis.set_major_locator(whole)
        axes.grid(alpha=0.3)
        axes.legend()

    def _loss_label(self) -> str:
        smoothing = self.label_smoothing
        smoothed = f", labels smoothed by {smoothing:g}" if smoothing else ""
        return f"Loss (cross-entropy{smoothed}, nats)"
