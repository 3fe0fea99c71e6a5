"""Draw images that a classifier gets wrong or is least certain of: ``MistakesDisplay``."""

import math
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_scalar

from skdigits.displays._layout import show_image, subplots_in
from skdigits.evaluation import (
    check_probabilistic_classifier,
    check_probabilities,
    look_inside,
)
from skdigits.preprocessing import ImageReshaper

__all__ = ["MistakesDisplay"]

_PER_LINE = 5


class MistakesDisplay:
    """Images that a classifier gets wrong or is least certain of.

    The title of an image names its true label and the predicted label with its probability, in
    red if they differ; its row number is below.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Images of counts 0..16, in the order in which they are drawn.
    rows : ndarray of shape (n_images,)
        Their row numbers in the data.
    true : ndarray of shape (n_images,)
        Their true labels.
    predicted : ndarray of shape (n_images,)
        Their most probable labels.
    probability : ndarray of shape (n_images,)
        Probabilities of the predicted labels, in [0, 1].

    Attributes
    ----------
    axes_ : ndarray of shape (n_lines, n_columns) of matplotlib Axes
        Axes with up to 5 images in a line; the last ones may be empty. If there are no images, a
        single one with a text that says so.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    DigitSamplesDisplay : Random images of each class.
    SaliencyDisplay : Parts of an image that matter to a classifier.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import MistakesDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = KNeighborsClassifier(15).fit(X[:300], y[:300])
    >>> display = MistakesDisplay.from_estimator(clf, X[300:], y[300:], n_images=10)
    >>> display.axes_.shape
    (2, 5)
    >>> bool((display.true != display.predicted).all())
    True
    """

    def __init__(
        self,
        *,
        images: np.ndarray,
        rows: np.ndarray,
        true: np.ndarray,
        predicted: np.ndarray,
        probability: np.ndarray,
    ) -> None:
        self.images = images
        self.rows = rows
        self.true = true
        self.predicted = predicted
        self.probability = probability

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        kind: str = "mistakes",
        n_images: int = 20,
        ax: Any = None,
    ) -> Self:
        """Predict, and draw the most confident mistakes or the least certain predictions.

        Parameters
        ----------
        estimator : estimator
            Fitted scikit-learn classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Samples of counts 0..16.
        y : array-like of shape (n_samples,)
            True labels, all of them among the classifier's classes.
        kind, n_images : as for :meth:`from_predictions`
            With the same defaults.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : MistakesDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a fitted classifier with ``predict_proba``.
        ValueError
            If `X` and `y` differ in length, `y` has a label that the classifier does not know,
            or a parameter is not valid.
        """
        check_probabilistic_classifier(estimator)
        return cls.from_predictions(
            X,
            y,
            estimator.predict_proba(X),
            labels=estimator.classes_,
            kind=kind,
            n_images=n_images,
            image_shape=getattr(look_inside(estimator)[1], "image_shape", None),
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: Any,
        y_proba: Any,
        *,
        labels: Any = None,
        kind: str = "mistakes",
        n_images: int = 20,
        image_shape: tuple[int, int] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the most confident mistakes or the least certain predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples of counts 0..16.
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Predicted probabilities, in the order of `labels`.
        labels : array-like of shape (n_classes,), default=None
            Labels of the columns. If None, the sorted labels of `y_true`.
        kind : {"mistakes", "least_certain"}, default="mistakes"
            Images to draw: "mistakes" are those whose most probable label is wrong, the highest
            probability first; "least_certain" are those whose most probable label, right or
            wrong, has the lowest probability, lowest first.
        n_images : int, default=20
            Number of images to draw; all of them if there are fewer.
        image_shape : tuple of 2 ints or None, default=None
            Height and width. If None, they are inferred as in
            :class:`~skdigits.DigitCNNClassifier`. Only the first of several channels is drawn.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : MistakesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If lengths or shapes do not match, a label is not in `labels`, a probability is not
            in [0, 1], or a parameter is not valid.
        """
        if kind not in {"mistakes", "least_certain"}:
            raise ValueError(f"kind must be 'mistakes' or 'least_certain'; got {kind!r}.")
        check_scalar(n_images, "n_images", Integral, min_val=1)
        X = check_array(X, dtype=np.float64)
        y_true, y_proba, labels = check_probabilities(y_true, y_proba, labels)
        check_consistent_length(X, y_true)
        predicted = labels[np.argmax(y_proba, axis=1)]
        probability = np.max(y_proba, axis=1).astype(np.float64)

        # A stable order keeps equally probable images in that of their rows.
        if kind == "mistakes":
            wrong = np.flatnonzero(predicted != y_true)
            rows = wrong[np.argsort(-probability[wrong], kind="stable")][:n_images]
        else:
            rows = np.argsort(probability, kind="stable")[:n_images]
        images = ImageReshaper(image_shape).fit_transform(X)[..., 0]
        return cls(
            images=images[rows],
            rows=rows,
            true=y_true[rows],
            predicted=predicted[rows],
            probability=probability[rows],
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : MistakesDisplay
            This display.
        """
        n_columns = max(1, min(_PER_LINE, len(self.images)))
        n_lines = max(1, math.ceil(len(self.images) / n_columns))
        predictions = zip(self.true, self.predicted, self.probability, strict=True)
        titles = [f"true {true}, said {label} ({p:.2f})" for true, label, p in predictions]
        # Inches: small letters are a bit narrower than 0.08.
        width = max(1.2, 0.2 + 0.08 * max(map(len, titles), default=0))
        figsize = width * n_columns, 1.6 * n_lines
        self.figure_, self.axes_ = subplots_in(ax, n_lines, n_columns, figsize)
        for axes in self.axes_.flat[len(titles) :]:
            axes.set_axis_off()
        if not titles:
            axes = self.axes_[0, 0]
            axes.text(0.5, 0.5, "no mistakes", ha="center", va="center", transform=axes.transAxes)

        is_wrong = self.true != self.predicted
        for axes, image, row, title, wrong in zip(
            self.axes_.flat, self.images, self.rows, titles, is_wrong, strict=False
        ):
            show_image(axes, image)
            axes.set_title(title, fontsize="small", **({"color": "tab:red"} if wrong else {}))
            axes.set_xlabel(f"row {row}", fontsize="small")
        return self
