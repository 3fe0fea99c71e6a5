"""``NumberReadingDisplay``: draw a picture with the digits that were read in it."""

from typing import Any, Self

import numpy as np

from skdigits.displays._layout import axes_or_new
from skdigits.pictures import NumberReading, read_number, read_picture

__all__ = ["NumberReadingDisplay"]

_WIDTH = 7.0  # of a new figure, in inches


class NumberReadingDisplay:
    """A picture, a box around each digit, and above it the label and its probability.

    It is made by :meth:`from_picture`; the constructor takes what is drawn as it is.

    Parameters
    ----------
    picture : ndarray of shape (height, width)
        The picture's luminance in 0..1.
    reading : NumberReading
        What was read, as :func:`skdigits.pictures.read_number` returns it.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    skdigits.pictures.read_number : Reads the number.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import NumberReadingDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = KNeighborsClassifier().fit(X, y)
    >>> row = np.hstack([np.pad(X[i].reshape(8, 8), ((2, 2), (1, 1))) for i in (0, 2, 5)])
    >>> picture = 1 - np.kron(row, np.ones((5, 5))) / 16
    >>> display = NumberReadingDisplay.from_picture(picture, clf)
    >>> len(display.ax_.patches)
    3
    """

    def __init__(self, *, picture: np.ndarray, reading: NumberReading) -> None:
        self.picture = picture
        self.reading = reading

    @classmethod
    def from_picture(
        cls, picture: Any, model: Any, *, encoder: Any = None, ax: Any = None, **plot_kw: Any
    ) -> Self:
        """Read the number in a picture and draw it.

        Parameters
        ----------
        picture : path, file, bytes, PIL image or array
            A picture as :class:`~skdigits.pictures.DigitImageEncoder` takes it.
        model : classifier
            As for :func:`skdigits.pictures.read_number`.
        encoder : transformer, default=None
            From pictures to counts; None is ``DigitImageEncoder()``.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        **plot_kw : dict
            `imshow_kw` and `box_kw` for :meth:`plot`.

        Returns
        -------
        display : NumberReadingDisplay
            As drawn.

        Raises
        ------
        skdigits.exceptions.PictureError
            If `picture` is not a picture, or too large.
        TypeError
            If `model` is no fitted classifier that gives probabilities.
        """
        picture = read_picture(picture)
        reading = read_number(picture, model, encoder=encoder)
        return cls(picture=picture, reading=reading).plot(ax=ax, **plot_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        imshow_kw: dict[str, Any] | None = None,
        box_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw picture, boxes and labels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        imshow_kw : dict, default=None
            Keywords for ``Axes.imshow``.
        box_kw : dict, default=None
            Keywords for the boxes, ``matplotlib.patches.Rectangle``.

        Returns
        -------
        display : NumberReadingDisplay
            This display.
        """
        from matplotlib.patches import Rectangle

        height, width = self.picture.shape
        self.figure_, self.ax_ = axes_or_new(
            ax, (_WIDTH, float(np.clip(_WIDTH * height / width, 1.5, 9)))
        )
        self.ax_.imshow(self.picture, **{"cmap": "gray", "vmin": 0, "vmax": 1, **(imshow_kw or {})})
        self.ax_.set(xticks=[], yticks=[], title=self.reading.text)
        style = {"fill": False, "edgecolor": "tab:red", **(box_kw or {})}
        for box, label, confidence in zip(
            self.reading.boxes,
            self.reading.labels,
            self.reading.probabilities.max(axis=1),
            strict=True,
        ):
            place = box.left - 0.5, box.top - 0.5
            frame = Rectangle(place, box.right - box.left, box.bottom - box.top, **style)
            self.ax_.add_patch(frame)
            self.ax_.annotate(
                f"{label} {confidence:.0%}",
                place,
                xytext=(0, 2),
                textcoords="offset points",
                color=frame.get_edgecolor(),
                fontsize="small",
            )
        return self
