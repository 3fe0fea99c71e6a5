"""Read the digit in a picture."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdigits.exceptions import DigitsWarning
from skdigits.pictures._picture_encoding import PictureEncoding

__all__ = ["DigitReading", "check_model", "knows_outliers", "read_digit", "recognise"]


@dataclass(frozen=True, eq=False)
class DigitReading:
    """What :func:`read_digit` read.

    Attributes
    ----------
    label : object
        The most probable class.
    probabilities : ndarray of shape (n_classes,)
        Of each class, in the order of the classifier's `classes_`.
    counts : ndarray of shape (8, 8)
        The image that the classifier was given, 0..16.
    novelty : float or None
        How unlike a digit they are, from 0 to 1; None if the classifier cannot tell.
    ink_left : float or None
        Part of the ink, 0..1, that was not taken for ruled lines, specks or the edge of the paper;
        None if an `encoder` was given and its steps were not asked for.
    steps : dict of str to ndarray or None
        What each step made of the picture, as
        :meth:`DigitImageEncoder.explain <skdigits.preprocessing.DigitImageEncoder.explain>`
        returns it; None unless it was asked for.

    See Also
    --------
    skdigits.read_digit : Return one.
    """

    label: Any
    probabilities: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    novelty: float | None = field(default=None, repr=False)
    ink_left: float | None = field(default=None, repr=False)
    steps: dict[str, np.ndarray] | None = field(default=None, repr=False)


def read_digit(
    picture: Any, model: Any, *, encoder: Any = None, explain: bool = False
) -> DigitReading:
    """Recognise the digit in a picture.

    Parameters
    ----------
    picture : path, file, bytes, PIL image or array
        A picture as :class:`~skdigits.preprocessing.DigitImageEncoder` takes it.
    model : classifier
        Anything fitted on block counts that has `predict_proba` and `classes_`, such as
        :func:`skdigits.default_model.default_model`, which can tell what is no digit as well.
    encoder : transformer, default=None
        From pictures to counts; None is ``DigitImageEncoder()``.
    explain : bool, default=False
        Keep what each step of the encoder makes of the picture, which takes no second encoding.

    Returns
    -------
    DigitReading
        Label, probabilities and counts, and with `explain` the steps.

    Raises
    ------
    skdigits.exceptions.PictureError
        If the picture cannot be read, or no ink is found in it.
    OSError
        If a file cannot be opened.
    TypeError
        If `model` is no fitted classifier that gives probabilities.

    See Also
    --------
    skdigits.read_number : Reads all digits of a picture.
    skdigits.check_digits : Says whether the counts look like those of a digit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits import read_digit
    >>> from skdigits.datasets import load_optdigits
    >>> clf = KNeighborsClassifier().fit(*load_optdigits(return_X_y=True))
    >>> picture = np.full((200, 300), 255, dtype=np.uint8)
    >>> picture[40:160, 140:150] = 20  # the stroke of a pen
    >>> read_digit(picture, clf)
    DigitReading(label=1)
    """
    check_model(model)
    encoder = PictureEncoding() if encoder is None else encoder
    # Of an encoder that is given, transform counts, which may be its own.
    explains = explain or isinstance(encoder, PictureEncoding)
    steps = encoder.explain(picture) if explains else {}
    counts = steps["counts"].reshape(1, -1) if steps else encoder.transform([picture])
    labels, probabilities, novelty = recognise(counts, model)
    return DigitReading(
        labels.tolist()[0],
        probabilities[0],
        np.asarray(counts).reshape(8, 8),
        None if novelty is None else float(novelty[0]),
        float(steps["cleaned"].sum() / steps["ink"].sum()) if "cleaned" in steps else None,
        steps if explain else None,
    )


def check_model(model: Any) -> None:
    """Raise TypeError unless a model has what it takes to read digits."""
    for attribute in ("predict_proba", "classes_"):
        if isinstance(model, type) or not hasattr(model, attribute):
            raise TypeError(
                f"Expected a fitted classifier with predict_proba, got {type(model).__name__} "
                f"without {attribute}."
            )


def knows_outliers(model: Any) -> bool:
    """Return whether a model can tell what is no digit."""
    return getattr(model, "outlier_label_", None) is not None


def recognise(counts: Any, model: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return labels and probabilities of rows of counts, and novelty if the model can tell it."""
    with DigitsWarning.silenced():  # what is odd about a picture, its reading says in its own words
        probabilities = model.predict_proba(counts)
    novelty = model.novelty(counts) if knows_outliers(model) else None
    return np.asarray(model.classes_)[np.argmax(probabilities, axis=1)], probabilities, novelty
