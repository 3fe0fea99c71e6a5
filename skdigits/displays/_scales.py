"""A logarithmic axis whose ticks are plain numbers: 0.6, not 6 times a power of 10."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import AutoLocator, LogLocator, NullFormatter, NullLocator

__all__ = ["log_y"]


def log_y(ax: Axes, values: Any) -> None:
    """Make the y axis logarithmic, with ticks that suit the range of `values`.

    Without two different positive values among them, the axis stays as it is.
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
    ax.yaxis.set_major_formatter(_decimal)
    ax.yaxis.set_minor_formatter(NullFormatter())


def _decimal(value: float, _: float) -> str:
    return np.format_float_positional(value, precision=6, fractional=False, trim="-")
