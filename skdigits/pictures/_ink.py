"""Find the ink of a grey picture: polarity, light and threshold, and the specks that go."""

import numpy as np
from PIL import Image
from scipy import ndimage

from skdigits.pictures._ink_measures import (
    EIGHT_NEIGHBOURS,
    border,
    bounding_box,
    cropped,
    stroke_width,
)

__all__ = ["enlarge", "fill_outlines", "ink_signal", "reduce_by", "remove_specks"]

# Longest side, in pixels, that small ink is enlarged to.
_WORKING_SIDE = 160

# A picture is evenly lit if neither ink nor paper varies by more than this part of the contrast.
_EVEN = 0.35

# Fainter than this, in 0..1, or than this many deviations of the paper's noise, is no ink.
_LEAST_CONTRAST = 0.04
_LEAST_DISTINCTION = 4.0

# Pixels of the paper that a median is taken of, at most: more take time, and hardly move it.
_ENOUGH_PAPER = 20_000

# Side, in pixels, that paper is looked at with, and strokes are narrower than this part of it.
_PAPER_SIDE = 64
_WIDEST_STROKE = 0.25

# Part of the variance of ink and paper, evenly lit, that is between the two.
_DISTINCT = 0.75

# An enclosed part of the paper that is longer than this many of its widths, and wider than so many
# of the lines', is within an outline: the loop of a narrow 0 is hardly ever as long.
_OUTLINED = 10
_WIDER = 1.5

# In fewer pixels, no paper is seen around a stroke.
_LEAST_LOCAL = 16


