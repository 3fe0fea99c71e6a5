"""Read the number, or the lines of numbers, in a picture."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdigits.pictures._find_digits import DigitBox, find_digits
from skdigits.pictures._picture_encoding import PictureEncoding
from skdigits.pictures._read_digit import check_model, recognise

__all__ = ["NumberReading", "read_number"]


@dataclass(frozen=True, eq=False)
class NumberReading:
    """What :func:`read_number` read.

    Attributes
    ----------
    text : str
        The digits in the order of reading; a line break between lines.
    labels : ndarray of shape (n_digits,)
        The most probable class of each digit.
    boxes : list of DigitBox
        Where each one stands.
    probabilities : ndarray of shape (n_digits, n_classes)
        Of each digit.

    See Also
    --------
    skdigits.read_number : Return one.
    skdigits.displays.NumberReadingDisplay : Draw it.
    """

    text: str
    labels: np.ndarray = field(repr=False)
    boxes: list[DigitBox] = field(repr=False)
    probabilities: np.ndarray = field(repr=False)


def read_number(picture: Any, model: Any, *, encoder: Any = None) -> NumberReading:
    """Find and recognise all digits of a picture.

    Parameters
    ----------
    picture : path, file, bytes, PIL image or array
        A picture as :class:`~skdigits.preprocessing.DigitImageEncoder` takes it.
    model : classifier
        Anything fitted on block counts that has `predict_proba` and `classes_`.
    encoder : transformer, default=None
        From pictures to counts; None is ``DigitImageEncoder()``. Its `polarity` and `max_pixels`
        are those of the search for digits too.

    Returns
    -------
    NumberReading
        Text, boxes and probabilities; empty if no ink is found.

    Raises
    ------
    skdigits.exceptions.PictureError
        If `picture` is not a picture, or too large.
    TypeError
        If `model` is no fitted classifier that gives probabilities.

    See Also
    --------
    skdigits.read_digit : Reads a single digit.
    skdigits.preprocessing.find_digits : Only finds them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits import read_number
    >>> from skdigits.datasets import load_optdigits
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = KNeighborsClassifier().fit(X, y)
    >>> row = np.hstack([np.pad(X[i].reshape(8, 8), ((2, 2), (1, 1))) for i in (0, 2, 5)])
    >>> picture = 1 - np.kron(row, np.ones((5, 5))) / 16
    >>> read_number(picture, clf)
    NumberReading(text='072')
    """
    check_model(model)
    encoder = PictureEncoding() if encoder is None else encoder
    settings = encoder.get_params()
    boxes = find_digits(
        picture, **{name: settings[name] for name in ("polarity", "max_pixels") if name in settings}
    )
    if not boxes:
        classes = np.asarray(model.classes_)
        return NumberReading("", classes[:0], [], np.empty((0, len(classes))))
    if "polarity" in settings:
        encoder = type(encoder)(**{**settings, "polarity": "dark"})  # as the boxes have it
    labels, probabilities = recognise(encoder.transform([box.picture for box in boxes]), model)
    lines: dict[int, str] = {}
    for box, label in zip(boxes, labels, strict=True):
        lines[box.line] = lines.get(box.line, "") + str(label)
    return NumberReading("\n".join(lines.values()), labels, boxes, probabilities)
