"""Read a picture from anywhere, as one array of grey."""

import ctypes
import io
import os
import warnings
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, ImageStat

from skdigits.exceptions import PictureError
from skdigits.pictures._dots import smooth_dots

__all__ = ["MAX_PIXELS", "is_one_file", "read_picture"]

MAX_PIXELS = 50_000_000

# Formats that cameras, scanners and drawing programs write. Others are left out: some of their
# readers start other programs.
# Pillow before 11.3 does not read AVIF.
_FORMATS = (
    *("PNG", "JPEG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM"),
    *(("AVIF",) if find_spec("PIL._avif") else ()),
)
_KNOWN = "PNG, JPEG, BMP, GIF, TIFF, WebP and PPM"

# Formats of photographs by bytes 4 to 11 of their files.
_PHOTOGRAPHS = {b"ftypheic": "HEIC", b"ftypheix": "HEIC", b"ftypmif1": "HEIC", b"ftypavif": "AVIF"}

# Turns that set a picture upright, by EXIF orientation.
_TURNS: dict[Any, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Values for white in arrays: of fractions, bytes, cameras of 10, 12 and 14 bits, and 16 bits.
_WHITES = (1, 255, 1023, 4095, 16383, 65535)

# Counts of ink, such as a row of the data set enlarged, hardly ever reach less than this.
_COUNTS = (14, 16)

# Part of white that interpolation overshoots by, in floats.
_OVERSHOOT = 0.1
_SMALLER = "Make it smaller, or cut out the digit."

# A picture whose luminance varies by less than this part of what one of its colours does is seen
# by that colour: red ink may be as light as green paper.
_LEAST_LUMINANCE = 0.3

# Thousandths of the luminance, by ITU-R BT.601, as Pillow has it: white is exactly 1.
_LUMA = (299, 587, 114)

# Pillow's libtiff writes on standard error about each damaged file, without the file's name. Its
# function is not in Pillow's interface, and is not found where libtiff is linked statically.
_LIBRARY = ctypes.CDLL(Image.core.__file__)
if hasattr(_LIBRARY, "TIFFSetErrorHandler"):
    _LIBRARY.TIFFSetErrorHandler(None)


def read_picture(
    picture: Any, *, max_pixels: int = MAX_PIXELS, enough: int | None = None
) -> np.ndarray:
    """Read a picture, upright, as luminance from 0, black, to 1, white.

    What may be a picture is in :meth:`skdigits.pictures.DigitImageEncoder.transform`. A
    photograph is turned as its EXIF orientation says. What is transparent becomes white, or black
    if the visible strokes are light. Dots of black and white become greys. What cannot be read is a
    PictureError; pictures of more than `max_pixels` are refused before they are decoded.

    Of a file with several frames, nobody can say which one is meant: it is refused, unless it is
    opened with Pillow, whose current frame is taken. The previews that phones add to a JPEG do
    not count. Pillow has a limit of its own, 179 million pixels, that `max_pixels` cannot raise.

    Where `enough` is the number of pixels that a longer side needs, JPEG files are decoded at a
    half, a quarter or an eighth of their size if that leaves as many: that takes a tenth of the
    time for a photograph.

    Examples
    --------
    >>> import numpy as np
    >>> read_picture(np.array([[0, 255], [51, 102]], dtype=np.uint8))
    array([[0. , 1. ],
           [0.2, 0.4]])
    >>> read_picture(b"<svg></svg>")
    Traceback (most recent call last):
    skdigits.exceptions.PictureError: The data is no picture that can be read. Known are PNG, JPEG,
    BMP, GIF, TIFF, WebP and PPM; save it as one of these.
    """
    if isinstance(picture, Image.Image):
        return _from_pillow(picture, "The picture", max_pixels)
    if isinstance(picture, str | os.PathLike):
        path = Path(picture)
        with path.open("rb") as file:
            return _from_file(file, repr(path.name), max_pixels, enough)
    if isinstance(picture, bytes | bytearray | memoryview):
        return _from_file(io.BytesIO(picture), "The data", max_pixels, enough)
    if hasattr(picture, "read"):
        return _from_file(picture, "The file", max_pixels, enough)
    return _from_array(picture, max_pixels)


def is_one_file(picture: Any) -> bool:
    """Return whether it is one picture for :func:`read_picture`, and no array.

    Examples
    --------
    >>> is_one_file("three.png"), is_one_file(["three.png"])
    (True, False)
    """
    kinds = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    return isinstance(picture, kinds) or hasattr(picture, "read")


def _from_file(file: IO[bytes], name: str, max_pixels: int, enough: int | None) -> np.ndarray:
    try:
        # What Pillow warns of, too many pixels or a damaged header, is an error here or no matter.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(file, formats=_FORMATS)
        # Phones add small versions of the picture as further ones.
        several = image.format != "MPO" and getattr(image, "is_animated", False)
    except Image.DecompressionBombError as error:
        limit = min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))
        raise PictureError(
            f"{name} is too large: it has more than the {limit:,} pixels that are read. {_SMALLER}"
        ) from error
    except Exception as error:  # damaged files make decoders raise almost anything
        kind = _photograph(file)
        if kind is not None:
            raise PictureError(
                f"{name} has the format {kind}, which is not read. Save it as JPEG, or, in Python, "
                "open it with a plug-in of Pillow, such as pillow-heif, and pass the image."
            ) from error
        raise PictureError(
            f"{name} is no picture that can be read. Known are {_KNOWN}; save it as one of these."
        ) from error
    if several:
        raise PictureError(
            f"{name} has several frames or pages; save the one that shows the digit by itself."
        )
    return _from_pillow(image, name, max_pixels, enough)


