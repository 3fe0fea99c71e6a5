"""Read the number, or the lines of numbers, in a picture."""

import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skdigits.exceptions import DigitsWarning, PictureError
from skdigits.pictures._find_digits import DigitBox, find_ways
from skdigits.pictures._novelty import LEAST_NOVELTY, MOST_NOVELTY, knows_outliers
from skdigits.pictures._picture_encoding import PictureEncoding
from skdigits.pictures._read_digit import check_model, recognise
from skdigits.pictures._read_picture import MAX_PIXELS

__all__ = ["NumberReading", "read_number", "read_several"]

# For each piece of ink, the ways to cut it into digits.
_Found = list[list[list[DigitBox]]]

# Character in a text for what is not a digit.
_UNKNOWN = "?"


@dataclass(frozen=True, eq=False)
class NumberReading:
    """Result of :func:`read_number`.

    Attributes
    ----------
    text : str
        The digits in the order of reading, and "?" for what is unlike a digit; a line break
        between lines.
    labels : ndarray of shape (n_digits,)
        The most probable class of each digit.
    boxes : list of DigitBox
        Where each one stands.
    probabilities : ndarray of shape (n_digits, n_classes)
        Probability of each class in `classes`, for each digit.
    classes : ndarray of shape (n_classes,)
        The classifier's class labels, without the one of "not a digit".
    novelty : ndarray of shape (n_digits,) or None
        Probability of the class "not a digit"; None if the classifier has no such class.

    See Also
    --------
    read_number : Return one.
    skdigits.displays.NumberReadingDisplay : Draw it.
    """

    text: str
    labels: np.ndarray = field(repr=False)
    boxes: list[DigitBox] = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    classes: np.ndarray = field(repr=False)
    novelty: np.ndarray | None = field(default=None, repr=False)

    @property
    def is_unlike_a_digit(self) -> np.ndarray:
        """For each digit, whether it is so unlike one that the text has "?" for it."""
        if self.novelty is None:
            return np.zeros(len(self.labels), dtype=bool)
        return self.novelty > MOST_NOVELTY


def read_number(
    picture: Any, model: Any, *, encoder: Any = None, outlier_label: Any = None
) -> NumberReading:
    """Find and recognise all digits of a picture.

    Parameters
    ----------
    picture : path, file, bytes, PIL image or array
        A picture as :class:`DigitImageEncoder` takes it.
    model : classifier
        Anything fitted on block counts that has `predict_proba` and `classes_`, such as
        :func:`skdigits.default_model.default_model`, which also detects what is not a digit.
    encoder : transformer, default=None
        From pictures to counts; None is ``DigitImageEncoder()``. Its `polarity` and `max_pixels`
        are those of the search for digits too.
    outlier_label : object, default=None
        Label of the class "not a digit", as for :func:`read_digit`.

    Returns
    -------
    NumberReading
        Text, boxes and probabilities; empty if no ink is found. If the model has a class "not a
        digit", there is "?" in the text for letters, signs, points and dashes between digits, and
        digits that touch are cut apart where it finds that the parts are digits.

    Raises
    ------
    skdigits.exceptions.PictureError
        If `picture` is not a picture, or too large.
    TypeError
        If `model` is no fitted classifier that gives probabilities.
    ValueError
        If `outlier_label` is not one of the model's classes.

    Warns
    -----
    skdigits.exceptions.DigitsWarning
        If no digits are found, or the model was not trained on counts of digits, as for
        :func:`read_digit`.

    See Also
    --------
    read_digit : Reads a single digit.
    find_digits : Only finds them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.pictures import read_number
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = KNeighborsClassifier().fit(X, y)
    >>> row = np.hstack([np.pad(X[i].reshape(8, 8), ((2, 2), (1, 1))) for i in (0, 2, 5)])
    >>> picture = 1 - np.kron(row, np.ones((5, 5))) / 16
    >>> read_number(picture, clf)
    NumberReading(text='072')
    """
    check_model(model, encoder)
    encoder = PictureEncoding() if encoder is None else encoder
    settings = encoder.get_params()
    found = find_ways(
        picture, settings.get("polarity", "auto"), settings.get("max_pixels", MAX_PIXELS)
    )
    if "polarity" in settings:
        encoder = type(encoder)(**{**settings, "polarity": "dark"})  # as the boxes have it
    if not knows_outliers(model, outlier_label):  # the two readings cannot be compared
        found = [ways[:1] for ways in found if not ways[0][0].is_mark]
    found, counts = _encoded(found, encoder)
    if not found:
        if not DigitsWarning.is_silenced():
            warnings.warn(
                "No digits were found in the picture. If there are some, cut out the part that "
                'shows them, or say what ink is: DigitImageEncoder(polarity="dark") or "light".',
                DigitsWarning,
                stacklevel=2,
            )
        classes = np.asarray(model.classes_)
        return NumberReading("", classes[:0], [], np.empty((0, len(classes))), classes)
    classes, labels, probabilities, novelty = recognise(np.array(counts), model, outlier_label)
    every = [box for ways in found for way in ways for box in way]
    if novelty is not None:
        novelty[[box.is_mark for box in every]] = 1.0
    certainty = probabilities.max(axis=1) * (1 if novelty is None else 1 - novelty)
    chosen = _best_ways(found, certainty)
    boxes = [every[place] for place in chosen]
    labels, probabilities = labels[chosen], probabilities[chosen]
    novelty = None if novelty is None else novelty[chosen]
    reading = NumberReading("", labels, boxes, probabilities, classes, novelty)
    lines: dict[int, str] = {}
    for box, label, is_unlike in zip(boxes, labels, reading.is_unlike_a_digit, strict=True):
        lines[box.line] = lines.get(box.line, "") + (_UNKNOWN if is_unlike else str(label))
    return replace(reading, text="\n".join(lines.values()))


def _encoded(found: _Found, encoder: Any) -> tuple[_Found, list[np.ndarray]]:
    """Return the ways whose digits all have ink, and the counts of each digit in turn."""
    pieces, counts = [], []
    for ways in found:
        kept = []
        for way in ways:
            # A part may be too faint to tell from the paper.
            with suppress(PictureError):
                counts += [*encoder.transform([box.picture for box in way])]
                kept.append(way)
        if kept:
            pieces.append(kept)
    return pieces, counts


def _best_ways(found: _Found, certainty: np.ndarray) -> list[int]:
    """Return the places of the digits of each piece's best way: all of them are surest digits."""
    chosen: list[int] = []
    start = 0
    for ways in found:
        places: list[list[int]] = []
        for way in ways:
            places.append([*range(start, start + len(way))])
            start += len(way)
        chosen += places[int(np.argmax([np.prod(certainty[place]) for place in places]))]
    return chosen


def read_several(
    picture: Any,
    model: Any,
    *,
    novelty: float | None,
    encoder: Any = None,
    outlier_label: Any = None,
) -> NumberReading | None:
    """Return what is read in a picture if it shows several digits rather than one, else None.

    `novelty` is that of the picture read as one digit; without it, nothing can be said.
    """
    if novelty is None or novelty < LEAST_NOVELTY:
        return None
    with DigitsWarning.silenced():
        reading = read_number(picture, model, encoder=encoder, outlier_label=outlier_label)
    is_several = len(reading.boxes) > 1 and not reading.is_unlike_a_digit.any()
    return reading if is_several else None
