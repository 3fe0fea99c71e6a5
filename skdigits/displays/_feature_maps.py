"""``FeatureMapDisplay``: what each layer of a network makes of one image."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdigits.classifier import DigitCNNClassifier
from skdigits.displays._layout import grid_in, mosaic, show_image, white_gaps

__all__ = ["FeatureMapDisplay"]

_IMAGE_LINES = 2  # height of the image, in lines of maps
_LINE_INCHES = 0.62
_PAD_INCHES = 0.12  # between layers
_LABEL_INCHES = 1.4  # left of the maps


class FeatureMapDisplay:
    """What each convolution and pooling layer makes of one image, a line of axes a layer.

    Above the layers stands the image. It is made by :meth:`from_estimator`; the constructor
    takes what is drawn as it is.

    Parameters
    ----------
    maps : dict of str to ndarray of shape (height, width, n_maps)
        By layer name, from the image on.
    image : ndarray of shape (height, width, channels)
        The image that they were made of.

    Attributes
    ----------
    axes_ : ndarray of shape (1 + n_layers,) of matplotlib Axes
        The image's, then one for each layer.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    FilterDisplay : The kernels that make the maps.
    skdigits.DigitCNNClassifier.feature_maps : The maps of any number of images.

    Notes
    -----
    The colours of a layer go from 0, or from its lowest value where that is negative, to its
    highest value; both stand below its name. So a map of a single value has its shade too.

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
        classifier: DigitCNNClassifier,
        image: Any,
        *,
        layers: str | Sequence[str] | None = None,
        maps_per_line: int = 16,
        share_scale: bool = False,
        ax: Any = None,
        cmap: str = "magma",
    ) -> Self:
        """Draw the maps that a fitted classifier makes of an image.

        Parameters
        ----------
        classifier : DigitCNNClassifier
            Fitted.
        image : array-like of shape (n_features,) or (1, n_features)
            A flat image.
        layers : str, sequence of str or None, default=None
            Names of the layers to draw, in this order; None draws all.
        maps_per_line : int, default=16
            Maps side by side.
        share_scale : bool, default=False
            Use one colour scale for all layers, not one for each.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        cmap : str, default="magma"
            Name of the maps' colormap.

        Returns
        -------
        display : FeatureMapDisplay
            As drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If `image` is not one flat image, or there is no such layer.
        """
        check_is_fitted(classifier)
        row = np.asarray(image)[np.newaxis] if np.ndim(image) == 1 else image
        if np.ndim(row) != 2 or len(row) != 1:
            n_features = classifier.n_features_in_
            raise ValueError(
                f"image must be one flat image, of shape ({n_features},) or (1, {n_features}); "
                f"got shape {np.shape(image)}."
            )
        all_maps = {name: values[0] for name, values in classifier.feature_maps(row).items()}
        if layers is None:
            layers = list(all_maps)
        names = [layers] if isinstance(layers, str) else list(layers)
        unknown = [name for name in names if name not in all_maps]
        if unknown or not names:
            raise ValueError(
                f"layers={layers!r} must be convolution or pooling layers of this network; "
                f"it has {', '.join(all_maps) or 'none'}."
            )
        image_shape = classifier.pipeline_["reshape"].image_shape_
        display = cls(
            maps={name: all_maps[name] for name in names},
            image=np.asarray(row, dtype=np.float64).reshape(image_shape),
        )
        return display.plot(ax, maps_per_line=maps_per_line, share_scale=share_scale, cmap=cmap)

    def plot(
        self,
        ax: Any = None,
        *,
        maps_per_line: int = 16,
        share_scale: bool = False,
        cmap: str = "magma",
    ) -> Self:
        """Draw the image and the maps.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        maps_per_line : int, default=16
            Maps side by side.
        share_scale : bool, default=False
            Use one colour scale for all layers, not one for each.
        cmap : str, default="magma"
            Name of the maps' colormap.

        Returns
        -------
        display : FeatureMapDisplay
            This display.

        Raises
        ------
        ValueError
            If `maps_per_line` is less than 1.
        """
        if maps_per_line < 1:
            raise ValueError(f"maps_per_line must be at least 1; got {maps_per_line}.")
        laid = [mosaic(maps, per_line=maps_per_line) for maps in self.maps.values()]
        n_columns = min(maps_per_line, max(maps.shape[-1] for maps in self.maps.values()))
        n_lines = [-(-maps.shape[-1] // maps_per_line) for maps in self.maps.values()]
        width = max(picture.shape[1] for picture in laid)
        self.figure_, grid = grid_in(
            ax,
            1 + len(laid),
            1,
            (
                _LINE_INCHES * n_columns + _LABEL_INCHES,
                _LINE_INCHES * (_IMAGE_LINES + sum(n_lines)) + _PAD_INCHES * (1 + len(laid)),
            ),
            height_ratios=[_IMAGE_LINES, *n_lines],
        )
        self.axes_ = grid.subplots(squeeze=False)[:, 0]

        low, high = _limits([self.image])
        channels = np.concatenate(np.moveaxis(self.image, -1, 0), axis=1)
        show_image(self.axes_[0], channels, vmin=low, vmax=high)
        self.axes_[0].set_anchor("W")
        _label(self.axes_[0], "image\n{}x{}".format(*self.image.shape))

        shared = _limits(list(self.maps.values())) if share_scale else None
        for axes, picture, (name, maps) in zip(
            self.axes_[1:], laid, self.maps.items(), strict=True
        ):
            low, high = shared or _limits([maps])
            show_image(axes, picture, cmap=white_gaps(cmap), vmin=low, vmax=high)
            # Maps have the same size and begin at the same place in all layers.
            axes.set_xlim(-0.5, width - 0.5)
            axes.set_anchor("W")
            height, columns, n_maps = maps.shape
            noun = "map" if n_maps == 1 else "maps"
            _label(axes, f"{name}\n{n_maps} {noun} of {height}x{columns}\n{low:.3g} to {high:.3g}")
        return self


def _label(axes: Any, text: str) -> None:
    axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize="small")


def _limits(arrays: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return the ends of a colour scale: 0 or the lowest negative value, and the highest."""
    low = min(0.0, *(float(values.min()) for values in arrays))
    high = max(float(values.max()) for values in arrays)
    if high <= low:  # all of them are the same: 0, or a negative value
        high = 0.0 if low < 0 else 1.0
    return low, high
