"""Draw the feature maps of one image, layer by layer: ``FeatureMapDisplay``."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from skdigits.displays._layout import colormap_with_gaps, mosaic, show_image, subplots_in
from skdigits.evaluation import digit_cnn_within

__all__ = ["FeatureMapDisplay"]

_MAPS_PER_LINE = 16
_IMAGE_LINES = 2  # height of the image, in lines of maps
_LINE_INCHES = 0.62
_PAD_INCHES = 0.12  # between layers
_LABEL_INCHES = 1.4  # left of the maps


class FeatureMapDisplay:
    """An image, and below it the feature maps of each convolution and pooling layer.

    Parameters
    ----------
    maps : dict of str to ndarray of shape (height, width, n_maps)
        Feature maps by the names of the layers, in the order of the network.
    image : ndarray of shape (height, width, channels)
        The image that they were computed from.

    Attributes
    ----------
    axes_ : ndarray of shape (1 + n_layers,) of matplotlib Axes
        Axes with the image, and with the maps of each layer.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    FilterDisplay : Kernels of a convolution.
    skdigits.DigitCNNClassifier.feature_maps : Compute the maps of any number of samples.

    Notes
    -----
    The colour scale of a layer starts at 0, or at the layer's lowest value if that is negative,
    and ends at its highest value, so that maps of a single value have different shades as well.
    Both ends are written below the layer's name.

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import FeatureMapDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:300], y[:300])
    >>> display = FeatureMapDisplay.from_estimator(clf, X[300], layers=["conv_1", "conv_2"])
    >>> print(display.axes_[1].get_ylabel())
    conv_1
    16 maps of 8x8
    0 to ...
    """

    def __init__(self, *, maps: Mapping[str, np.ndarray], image: np.ndarray) -> None:
        self.maps = maps
        self.image = image

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: Any,
        *,
        layers: Sequence[str] | None = None,
        ax: Any = None,
    ) -> Self:
        """Compute the feature maps of one image with a fitted classifier, and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~skdigits.DigitCNNClassifier`, or a pipeline, a search or a
            :class:`sklearn.frozen.FrozenEstimator` that ends in one.
        image : array-like of shape (n_features,) or (1, n_features)
            One sample. What the steps of a pipeline make of it is drawn, which is what the network
            sees.
        layers : sequence of str or None, default=None
            Names of the layers to draw, in this order. If None, all are drawn.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : FeatureMapDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no such classifier within, or it is not fitted.
        ValueError
            If `image` is not one sample, or the network has no such layer.
        """
        steps, classifier = digit_cnn_within(estimator)
        row = np.asarray(image)[np.newaxis] if np.ndim(image) == 1 else image
        if np.ndim(row) != 2 or len(row) != 1:
            raise ValueError(
                f"image must be one flat row, such as X[0] or X[:1]; got shape {np.shape(image)}."
            )
        for step in steps:
            row = step.transform(row)
        # The maps of all layers are computed at once; some of them are drawn.
        all_maps = {name: values[0] for name, values in classifier.feature_maps(row).items()}
        names = list(all_maps if layers is None else layers)
        if not names or not set(names) <= set(all_maps):
            raise ValueError(
                f"layers={layers!r} must be convolution or pooling layers of this network; "
                f"it has {', '.join(all_maps) or 'none'}."
            )
        image_shape = classifier.pipeline_["reshape"].image_shape_
        maps = {name: all_maps[name] for name in names}
        return cls(maps=maps, image=np.asarray(row, dtype=np.float64).reshape(image_shape)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the image and the maps.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : FeatureMapDisplay
            This display.
        """
        n_maps = [maps.shape[-1] for maps in self.maps.values()]
        n_lines = [math.ceil(n / _MAPS_PER_LINE) for n in n_maps]
        figsize = (
            _LINE_INCHES * min(_MAPS_PER_LINE, max(n_maps)) + _LABEL_INCHES,
            _LINE_INCHES * (_IMAGE_LINES + sum(n_lines)) + _PAD_INCHES * (1 + len(n_lines)),
        )
        ratios = [_IMAGE_LINES, *n_lines]
        self.figure_, axes = subplots_in(ax, len(ratios), 1, figsize, height_ratios=ratios)
        self.axes_ = axes[:, 0]
        self._draw_image()

        # All maps have the same size and start at the same place, whatever their number.
        mosaics = [mosaic(maps, per_line=_MAPS_PER_LINE) for maps in self.maps.values()]
        width = max(tiles.shape[1] for tiles in mosaics)
        cmap = colormap_with_gaps("magma")
        for axes, tiles, (name, maps) in zip(
            self.axes_[1:], mosaics, self.maps.items(), strict=True
        ):
            low, high = _limits(maps)
            show_image(axes, tiles, cmap=cmap, vmin=low, vmax=high)
            axes.set_xlim(-0.5, width - 0.5)
            height, columns, n = maps.shape
            size = f"{n} {'map' if n == 1 else 'maps'} of {height}x{columns}"
            _label(axes, f"{name}\n{size}\n{low:.3g} to {high:.3g}")
        return self

    def _draw_image(self) -> None:
        low, high = _limits(self.image)
        channels = np.concatenate(np.moveaxis(self.image, -1, 0), axis=1)
        show_image(self.axes_[0], channels, vmin=low, vmax=high)
        _label(self.axes_[0], "image\n{}x{}".format(*self.image.shape))


def _label(axes: Any, text: str) -> None:
    axes.set_anchor("W")
    axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize="small")


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of a colour scale: 0 or the lowest negative value, and the highest."""
    low, high = min(0.0, float(values.min())), float(values.max())
    if high <= low:  # all values are equal: 0, or a negative number
        high = 0.0 if low < 0 else 1.0
    return low, high