def _photograph(file: IO[bytes]) -> str | None:
    """Return the format of a telephone's photograph that Pillow does not read by itself."""
    with suppress(Exception):  # a stream that cannot be rewound
        file.seek(4)
        kind = _PHOTOGRAPHS.get(file.read(8))
        return None if kind in _FORMATS else kind
    return None


def _from_pillow(
    image: Image.Image, name: str, max_pixels: int, enough: int | None = None
) -> np.ndarray:
    _check_size(image.height, image.width, name, max_pixels)  # only the header is read so far
    if enough is not None:
        longest = max(image.size)
        width, height = (max(1, side * enough // longest) for side in image.size)
        image.draft(None, (width, height))
    try:
        image = _upright(image)
        if image.mode.startswith("I;16"):
            pixels = np.asarray(image).astype(np.uint16) / 65535
        elif image.mode in {"I", "F"}:
            pixels = np.asarray(image)
        elif image.has_transparency_data:
            image = image.convert("LA" if image.mode == "La" else "RGBA").convert("RGBA")
            bands = _grey(image.convert("RGB")), image.getchannel("A")
            pixels = np.dstack([np.asarray(band) for band in bands]) / 255
        else:
            pixels = np.asarray(_grey(image)) / 255
    except Exception as error:
        if "closed" in str(error):
            raise PictureError(
                f"{name} cannot be read: its file was closed before its pixels were read. Use it "
                "before the file is closed, or call its load() first."
            ) from error
        raise PictureError(
            f"{name} is damaged or incomplete: its pixels cannot be decoded. Copy, download or "
            "save it again."
        ) from error
    return _from_array(pixels, max_pixels, name)


def _upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF orientation says; the other entries may be broken."""
    turn = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.load()
        with suppress(Exception):
            turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    return image if turn is None else image.transpose(turn)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.buildTransform(*profiles, "LAB", "RGB").apply(image)
    grey = image.convert("L")
    if len(image.getbands()) == 1 and image.mode != "P":
        return grey
    bands = [grey, *image.convert("RGB").split()]
    return bands[_most_telling([ImageStat.Stat(band).stddev[0] for band in bands])]


def _most_telling(spreads: list[float]) -> int:
    """Return 0 for the luminance, whose spread is first, or which colour tells much more."""
    most = int(np.argmax(spreads))
    return 0 if spreads[0] >= _LEAST_LUMINANCE * spreads[most] else most


def _from_array(picture: Any, max_pixels: int, name: str = "The picture") -> np.ndarray:
    try:
        pixels = np.asarray(picture)
        is_real = pixels.dtype.kind in "buif"
    except ValueError:
        is_real = False
    if not is_real:
        raise PictureError(
            "A picture is the name of a file, its content, a PIL image or an array of real "
            f"numbers; got {type(picture).__name__}."
        )
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] > 4):
        hint = ""
        if pixels.ndim == 3 and pixels.shape[0] <= 4:
            hint = " The channels go last: np.moveaxis(picture, 0, -1)."
        elif pixels.ndim == 1:
            hint = " A row of counts needs no encoding."
        raise PictureError(
            "A picture has the shape (height, width) or (height, width, channels) with 1 to 4 "
            f"channels; got {pixels.shape}.{hint}"
        )
    if pixels.size == 0:
        raise PictureError(f"{name} is empty: its shape is {pixels.shape}.")
    _check_size(pixels.shape[0], pixels.shape[1], name, max_pixels)
    pixels = _in_0_to_1(pixels, name)
    grey = pixels if pixels.ndim == 2 else _without_channels(np.moveaxis(pixels, 2, 0))
    return smooth_dots(grey)


def _check_size(height: int, width: int, name: str, max_pixels: int) -> None:
    if height * width > max_pixels:
        raise PictureError(
            f"{name} is too large: {width} x {height} pixels are more than the {max_pixels:,} "
            f"that are read. {_SMALLER}"
        )


def _in_0_to_1(pixels: np.ndarray, name: str) -> np.ndarray:
    low, high = float(pixels.min()), float(pixels.max())  # nan, if there is one
    slack = _OVERSHOOT if pixels.dtype.kind == "f" else 0.0
    whites = [white for white in _WHITES if high <= white * (1 + slack)]
    if not (whites and low >= -slack * whites[0]):
        raise PictureError(
            f"{name} must hold finite numbers in 0..1, 0..16, 0..255 or 0..65535; they go from "
            f"{low:g} to {high:g}. Pass (picture - picture.min()) / np.ptp(picture) if all of it "
            "is to be seen."
        )
    is_of_counts = _COUNTS[0] <= high <= _COUNTS[1]
    return np.clip(pixels / float(_COUNTS[1] if is_of_counts else whites[0]), 0, 1)


def _without_channels(channels: np.ndarray) -> np.ndarray:
    *colours, alpha = channels if len(channels) in (2, 4) else (*channels, None)
    if len(colours) == 3:
        grey = sum(weight * colour for weight, colour in zip(_LUMA, colours, strict=True)) / 1000
        bands = [grey, *colours]
        grey = bands[_most_telling([float(band.std()) for band in bands])]
    else:
        grey = colours[0]
    if alpha is None:
        return grey
    visible = alpha.sum()
    is_light = visible > 0 and (grey * alpha).sum() > 0.5 * visible
    # Visible are the strokes, which the paper must differ from, or most of the paper itself.
    is_paper = visible > 0.5 * alpha.size
    return alpha * grey + (1 - alpha) * float(is_light == is_paper)
