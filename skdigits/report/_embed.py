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
    colour bars beside them stay as they are if `keep_images`. The PNGs have a palette, which makes
    them less than half as large.
    """
    stream = io.BytesIO()
    # It is compressed well further down.
    figure.savefig(
        stream, format="png", dpi=_DPI, facecolor="white", pil_kwargs={"compress_level": 1}
    )
    drawn = Image.open(stream).convert("RGB")
    kept = _images(figure, drawn.width, drawn.height) if keep_images else []
    n_colours = 128 if kept else 256
    light = drawn.quantize(n_colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)

    # What is kept gets its colours as they are, from the second half of the palette.
    colours = np.zeros((n_colours, 3))
    found = np.reshape(np.array(light.getpalette()), (-1, 3))
    colours[: len(found)] = found
    places = np.array(light)
    for part in kept:
        places[part] += n_colours
    dark = Image.fromarray(places)
    palette = np.concatenate([_darkened(colours), colours[: 256 - n_colours]])
    dark.putpalette(palette.astype(np.uint8).tobytes())
    width, height = (round(96 * size) for size in figure.get_size_inches())
    return {"light": _uri(light), "dark": _uri(dark), "width": width, "height": height}


def _darkened(colours: np.ndarray) -> np.ndarray:
    # The lightness of HSL is half the sum of the least and the greatest of the three; at the same
    # lightness a hue looks darker than grey, and gets some white.
    least, greatest = colours.min(axis=1, keepdims=True), colours.max(axis=1, keepdims=True)
    inverted = colours + 255 - least - greatest
    inverted += 0.35 * (greatest - least) / 255 * (255 - inverted)
    return (_DARK_PAPER + inverted / 255 * (_DARK_INK - _DARK_PAPER)).round()


def _images(figure: Figure, width: int, height: int) -> list[tuple[slice, slice]]:
    """Return the pixels of the axes that colour a map, those of colour bars included."""
    parts = []
    for ax in figure.axes:
        if ax.images or any(part.get_array() is not None for part in ax.collections):
            (left, bottom), (right, top) = ax.get_position().get_points()
            rows = slice(round((1 - top) * height), round((1 - bottom) * height))
            parts.append((rows, slice(round(left * width), round(right * width))))
    return parts


def _uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
