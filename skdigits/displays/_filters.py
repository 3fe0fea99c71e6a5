"""Draw the kernels that a convolution has learnt: ``FilterDisplay``."""

import math
from typing import Any, Self

import numpy as np

from skdigits.displays._layout import axes_or_new, colormap_with_gaps, mosaic, show_image
from skdigits.evaluation import digit_cnn_within

__all__ = ["FilterDisplay"]

_FILTERS_PER_LINE = 8
_FILTER_INCHES = 0.62


class FilterDisplay:
    """The kernels of a convolution for one of its input channels.

    Parameters
    ----------
    kernels : ndarray of shape (height, width, n_channels, n_filters)
        Weights of the convolution.
    layer : str
        Name of the convolution.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the kernels.
    figure_ : matplotlib Figure
        Figure containing the kernels.
    colorbar_ : matplotlib Colorbar
        The scale of the weights.

    See Also
    --------
    FeatureMapDisplay : Feature maps of an image.

    Notes
    -----
    A weight of 0 is white and the gaps between the kernels are grey. The colour scale ends, in
    both directions, at the largest absolute weight of the kernels drawn.

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import FilterDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:300], y[:300])
    >>> display = FilterDisplay.from_estimator(clf)
    >>> display.ax_.get_title()
    'conv_1: 16 filters of 3x3, input channel 0 of 1'
    """

    def __init__(self, *, kernels: np.ndarray, layer: str) -> None:
        self.kernels = kernels
        self.layer = layer

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, layer: str = "conv_1", channel: int = 0, ax: Any = None
    ) -> Self:
        """Draw the kernels of a convolution of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~skdigits.DigitCNNClassifier`, or a pipeline, a search or a
            :class:`sklearn.frozen.FrozenEstimator` that ends in one.
        layer : str, default="conv_1"
            Name of the convolution.
        channel : int, default=0
            Index of the input channel: a channel of the image for the first convolution, a
            feature map of the preceding convolution for the others.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.

        Returns
        -------
        display : FilterDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no such classifier within, or it is not fitted.
        ValueError
            If the network has no such convolution, or the convolution has no such `channel`.
        """
        _, classifier = digit_cnn_within(estimator)
        # Kernels of (height, width, channels, filters) are those of convolutions.
        kernels = {
            part.name: weights[0]
            for part in classifier.model_.layers
            if (weights := part.get_weights()) and weights[0].ndim == 4
        }
        if layer not in kernels:
            raise ValueError(
                f"layer={layer!r} must be a convolution of this network; "
                f"it has {', '.join(kernels) or 'none'}."
            )
        return cls(kernels=kernels[layer], layer=layer).plot(ax, channel=channel)

    def plot(self, ax: Any = None, *, channel: int = 0) -> Self:
        """Draw the kernels.

        Parameters
        ----------
        ax, channel : as for :meth:`from_estimator`
            With the same defaults.

        Returns
        -------
        display : FilterDisplay
            This display.
        """
        height, width, n_channels, n_filters = self.kernels.shape
        if channel not in range(n_channels):
            raise ValueError(
                f"channel={channel!r} must be an input channel of {self.layer}; it has "
                f"{n_channels}, numbered from 0 to {n_channels - 1}."
            )
        n_columns = min(_FILTERS_PER_LINE, n_filters)
        n_lines = math.ceil(n_filters / _FILTERS_PER_LINE)
        figsize = (max(5.5, _FILTER_INCHES * n_columns + 0.9), _FILTER_INCHES * n_lines + 0.6)
        self.figure_, self.ax_ = axes_or_new(ax, figsize)

        # White is a weight of 0, so the gaps are grey.
        kernels = self.kernels[:, :, channel]
        largest = float(np.abs(kernels).max()) or 1.0
        show_image(
            self.ax_,
            mosaic(kernels, per_line=_FILTERS_PER_LINE),
            cmap=colormap_with_gaps("RdBu_r", "silver"),
            vmin=-largest,
            vmax=largest,
        )

        # Within the place of the axes, the colour bar is as high as the kernels.
        beside = self.ax_.inset_axes((1.02, 0, 0.025, 1))
        self.colorbar_ = self.figure_.colorbar(self.ax_.images[-1], cax=beside, label="Weight")
        self.ax_.set_title(
            f"{self.layer}: {n_filters} filters of {height}x{width}, "
            f"input channel {channel} of {n_channels}"
        )
        return self
