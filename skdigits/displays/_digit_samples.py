"""``DigitSamplesDisplay``: random images of each class."""

from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d

from skdigits.displays._layout import grid_in, show_image
from skdigits.preprocessing import ImageReshaper

__all__ = ["DigitSamplesDisplay"]


class DigitSamplesDisplay:
    """Random images of each class, a column a class.

    It is made by :meth:`from_data`; the constructor takes what is drawn as it is.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Ink counts 0..16.
    labels : ndarray of shape (n_images,)
        Their labels.

    Attributes
    ----------
    axes_ : ndarray of shape (n_rows, n_classes) of matplotlib Axes
        A column for each class, in sorted order; where a class has fewer images, the last
        axes of its column are empty.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    MistakesDisplay : Images that a classifier gets wrong.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import DigitSamplesDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> display = DigitSamplesDisplay.from_data(X, y, n_per_class=3, random_state=0)
    >>> display.axes_.shape
    (3, 10)
    """

    def __init__(self, *, images: np.ndarray, labels: np.ndarray) -> None:
        self.images = images
        self.labels = labels

    @classmethod
    def from_data(
        cls,
        X: Any,
        y: Any,
        *,
        n_per_class: int = 6,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
        imshow_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw random rows of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Flat images of ink counts 0..16.
        y : array-like of shape (n_samples,)
            Their labels.
        n_per_class : int, default=6
            Images of each class; all of them where there are fewer.
        image_shape : tuple of 2 ints or None, default=None
            Height and width; None infers them, as :class:`~skdigits.DigitCNNClassifier` does.
        random_state : int, RandomState instance or None, default=None
            Seeds the choice.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.

        Returns
        -------
        display : DigitSamplesDisplay
            As drawn.

        Raises
        ------
        ValueError
            If `X` and `y` differ in length, or an image does not have the shape.
        """
        X, y = check_array(X, dtype=np.float64), column_or_1d(y)
        check_consistent_length(X, y)
        images = ImageReshaper(image_shape).fit_transform(X)[..., 0]
        random = check_random_state(random_state)
        chosen = [
            random.permutation(np.flatnonzero(y == label))[:n_per_class] for label in np.unique(y)
        ]
        rows = np.concatenate(chosen)
        return cls(images=images[rows], labels=y[rows]).plot(ax=ax, imshow_kw=imshow_kw)

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
        display : DigitSamplesDisplay
            This display.
        """
        classes, counts = np.unique(self.labels, return_counts=True)
        n_rows, n_columns = counts.max(), len(classes)
        self.figure_, grid = grid_in(ax, n_rows, n_columns, (0.9 * n_columns, 0.95 * n_rows + 0.3))
        self.axes_ = grid.subplots(squeeze=False)
        for column, label in zip(self.axes_.T, classes, strict=True):
            column[0].set_title(str(label))
            for axes in column:
                axes.set_axis_off()
            for axes, image in zip(column, self.images[self.labels == label], strict=False):
                axes.set_axis_on()
                show_image(axes, image, **(imshow_kw or {}))
        return self
