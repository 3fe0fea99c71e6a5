"""Create the axes of displays, and draw what several displays have in common."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, LogLocator, NullFormatter, NullLocator

__all__ = [
    "axes_or_new",
    "colormap_with_gaps",
    "log_y",
    "mosaic",
    "plain_number",
    "show_image",
    "subplots_in",
]

_TILE = 24  # side of a map in a mosaic, before the gap
_GAP = 3


def axes_or_new(ax: Axes | None, figsize: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return `ax` with its figure, or the axes of a new figure of `figsize` inches."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=figsize, layout="constrained")
    return ax.figure, ax  # type: ignore[return-value]


def subplots_in(
    ax: Axes | None, n_rows: int, n_columns: int, figsize: tuple[float, float], **grid_kw: Any
) -> tuple[Figure, np.ndarray]:
    """Return axes of shape (n_rows, n_columns) with their figure, new or in the place of `ax`.

    ValueError is raised if `ax` is not part of a grid of subplots.
    """
    if ax is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=figsize, layout="constrained")
        return figure, figure.add_gridspec(n_rows, n_columns, **grid_kw).subplots(squeeze=False)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "This display draws several axes in the place of `ax`, which must be a subplot, as "
            "pyplot.subplots() makes them; got axes at a fixed position."
        )
    ax.set_axis_off()
    axes = place.subgridspec(n_rows, n_columns, **grid_kw).subplots(squeeze=False)
    return ax.figure, axes  # type: ignore[return-value]


def show_image(ax: Axes, image: np.ndarray, **imshow_kw: Any) -> None:
    """Draw counts 0..16 of ink dark on white, without ticks and frame."""
    ax.imshow(image, **{"cmap": "gray_r", "vmin": 0, "vmax": 16, **imshow_kw})
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def mosaic(maps: np.ndarray, *, per_line: int) -> np.ndarray:
    """Arrange maps of shape (height, width, n_maps) in lines, with gaps of nan.

    All maps are enlarged to squares of the same size, so that those of a single value are seen.
    """
    height, width, n_maps = maps.shape
    n_lines, n_columns = math.ceil(n_maps / per_line), min(per_line, n_maps)
    step = _TILE + _GAP
    rows, columns = (np.arange(_TILE) * size // _TILE for size in (height, width))
    tiles = np.full((n_lines * n_columns, step, step), np.nan)
    tiles[:n_maps, :_TILE, :_TILE] = np.moveaxis(maps[rows][:, columns], -1, 0)
    lines = tiles.reshape(n_lines, n_columns, step, step).swapaxes(1, 2)
    return lines.reshape(n_lines * step, n_columns * step)[:-_GAP, :-_GAP]


def colormap_with_gaps(name: str, color: str = "white") -> Colormap:
    """Return the named colormap with `color` for nan, the gaps of a mosaic."""
    import matplotlib

    return matplotlib.colormaps[name].with_extremes(bad=color)


def log_y(ax: Axes, values: Any) -> None:
    """Make the y axis logarithmic, with plain numbers as ticks that suit the range of `values`.

    The axis stays linear if `values` do not hold two different positive numbers.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    positive = values[np.isfinite(values) & (values > 0)]
    if len(np.unique(positive)) < 2:
        return
    ax.set_yscale("log")
    ratio = positive.max() / positive.min()
    if ratio < 10:  # within a decade, powers of ten and their halves are too few
        ax.yaxis.set_major_locator(AutoLocator())
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if ratio < 300 else (1,)))
    ax.yaxis.set_major_formatter(plain_number)
    ax.yaxis.set_minor_formatter(NullFormatter())


def plain_number(value: float, _: float) -> str:
    """Return the label of a tick, without powers of ten."""
    return np.format_float_positional(value, precision=6, fractional=False, trim="-")
