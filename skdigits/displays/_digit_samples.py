"""Draw random images of each class: ``DigitSamplesDisplay``."""

from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d

from skdigits.displays._layout import show_image, subplots_in
from skdigits.preprocessing import ImageReshaper

__all__ = ["DigitSamplesDisplay"]


class DigitSamplesDisplay:
    """Random images of each class, with one column for each class.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Images of counts 0..16.
    labels : ndarray of shape (n_images,)
        Their labels.

    Attributes
    ----------
    axes_ : ndarray of shape (n_rows, n_classes) of matplotlib Axes
        One column for each class, in sorted order. The last axes of a column are empty if there
        are fewer images of its class.
    figure_ : matplotlib Figure
        Figure containing the axes.

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
    ) -> Self:
        """Draw random samples of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples of counts 0..16.
        y : array-like of shape (n_samples,)
            Their labels.
        n_per_class : int, default=6
            Number of images of each class; all of them if there are fewer.
        image_shape : tuple of 2 ints or None, default=None
            Height and width. If None, they are inferred as in
            :class:`~skdigits.DigitCNNClassifier`.
        random_state : int, RandomState instance or None, default=None
            Controls which samples are drawn.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : DigitSamplesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `X` and `y` differ in length, or `image_shape` does not fit the features.
        """
        X, y = check_array(X, dtype=np.float64), column_or_1d(y)
        check_consistent_length(X, y)
        images = ImageReshaper(image_shape).fit_transform(X)[..., 0]
        random = check_random_state(random_state)
        chosen = [
            random.permutation(np.flatnonzero(y == label))[:n_per_class] for label in np.unique(y)
        ]
        rows = np.concatenate(chosen)
        return cls(images=images[rows], labels=y[rows]).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : DigitSamplesDisplay
            This display.
        """
        classes, counts = np.unique(self.labels, return_counts=True)
        n_rows, n_columns = counts.max(), len(classes)
        self.figure_, self.axes_ = subplots_in(
            ax, n_rows, n_columns, (0.9 * n_columns, 0.95 * n_rows + 0.3)
        )
        for column, label in zip(self.axes_.T, classes, strict=True):
            column[0].set_title(str(label))
            for axes in column:
                axes.set_axis_off()
            for axes, image in zip(column, self.images[self.labels == label], strict=False):
                axes.set_axis_on()
                show_image(axes, image)
        return self
