"""Where a display draws: in a figure of its own, or within axes that it is given."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, GridSpecFromSubplotSpec

__all__ = ["axes_or_new", "grid_in", "mosaic", "show_image", "white_gaps"]

_TILE = 24  # pixels of one map in a mosaic, before the gap
_GAP = 3


def axes_or_new(ax: Axes | None, figsize: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return axes to draw on and their figure; pyplot makes them if there are none."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=figsize, layout="constrained")
    figure = ax.figure
    return figure, ax  # type: ignore[return-value]


def grid_in(
    ax: Axes | None, n_rows: int, n_columns: int, figsize: tuple[float, float], **grid_kw: Any
) -> tuple[Figure, GridSpec | GridSpecFromSubplotSpec]:
    """Return a grid for several axes, in a new figure or in the place of `ax`.

    Parameters
    ----------
    ax : matplotlib Axes or None
        Axes of a subplot, whose place the grid takes; None makes a figure.
    n_rows, n_columns : int
        Size of the grid.
    figsize : tuple of 2 floats
        Size of a new figure, in inches.
    **grid_kw : dict
        Ratios and spaces of the grid.

    Returns
    -------
    figure, grid : Figure and GridSpec

    Raises
    ------
    ValueError
        If `ax` is not part of a grid of subplots.
    """
    if ax is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=figsize, layout="constrained")
        return figure, figure.add_gridspec(n_rows, n_columns, **grid_kw)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "This display draws several axes in the place of `ax`, which must be a subplot, as "
            "pyplot.subplots() makes them; got axes at a fixed position."
        )
    ax.set_axis_off()
    return ax.figure, place.subgridspec(n_rows, n_columns, **grid_kw)  # type: ignore[return-value]


def show_image(ax: Axes, image: np.ndarray, **imshow_kw: Any) -> None:
    """Draw one image of ink, dark on white from 0 to 16, without ticks and frame."""
    ax.imshow(image, **{"cmap": "gray_r", "vmin": 0, "vmax": 16, **imshow_kw})
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def mosaic(maps: np.ndarray, *, per_line: int) -> np.ndarray:
    """Lay maps of shape (height, width, n) side by side in lines; gaps are nan.

    Each map fills a square of the same size, so that maps of one value can be read.
    """
    height, width, n_maps = maps.shape
    step = _TILE + _GAP
    n_lines = math.ceil(n_maps / per_line)
    laid = np.full((n_lines * step - _GAP, min(per_line, n_maps) * step - _GAP), np.nan)
    rows, columns = (np.arange(_TILE) * size // _TILE for size in (height, width))
    for number in range(n_maps):
        line, column = (step * place for place in divmod(number, per_line))
        tile = maps[:, :, number][np.ix_(rows, columns)]
        laid[line : line + _TILE, column : column + _TILE] = tile
    return laid


def white_gaps(name: str) -> Colormap:
    """Return a colormap that draws nan in white."""
    import matplotlib

    return matplotlib.colormaps[name].with_extremes(bad="white")
