"""``MistakesDisplay``: images that a classifier gets wrong, or is least certain of."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_scalar, column_or_1d

from skdigits.displays._layout import grid_in, show_image
from skdigits.evaluation import check_probabilistic_classifier
from skdigits.preprocessing import ImageReshaper

__all__ = ["MistakesDisplay"]

_PER_LINE = 5
_KINDS = ("mistakes", "least_certain")


class MistakesDisplay:
    """Images that a classifier gets wrong, or is least certain of.

    Each has its true label, the predicted one and the probability of the latter above it, in
    red where they differ, and its row number below. It is made by :meth:`from_estimator` or
    :meth:`from_predictions`; the constructor takes what is drawn as it is.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Ink counts 0..16, in the order in which they are drawn.
    rows : ndarray of shape (n_images,)
        Their row numbers, from 0, in the data that they were taken from.
    true : ndarray of shape (n_images,)
        Their true labels.
    predicted : ndarray of shape (n_images,)
        Their most probable labels.
    probability : ndarray of shape (n_images,)
        Probabilities of the predicted labels, in [0, 1].

    Attributes
    ----------
    axes_ : ndarray of shape (n_lines, n_columns) of matplotlib Axes
        Up to 5 images in a line; the last axes may be empty. Without images there is one, in
        which a text says that there are no mistakes.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    DigitSamplesDisplay : Random images of each class.
    SaliencyDisplay : Which pixels of an image matter.

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
        classifier: Any,
        X: Any,
        y: Any,
        *,
        kind: str = "mistakes",
        n_images: int = 20,
        image_shape: tuple[int, int] | None = None,
        ax: Any = None,
        imshow_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Predict, and draw the most confident mistakes or the least certain images.

        Parameters
        ----------
        classifier : estimator
            Any fitted scikit-learn classifier with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Flat images of ink counts 0..16.
        y : array-like of shape (n_samples,)
            Their labels, all of them among the classifier's classes.
        kind : "mistakes" or "least_certain", default="mistakes"
            "mistakes" draws images whose most probable label is wrong, the one that got the
            highest probability first; "least_certain" draws those whose most probable label,
            right or wrong, has the lowest probability, lowest first.
        n_images : int, default=20
            Images to draw; all of them where there are fewer.
        image_shape : tuple of 2 ints or None, default=None
            Height and width; None takes the classifier's ``image_shape`` or, without any,
            infers them, as :class:`~skdigits.DigitCNNClassifier` does. Of several channels the
            first is drawn.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.

        Returns
        -------
        display : MistakesDisplay
            As drawn.

        Raises
        ------
        TypeError
            If `classifier` is not a classifier, or has no ``predict_proba``.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If `X` and `y` differ in length, `y` has a label that the classifier does not know,
            or a parameter is not valid.
        """
        check_probabilistic_classifier(classifier)
        return cls.from_predictions(
            X,
            y,
            classifier.predict_proba(X),
            labels=classifier.classes_,
            kind=kind,
            n_images=n_images,
            image_shape=image_shape or getattr(classifier, "image_shape", None),
            ax=ax,
            imshow_kw=imshow_kw,
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
        imshow_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the most confident mistakes or the least certain images.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Flat images of ink counts 0..16.
        y_true : array-like of shape (n_samples,)
            Their labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Probabilities, in the order of `labels`.
        labels : array-like of shape (n_classes,), default=None
            Labels of the columns; None takes the sorted labels of `y_true`.
        kind : "mistakes" or "least_certain", default="mistakes"
            As for :meth:`from_estimator`.
        n_images : int, default=20
            Images to draw; all of them where there are fewer.
        image_shape : tuple of 2 ints or None, default=None
            Height and width; None infers them, as :class:`~skdigits.DigitCNNClassifier` does.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.

        Returns
        -------
        display : MistakesDisplay
            As drawn.

        Raises
        ------
        ValueError
            If lengths or shapes do not fit, a label is not in `labels`, a probability not in
            [0, 1], or a parameter is not valid.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, _KINDS))}; got {kind!r}.")
        check_scalar(n_images, "n_images", Integral, min_val=1)
        X, y_proba = check_array(X, dtype=np.float64), check_array(y_proba, dtype=np.float64)
        y_true = column_or_1d(y_true)
        check_consistent_length(X, y_true, y_proba)
        labels = _labels_of_columns(labels, y_true, y_proba)
        predicted = labels[np.argmax(y_proba, axis=1)]
        probability = np.max(y_proba, axis=1)
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
        ).plot(ax=ax, imshow_kw=imshow_kw)

    def plot(self, ax: Any = None, *, imshow_kw: dict[str, Any] | None = None) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.

        Returns
        -------
        display : MistakesDisplay
            This display.
        """
        titles = [
            f"true {true}, said {predicted} ({probability:.2f})"
            for true, predicted, probability in zip(
                self.true, self.predicted, self.probability, strict=True
            )
        ]
        n_columns = max(1, min(_PER_LINE, len(titles)))
        n_lines = max(1, -(-len(titles) // n_columns))
        # Inches: small letters are a bit narrower than 0.08.
        width = max(1.2, 0.2 + 0.08 * max(map(len, titles), default=0))
        self.figure_, grid = grid_in(ax, n_lines, n_columns, (width * n_columns, 1.6 * n_lines))
        self.axes_ = grid.subplots(squeeze=False)
        for axes in self.axes_.ravel()[len(titles) :]:
            axes.set_axis_off()
        if not titles:
            axes = self.axes_[0, 0]
            axes.text(0.5, 0.5, "no mistakes", ha="center", va="center", transform=axes.transAxes)
        is_wrong = self.true != self.predicted
        for axes, image, row, title, wrong in zip(
            self.axes_.ravel(), self.images, self.rows, titles, is_wrong, strict=False
        ):
            show_image(axes, image, **(imshow_kw or {}))
            axes.set_title(title, fontsize="small", **({"color": "tab:red"} if wrong else {}))
            axes.set_xlabel(f"row {row}", fontsize="small")
        return self


def _labels_of_columns(labels: Any, y_true: np.ndarray, y_proba: np.ndarray) -> np.ndarray:
    labels = np.unique(y_true) if labels is None else column_or_1d(labels)
    if len(labels) != y_proba.shape[1]:
        raise ValueError(
            f"y_proba has {y_proba.shape[1]} columns, but there are {len(labels)} labels; pass "
            "the classifier's classes_ as labels."
        )
    unknown = np.setdiff1d(y_true, labels)
    if len(unknown):
        raise ValueError(
            f"The true labels {unknown.tolist()} are not among those of the columns, "
            f"{labels.tolist()}."
        )
    if y_proba.min() < 0 or y_proba.max() > 1:
        raise ValueError(
            f"y_proba must be probabilities in [0, 1]; got {y_proba.min()} to {y_proba.max()}."
        )
    return labels
