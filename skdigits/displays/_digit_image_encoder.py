"""``DigitImageEncoderDisplay``: draw what each step of the encoder makes of a picture."""

from typing import Any, Self

import numpy as np

from skdigits.displays._layout import show_image, subplots_in
from skdigits.pictures import DigitImageEncoder

__all__ = ["DigitImageEncoderDisplay"]

_TITLES = {
    "grey": "picture",
    "ink": "ink",
    "cleaned": "without lines\nand specks",
    "enlarged": "enlarged",
    "deslanted": "upright",
    "scaled": "scaled",
    "bitmap": "32x32",
    "counts": "counts",
}


class DigitImageEncoderDisplay:
    """What each step of an encoder makes of a picture, from left to right.

    It is made by :meth:`from_picture`; the constructor takes what is drawn as it is.

    Parameters
    ----------
    steps : dict of str to ndarray
        Pictures by the names of their steps, as
        :meth:`~skdigits.pictures.DigitImageEncoder.explain` and, if asked to,
        :func:`skdigits.pictures.read_digit` return them.

    Attributes
    ----------
    axes_ : ndarray of shape (n_steps,) of matplotlib Axes
        One for each step.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    skdigits.pictures.DigitImageEncoder : Encodes pictures of digits as counts.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.displays import DigitImageEncoderDisplay
    >>> from skdigits.pictures import DigitImageEncoder
    >>> picture = np.ones((60, 60))
    >>> picture[10:50, 20:25] = 0
    >>> display = DigitImageEncoderDisplay.from_picture(DigitImageEncoder(), picture)
    >>> [ax.get_title() for ax in display.axes_[-2:]]
    ['32x32', 'counts']
    """

    def __init__(self, *, steps: dict[str, np.ndarray]) -> None:
        self.steps = steps

    @classmethod
    def from_picture(cls, encoder: DigitImageEncoder, picture: Any, *, ax: Any = None) -> Self:
        """Encode one picture, and draw the steps.

        Parameters
        ----------
        encoder : DigitImageEncoder
            The encoder.
        picture : path, bytes, file, PIL image or array
            One picture, as the encoder takes it.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.

        Returns
        -------
        display : DigitImageEncoderDisplay
            As drawn.

        Raises
        ------
        skdigits.exceptions.PictureError
            If the picture cannot be read, or no ink is found in it.
        """
        return cls(steps=encoder.explain(picture)).plot(ax=ax)

    def plot(self, ax: Any = None, *, imshow_kw: dict[str, Any] | None = None) -> Self:
        """Draw the steps.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.

        Returns
        -------
        display : DigitImageEncoderDisplay
            This display.
        """
        n_steps = len(self.steps)
        self.figure_, (self.axes_,) = subplots_in(ax, 1, n_steps, (1.4 * n_steps, 1.9))
        for axes, (name, step) in zip(self.axes_, self.steps.items(), strict=True):
            if name == "grey":
                scale = {"cmap": "gray", "vmin": 0, "vmax": 1}
            else:
                scale = {"vmax": 16 if name == "counts" else 1}
            show_image(axes, step, **{**scale, **(imshow_kw or {})})
            axes.set_title(_TITLES.get(name, name), fontsize="small")
            # Paper is white like the figure: a frame shows where the picture ends.
            axes.spines[:].set(visible=True, color="0.8")
        return self
