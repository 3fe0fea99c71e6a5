"""Draw a network as a diagram of its layers: ``ArchitectureDisplay``."""

from collections.abc import Sequence
from typing import Any, Self

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from skdigits.displays._layout import axes_or_new
from skdigits.evaluation import digit_cnn_within

__all__ = ["ArchitectureDisplay"]

# The first of these that is part of the layer's type decides.
_COLOURS = {
    "Conv": "#9ecae1",
    "Pooling": "#fdd0a2",
    "Dense": "#a1d99b",
    "Normalization": "#dadaeb",
    "Dropout": "#eeeeee",
    "": "#ffffff",
}

# Lengths in inches of a new figure; in smaller axes everything is smaller.
_WIDTH = 6.6
_TALL, _FLAT = 0.42, 0.3  # boxes of layers with and without parameters
_GAP = 0.2
_POINTS = 10
_MARGIN = 0.12  # of the text
_TYPE_AT, _SHAPE_AT = 1.85, 3.75

_ARROW: dict[str, Any] = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "color": "dimgrey"}
_BOX: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.08", "edgecolor": "dimgrey"}


class ArchitectureDisplay:
    """Diagram of a network's layers, from the image at the top to the probabilities.

    Each layer is a box, coloured by its kind and taller if it has parameters.

    Parameters
    ----------
    layers : sequence of dict
        ``name``, ``type``, ``output_shape`` (without the batch) and ``parameters`` of each
        layer, as returned by :meth:`skdigits.study.StudyResult.layers`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the diagram.
    figure_ : matplotlib Figure
        Figure containing the diagram.
    boxes_ : list of matplotlib FancyBboxPatch
        The box of each layer.

    See Also
    --------
    FilterDisplay : Kernels of a convolution.
    FeatureMapDisplay : Feature maps of an image.

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import ArchitectureDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:300], y[:300])
    >>> display = ArchitectureDisplay.from_estimator(clf)
    >>> len(display.boxes_) == len(clf.model_.layers)
    True
    """

    def __init__(self, *, layers: Sequence[dict[str, Any]]) -> None:
        self.layers = layers

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~skdigits.DigitCNNClassifier`, or a pipeline, a search or a
            :class:`sklearn.frozen.FrozenEstimator` that ends in one.
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.

        Returns
        -------
        display : ArchitectureDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no such classifier within, or it is not fitted.
        """
        _, classifier = digit_cnn_within(estimator)
        from skdigits.network import describe_layers

        return cls(layers=describe_layers(classifier.model_)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the diagram.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. If None, a new figure is created.

        Returns
        -------
        display : ArchitectureDisplay
            This display.
        """
        heights = [_TALL if layer["parameters"] else _FLAT for layer in self.layers]
        height = sum(heights) + _GAP * (len(heights) - 1)
        self.figure_, self.ax_ = axes_or_new(ax, (_WIDTH + 0.2, height + 0.5))
        self.ax_.set(xlim=(-0.05, _WIDTH + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
        self.ax_.set_axis_off()
        scale = _scale(self.ax_)
        self.boxes_: list[FancyBboxPatch] = []
        top = 0.0
        for layer, box_height in zip(self.layers, heights, strict=True):
            if self.boxes_:
                ends = (_WIDTH / 2, top - _GAP), (_WIDTH / 2, top)
                style = {"mutation_scale": _POINTS * scale, "linewidth": scale, **_ARROW}
                self.ax_.add_patch(FancyArrowPatch(*ends, **style))
            self.boxes_.append(_draw_box(self.ax_, layer, top, box_height, scale))
            top += box_height + _GAP
        parameters = sum(layer["parameters"] for layer in self.layers)
        self.ax_.set_title(f"{len(self.layers)} layers, {parameters:,} parameters")
        return self


def _scale(ax: Axes) -> float:
    """Return the inches of one unit, at most 1, by which texts fit their boxes in any axes."""
    extent = ax.get_window_extent()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    unit = min(extent.width / abs(right - left), extent.height / abs(top - bottom))
    return min(1.0, unit / ax.figure.dpi)


def _draw_box(
    ax: Axes, layer: dict[str, Any], top: float, height: float, scale: float
) -> FancyBboxPatch:
    colour = next(colour for part, colour in _COLOURS.items() if part in layer["type"])
    box = FancyBboxPatch((0, top), _WIDTH, height, facecolor=colour, linewidth=scale, **_BOX)
    ax.add_patch(box)
    middle = top + height / 2
    style: dict[str, Any] = {"va": "center", "fontsize": _POINTS * scale}
    shape = " x ".join(map(str, layer["output_shape"]))
    ax.text(_MARGIN, middle, layer["name"], weight="bold", **style)
    ax.text(_TYPE_AT, middle, layer["type"], **style)
    ax.text(_SHAPE_AT, middle, shape, **style)
    count = f"{layer['parameters']:,} parameters"
    ax.text(_WIDTH - _MARGIN, middle, count, ha="right", **style)
    return box
