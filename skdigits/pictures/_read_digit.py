"""Read the digit in a picture."""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdigits._validation import caller_stacklevel
from skdigits.exceptions import DigitsWarning
from skdigits.pictures._novelty import doubt_about, predict_with_novelty
from skdigits.pictures._picture_encoding import PictureEncoding

__all__ = ["DigitReading", "check_model", "read_digit", "recognise"]


@dataclass(frozen=True, eq=False)
class DigitReading:
    """Result of :func:`read_digit`.

    Attributes
    ----------
    label : object
        The most probable class label, other than the one of "not a digit".
    probabilities : ndarray of shape (n_classes,)
        Probability of each class in `classes`.
    classes : ndarray of shape (n_classes,)
        The classifier's class labels, without the one of "not a digit".
    counts : ndarray of shape (8, 8)
        The image that the classifier was given, 0..16.
    novelty : float or None
        Probability of the class "not a digit"; None if the classifier has no such class.
    ink_left : float or None
        Part of the ink, 0..1, that was not taken for ruled lines, specks or the edge of the paper;
        None if an `encoder` was given and its steps were not asked for.
    steps : dict of str to ndarray or None
        What each step made of the picture, as
        :meth:`DigitImageEncoder.explain <skdigits.pictures.DigitImageEncoder.explain>`
        returns it; None unless it was asked for.

    See Also
    --------
    read_digit : Return one.
    """

    label: Any
    probabilities: np.ndarray = field(repr=False)
    classes: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    novelty: float | None = field(default=None, repr=False)
    ink_left: float | None = field(default=None, repr=False)
    steps: dict[str, np.ndarray] | None = field(default=None, repr=False)

    @property
    def doubt(self) -> str | None:
        """A sentence if it is not sure which digit this is, or that it is one; else None."""
        return doubt_about(float(self.probabilities.max()), self.novelty)


def read_digit(
    picture: Any,
    model: Any,
    *,
    encoder: Any = None,
    outlier_label: Any = None,
    explain: bool = False,
) -> DigitReading:
    """Recognise the digit in a picture.

    Parameters
    ----------
    picture : path, file, bytes, PIL image or array
        A picture as :class:`DigitImageEncoder` takes it.
    model : classifier
        Anything fitted on block counts that has `predict_proba` and `classes_`, such as
        :func:`skdigits.default_model.default_model`, which also detects what is not a digit.
    encoder : transformer, default=None
        From pictures to counts; None is ``DigitImageEncoder()``.
    outlier_label : object, default=None
        Label of the class "not a digit". The reading has its probability as `novelty`, and the
        probabilities of the other classes given that the picture shows one of them. None uses the
        model's `outlier_label_`, if it has one.
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
    ValueError
        If `outlier_label` is not one of the model's classes.

    Warns
    -----
    skdigits.exceptions.DigitsWarning
        If the model records that it was not trained on counts of digits, such as a
        :class:`~skdigits.DigitCNNClassifier` fitted on samples of 0..1 or on inverted ones.

    See Also
    --------
    read_number : Reads all digits of a picture.
    skdigits.check_digits : Says whether the counts look like those of a digit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.pictures import read_digit
    >>> clf = KNeighborsClassifier().fit(*load_optdigits(return_X_y=True))
    >>> picture = np.full((200, 300), 255, dtype=np.uint8)
    >>> picture[40:160, 140:150] = 20  # the stroke of a pen
    >>> read_digit(picture, clf)
    DigitReading(label=1)
    """
    check_model(model, encoder)
    encoder = PictureEncoding() if encoder is None else encoder
    # Of an encoder that is given, transform counts, which may be its own.
    explains = explain or isinstance(encoder, PictureEncoding)
    steps = encoder.explain(picture) if explains else {}
    counts = steps["counts"].reshape(1, -1) if steps else encoder.transform([picture])
    classes, labels, probabilities, novelty = recognise(counts, model, outlier_label)
    return DigitReading(
        labels.tolist()[0],
        probabilities[0],
        classes,
        np.asarray(counts).reshape(8, 8),
        None if novelty is None else float(novelty[0]),
        float(steps["cleaned"].sum() / steps["ink"].sum()) if "cleaned" in steps else None,
        steps if explain else None,
    )


def check_model(model: Any, encoder: Any = None) -> None:
    """Raise TypeError unless a model can read digits; warn if it was trained on other samples."""
    for attribute in ("predict_proba", "classes_"):
        if isinstance(model, type) or not hasattr(model, attribute):
            raise TypeError(
                f"Expected a fitted classifier with predict_proba, got {type(model).__name__} "
                f"without {attribute}."
            )
    model = getattr(model, "best_estimator_", model)
    is_of_digits = getattr(model, "training_data_", {}).get("are_digits", True)
    # The caller's own encoder may give what the model was trained on.
    gives_counts = encoder is None or hasattr(encoder, "explain")
    if gives_counts and not (is_of_digits or DigitsWarning.is_silenced()):
        warnings.warn(
            "The model was not trained on counts 0..16 of upright digits, which are what pictures "
            "become, so its answers may be wrong. Train it on such counts (check_digits finds what "
            "is different), or pass a pipeline that first brings counts to the form of its "
            "training samples, such as make_pipeline(FunctionTransformer(lambda X: X / 16), clf).",
            DigitsWarning,
            stacklevel=caller_stacklevel(),
        )


def recognise(
    counts: Any, model: Any, outlier_label: Any = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the class labels of digits, and label, probabilities and novelty of each sample."""
    with DigitsWarning.silenced():  # the findings of a reading say what is odd about a picture
        classes, probabilities, novelty = predict_with_novelty(model, counts, outlier_label)
    return classes, classes[np.argmax(probabilities, axis=1)], probabilities, novelty
