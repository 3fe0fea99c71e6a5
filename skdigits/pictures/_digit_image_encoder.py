"""``DigitImageEncoder``: encode pictures of digits as counts, as a scikit-learn transformer."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._sklearn_compat import DocumentationLinkMixin
from skdigits.datasets import FEATURE_NAMES
from skdigits.pictures._picture_encoding import PictureEncoding
from skdigits.pictures._read_picture import MAX_PIXELS, is_one_file

__all__ = ["DigitImageEncoder"]


class DigitImageEncoder(DocumentationLinkMixin, TransformerMixin, BaseEstimator):
    """Encode pictures of single digits as the 8x8 counts that the data set holds.

    Photographs, scans, drawings and pictures of other data sets, of any size, in grey or colour,
    dark on light or light on dark, become what the data set would hold had the digit been in it:
    the ink is found, brought upright and to the size of the data set's bitmaps of 32x32 pixels,
    and counted in blocks of 4x4.

    Parameters
    ----------
    polarity : {"auto", "dark", "light"}, default="auto"
        What ink is, compared with the paper. "auto" takes for ink what covers less of the
        picture and of its border.
    remove_lines : bool, default=True
        Take out ruled lines and squares that run across the whole picture.
    deslant : {"mean", "moments", "ends"} or None, default="mean"
        Shear the ink level until the left ends near its top and its bottom are in line, as NIST
        did ("ends"), until x and y are uncorrelated ("moments"), or by the mean of both slants.
    max_pixels : int, default=50_000_000
        Larger pictures are refused, before they are decoded.

    See Also
    --------
    skdigits.pictures.find_digits : Cuts a picture of several digits into single ones.
    skdigits.displays.DigitImageEncoderDisplay : Shows what each step makes of a picture.

    Notes
    -----
    The encoder is stateless: it need not be fitted. Where the light is uneven, each pixel is
    compared with the paper around it. A picture that is a bitmap such as the data set's counts were
    made from, of 32x32 pixels and two values, is only counted; the amount, the size and the place
    of its ink tell it from others. With the defaults, each of the 1797 bitmaps that the data set's
    test part was made from gives its row of counts exactly.

    References
    ----------
    M. D. Garris and others (1994). NIST Form-Based Handprint Recognition System. NIST Interagency
    Report 5469.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.pictures import DigitImageEncoder
    >>> picture = np.full((200, 300), 255, dtype=np.uint8)
    >>> picture[40:160, 140:150] = 20  # the stroke of a pen
    >>> counts = DigitImageEncoder().transform([picture])
    >>> counts.reshape(8, 8).astype(int)
    array([[ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0],
           [ 0,  0,  0, 12, 12,  0,  0,  0]])

    In a pipeline, a classifier takes pictures:

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from skdigits.datasets import load_optdigits
    >>> svc = SVC().fit(*load_optdigits(return_X_y=True))
    >>> make_pipeline(DigitImageEncoder(), svc).predict([picture])
    array([1])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "polarity": [StrOptions({"auto", "dark", "light"})],
        "remove_lines": ["boolean"],
        "deslant": [StrOptions({"mean", "moments", "ends"}), None],
        "max_pixels": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        polarity: str = "auto",
        remove_lines: bool = True,
        deslant: str | None = "mean",
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.polarity = polarity
        self.remove_lines = remove_lines
        self.deslant = deslant
        self.max_pixels = max_pixels

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Only check the parameters: there is nothing to learn.

        Parameters
        ----------
        X : sequence of pictures or None
            Ignored.
        y : None
            Ignored.

        Returns
        -------
        self : DigitImageEncoder
            The encoder.

        Raises
        ------
        ValueError
            If a parameter is not valid.
        """
        self._encoding()
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Encode pictures.

        Parameters
        ----------
        X : sequence of pictures
            Each is the name of a PNG, JPEG, BMP, GIF, TIFF, WebP or PPM file, or, with Pillow 11.3,
            of an AVIF file, its content as bytes, a file open for reading, a PIL image, or an array
            of shape (height, width) or (height, width, channels) with 1 to 4 channels: grey, grey
            and alpha, RGB, RGBA. Numbers are in 0..1, counts 0..16, bytes 0..255, or 10, 12, 14 or
            16 bits, whichever is the least that holds their maximum; a maximum from 2 to 13 is a
            dark picture of bytes. Pictures of black and white dots are smoothed to greys. An array
            of shape (n_pictures, height, width) is such a sequence, too.

        Returns
        -------
        ndarray of shape (n_pictures, 64), dtype float64
            Counts 0..16, row after row of each 8x8 image.

        Raises
        ------
        skdigits.exceptions.PictureError
            If a picture cannot be read, or no ink is found in it.
        OSError
            If a file cannot be opened.
        ValueError
            If a parameter is not valid, `X` is empty, or a single picture instead of a sequence.
        """
        return self._encoding().transform(_sequence_of_pictures(X))

    def explain(self, picture: Any) -> dict[str, np.ndarray]:
        """Return what each step makes of one picture.

        Parameters
        ----------
        picture : path, bytes, file, PIL image or array
            One picture, as in :meth:`transform`.

        Returns
        -------
        dict of str to ndarray
            In order: "grey", luminance 0..1, of a large JPEG in a half to an eighth of its size;
            "ink", "cleaned", "enlarged", "deslanted", "scaled" and "bitmap" (32x32), where there is
            ink, as bools; "counts", of shape (8, 8). Steps that are switched off are missing, and
            all between "grey" and "bitmap" if the picture is such a bitmap already.

        Raises
        ------
        skdigits.exceptions.PictureError
            If the picture cannot be read, or no ink is found in it.
        OSError
            If a file cannot be opened.
        ValueError
            If a parameter is not valid.

        Examples
        --------
        >>> import numpy as np
        >>> from skdigits.pictures import DigitImageEncoder
        >>> picture = np.ones((60, 60))
        >>> picture[10:50, 20:25] = picture[45:50, 20:40] = 0
        >>> steps = DigitImageEncoder().explain(picture)
        >>> [name for name in steps]
        ['grey', 'ink', 'cleaned', 'enlarged', 'deslanted', 'scaled', 'bitmap', 'counts']
        >>> steps["bitmap"].shape
        (32, 32)
        """
        return self._encoding().explain(picture)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the counts, as the data set has them.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (64,), dtype object
            ``"pixel_0_0"`` to ``"pixel_7_7"``, row and column of the block.
        """
        return np.asarray(FEATURE_NAMES, dtype=object)

    def _encoding(self) -> PictureEncoding:
        """Check the parameters, and return what encodes with them."""
        self._validate_params()
        return PictureEncoding(**self.get_params(deep=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.requires_fit = False
        return tags


def _sequence_of_pictures(X: Any) -> list[Any]:
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if is_one_file(X) or len(shape) == 2 or (len(shape) == 3 and shape[2] <= 4):
        raise ValueError(
            "Expected a sequence of pictures, got one picture. Pass a list: transform([picture])."
        )
    if not isinstance(X, Iterable):
        raise ValueError(f"Expected a sequence of pictures, got {type(X).__name__}.")
    pictures = list(X)
    if not pictures:
        raise ValueError("Found 0 pictures, while a minimum of 1 is required.")
    return pictures
