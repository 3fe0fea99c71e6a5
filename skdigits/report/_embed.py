"""Embed figures in a page: drawn once, and coloured for light and for dark screens."""

import base64
import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

__all__ = ["embed"]

_DPI = 110

# White and black of the page in the dark, as its style has them.
_DARK_PAPER, _DARK_INK = np.array([0x14, 0x18, 0x1D]), np.array([0xE3, 0xE8, 0xEE])


def embed(figure: Figure, *, keep_images: bool = True) -> dict[str, str | int]:
    """Return a figure as two PNGs in data URIs, ``light`` and ``dark``, with its size.

    In the dark, what is light becomes dark and the reverse, and hues stay; digits, maps and the
    colour bars beside them stay as they are if `keep_images`.
    """
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, transparent=True)
    pixels = np.asarray(Image.open(stream).convert("RGBA")).astype(np.float64)
    colours, alpha = pixels[..., :3], pixels[..., 3:] / 255
    # The lightness of HSL is half the sum of the least and the greatest of the three; at the same
    # lightness a hue looks darker than grey, and gets some white.
    least, greatest = colours.min(2, keepdims=True), colours.max(2, keepdims=True)
    inverted = colours + 255 - least - greatest
    inverted += 0.35 * (greatest - least) / 255 * (255 - inverted)
    dark = _DARK_PAPER + inverted / 255 * (_DARK_INK - _DARK_PAPER)
    for part in _images(figure, *pixels.shape[:2]) if keep_images else ():
        dark[part] = colours[part]
    width, height = (round(96 * size) for size in figure.get_size_inches())
    return {
        "light": _png(alpha * colours + (1 - alpha) * 255),
        "dark": _png(alpha * dark + (1 - alpha) * _DARK_PAPER),
        "width": width,
        "height": height,
    }


def _images(figure: Figure, height: int, width: int) -> list[tuple[slice, slice]]:
    """Return the pixels of the axes that colour a map, those of colour bars included."""
    parts = []
    for ax in figure.axes:
        if ax.images or any(part.get_array() is not None for part in ax.collections):
            (left, bottom), (right, top) = ax.get_position().get_points()
            rows = slice(round((1 - top) * height), round((1 - bottom) * height))
            parts.append((rows, slice(round(left * width), round(right * width))))
    return parts


def _png(colours: np.ndarray) -> str:
    """Return a PNG of 256 colours, less than half as large as with all of them, as a data URI."""
    image = Image.fromarray(colours.round().astype(np.uint8))
    stream = io.BytesIO()
    few = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