def reduce_by(grey: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of `factor` x `factor` pixels; the last ones may be smaller.

    Examples
    --------
    >>> reduce_by(np.arange(6.0).reshape(2, 3), 2)
    array([[2. , 3.5]])
    """
    if factor == 1:
        return grey
    image = Image.fromarray(np.asarray(grey, dtype=np.float32))
    return np.asarray(image.reduce(factor), dtype=np.float64)


def ink_signal(grey: np.ndarray, polarity: str = "auto") -> np.ndarray:
    """Return how far each pixel is on the side of the ink; `polarity` is the encoder's.

    Positive for ink, 0 on the edge of a stroke, negative for paper; negative everywhere if
    nothing stands out from the paper.

    Examples
    --------
    >>> grey = np.array([[0.9, 0.8, 0.9], [0.9, 0.1, 0.8], [0.9, 0.9, 0.9]])
    >>> (ink_signal(grey) > 0).astype(int)
    array([[0, 0, 0],
           [0, 1, 0],
           [0, 0, 0]])
    """
    if polarity == "auto":
        polarity = _polarity(grey)
    dark = grey if polarity == "dark" else 1 - grey
    contrast = _contrast(dark, relative=polarity == "dark")
    level = _otsu(contrast)
    ink = contrast > level
    if not ink.any() or ink.all():
        return np.full(grey.shape, -1.0)
    around = contrast[~ink]
    around = around[:: 1 + around.size // _ENOUGH_PAPER]
    paper = np.median(around)
    depth = np.median(contrast[ink]) - paper
    noise = 1.4826 * np.median(np.abs(around - paper))
    if depth < max(_LEAST_CONTRAST, _LEAST_DISTINCTION * noise):
        return np.full(grey.shape, -1.0)
    # Half-way is where the edge of a blurred stroke was, whatever the share of ink.
    return (contrast - paper) / depth - 0.5


def remove_specks(ink: np.ndarray, fraction: float) -> np.ndarray:
    """Keep the connected parts of the ink with at least this fraction of the largest one's area.

    Parts that touch the picture's border, such as the edge of the paper, go as well, if one at
    least half as large does not.

    Examples
    --------
    >>> remove_specks(np.array([[1, 1, 0, 1], [1, 1, 0, 0]], dtype=bool), 0.3).astype(int)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0]])
    """
    labels, n_parts = ndimage.label(ink, EIGHT_NEIGHBOURS)
    if n_parts < 2:
        return ink
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    inside = np.ones(n_parts + 1, dtype=bool)
    inside[border(labels)] = False
    largest = areas.max()
    kept = areas >= max(1, fraction * largest)
    if (areas[inside] >= 0.5 * largest).any():
        kept &= inside | (areas == 0)
    kept[0] = False
    return kept[labels]


def enlarge(signal: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Cut out the ink, and enlarge it if it is small.

    The box is at least 160 pixels on its longer side. The strokes of a small picture get the
    smooth edges that its greys tell of: the signal, positive for ink, is that of
    :func:`ink_signal`.
    """
    rows, columns = bounding_box(ink)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    if longest >= _WORKING_SIDE:
        return ink[rows, columns]
    around = tuple(slice(max(span.start - 2, 0), span.stop + 2) for span in (rows, columns))
    near = ndimage.binary_dilation(ink[around], EIGHT_NEIGHBOURS)
    small = np.where(near, np.clip(signal[around], -0.5, 0.5), -0.5)
    small = np.pad(small, 2, constant_values=-0.5)
    factor = -(-_WORKING_SIDE // longest)
    height, width = small.shape
    large = Image.fromarray(small.astype(np.float32)).resize(
        (width * factor, height * factor), Image.Resampling.BICUBIC
    )
    return cropped(np.asarray(large) > 0)


def fill_outlines(ink: np.ndarray) -> np.ndarray:
    """Fill strokes of which only the outline was drawn.

    Between the two lines of an outline the paper is long and narrow; within a loop it is round.

    Examples
    --------
    >>> outline = np.ones((8, 90), dtype=bool)
    >>> outline[1:-1, 1:-1] = False
    >>> bool(fill_outlines(outline).all())
    True
    """
    labels, _ = ndimage.label(~np.pad(ink, 1, constant_values=False))
    outside = labels[0, 0]
    least_width = _WIDER * stroke_width(ink)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if number == outside:
            continue
        hole = labels[place] == number
        width = stroke_width(hole)
        if width > least_width and hole.sum() > _OUTLINED * width**2:
            labels[place][hole] = 0
    return labels[1:-1, 1:-1] == 0


def _polarity(grey: np.ndarray) -> str:
    small = reduce_by(grey, max(1, max(grey.shape) // _PAPER_SIDE))
    level = _without_trend(small)
    # Light that darkens towards the edges leaves no two values; a large digit would bend it.
    is_bent = _distinction(level) < _DISTINCT and not _is_evenly_lit(grey)
    if is_bent and max(small.shape) >= _LEAST_LOCAL:
        level = _without_trend(small, degree=2)
    light = level > _otsu(level)
    return "dark" if border(light).mean() + light.mean() >= 1 else "light"


def _distinction(values: np.ndarray) -> float:
    """Return which part of the variance is between two classes."""
    above = values > _otsu(values)
    if above.all() or not above.any() or not values.std():
        return 0.0
    share = above.mean()
    apart = values[above].mean() - values[~above].mean()
    return float(share * (1 - share) * apart**2 / values.var())


def _without_trend(grey: np.ndarray, degree: int = 1) -> np.ndarray:
    """Take out the surface of this degree that fits the light best."""
    y, x = np.mgrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j].reshape(2, -1)
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    surfaces = np.stack([x**i * y**j for i, j in powers], axis=1)
    weights, *_ = np.linalg.lstsq(surfaces, grey.ravel())
    return grey - (surfaces @ weights).reshape(grey.shape)


def _contrast(dark: np.ndarray, *, relative: bool) -> np.ndarray:
    """Return how much darker each pixel is than the paper."""
    if max(dark.shape) < _LEAST_LOCAL or _is_evenly_lit(dark):
        return 1 - dark
    paper = _paper(dark)
    # Light is reflected in proportion: ink in the shade differs less from its paper.
    return 1 - dark / np.maximum(paper, 1 / 255) if relative else paper - dark


def _is_evenly_lit(dark: np.ndarray) -> bool:
    small = reduce_by(dark, max(1, max(dark.shape) // _PAPER_SIDE))
    is_paper = small > _otsu(small)
    levels = []
    for chosen in (is_paper, ~is_paper):
        inside = ndimage.binary_erosion(chosen, EIGHT_NEIGHBOURS, border_value=1)
        if not inside.any():
            return False
        levels.append(np.percentile(small[inside], [2, 50, 98]))
    depth = levels[0][1] - levels[1][1]
    # Under a shadow, one of the two is a mixture of paper and ink.
    return all(high - low <= _EVEN * depth for low, _, high in levels)


def _paper(dark: np.ndarray) -> np.ndarray:
    """Estimate the paper's luminance where the ink is, too."""
    factor = max(1, max(dark.shape) // _PAPER_SIDE)
    small = reduce_by(dark, factor)
    side = 2 * round(_WIDEST_STROKE * max(small.shape) / 2) + 1
    # A slope of the light would become flat near the picture's border.
    level = _without_trend(small)
    closed = ndimage.grey_closing(level, (side, side), mode="reflect")
    smooth = small - level + ndimage.gaussian_filter(closed, side / 4, mode="nearest")
    height, width = dark.shape
    image = Image.fromarray(smooth.astype(np.float32)).resize(
        (width, height), Image.Resampling.BILINEAR, box=(0, 0, width / factor, height / factor)
    )
    return np.asarray(image, dtype=np.float64)


def _otsu(values: np.ndarray) -> float:
    """Return the threshold that separates two classes best."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return low
    # NumPy's histogram takes several times as long to be exact about edges.
    bins = np.minimum((values - low) / (high - low) * 256, 255).astype(np.intp)
    counts = np.bincount(bins.ravel(), minlength=256)
    edges = np.linspace(low, high, 257)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * middles)
    # Both ends hold the least and the highest value: neither class is ever empty.
    apart = (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2 * below * above
    best = np.flatnonzero(apart >= apart.max() * (1 - 1e-9))
    return float((edges[1:-1][best[0]] + edges[1:-1][best[-1]]) / 2)
