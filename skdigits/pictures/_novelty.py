"""Novelty: the probability of the class "not a digit", thresholds of doubt, and how to say it.

NumPy alone is needed: prediction needs no pictures.
"""

from typing import Any

import numpy as np

__all__ = [
    "LEAST_CONFIDENCE",
    "LEAST_NOVELTY",
    "MOST_NOVELTY",
    "NOT_SURE",
    "NOT_SURE_WHICH",
    "doubt_about",
    "knows_outliers",
    "outlier_index",
    "predict_with_novelty",
    "without_outlier",
]

# Novelty above which a sample is reported as unlike a digit. The default model exceeds it for 2 in
# 100 digits by people it was not trained on.
MOST_NOVELTY = 0.99

# Novelty below which a picture is read as one digit; two digits taken for one exceed it.
LEAST_NOVELTY = 0.5

# Probability of the most probable digit below which the answer is reported as unsure.
LEAST_CONFIDENCE = 0.9

# Sentences that the command line and the page have for answers that are not sure.
NOT_SURE = "Not sure that this is a digit."
NOT_SURE_WHICH = "Not sure which digit this is."


def doubt_about(confidence: float, novelty: float | None) -> str | None:
    """Return the sentence for an answer that is not sure, or None.

    Where the digit is uncertain, the sample need not be as novel to be doubted at all.

    Examples
    --------
    >>> doubt_about(0.95, 0.7), doubt_about(0.6, 0.7), doubt_about(0.6, 0.2)
    (None, 'Not sure that this is a digit.', 'Not sure which digit this is.')
    """
    is_sure = confidence >= LEAST_CONFIDENCE
    if novelty is not None and novelty > (MOST_NOVELTY if is_sure else LEAST_NOVELTY):
        return NOT_SURE
    return None if is_sure else NOT_SURE_WHICH


def outlier_index(model: Any, outlier_label: Any = None) -> int | None:
    """Return the class index of the class "not a digit", None if the model has no such class.

    The label defaults to the model's `outlier_label_`. A given label is one of the classes, or
    has the same text as one of them, else it is a ValueError.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(classes_=np.array(["none", "one", "two"]))
    >>> outlier_index(model), outlier_index(model, "none")
    (None, 0)
    >>> outlier_index(SimpleNamespace(classes_=np.array(["-1", "0", "1"])), -1)
    0
    """
    classes = np.asarray(model.classes_).tolist()
    if outlier_label is None:
        known = getattr(model, "outlier_label_", None)
        return classes.index(known) if known is not None and known in classes else None
    if outlier_label in classes:
        return classes.index(outlier_label)
    texts = [str(label) for label in classes]  # -1 where the labels are text, or the reverse
    if str(outlier_label) not in texts:
        raise ValueError(
            f"outlier_label is {outlier_label!r}, which is not one of the model's classes; they "
            f"are {', '.join(map(repr, classes[:11]))}{', ...' * (len(classes) > 11)}."
        )
    return texts.index(str(outlier_label))


def without_outlier(probabilities: np.ndarray, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of the other classes, given that it is one of them, and the novelty.

    Where the probabilities of all other classes are 0, they become equal.

    Examples
    --------
    >>> without_outlier(np.array([[0.5, 0.125, 0.375]]), 0)
    (array([[0.25, 0.75]]), array([0.5]))
    """
    others = np.delete(probabilities, index, axis=1)
    others[~others.any(axis=1)] = 1.0
    return others / others.sum(axis=1, keepdims=True), probabilities[:, index]


def knows_outliers(model: Any, outlier_label: Any = None) -> bool:
    """Return whether a model has a class "not a digit"."""
    return _leaves_out(model, outlier_label) or outlier_index(model, outlier_label) is not None


def predict_with_novelty(
    model: Any, X: Any, outlier_label: Any = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the digits' class labels, their probabilities for each sample, and the novelty.

    The network runs once. Novelty is None if the model has no class "not a digit".
    """
    if _leaves_out(model, outlier_label):
        return model.classes_, *model.predict_with_novelty(X)
    classes = np.asarray(model.classes_)
    index = outlier_index(model, outlier_label)
    probabilities = model.predict_proba(X)
    if index is None:
        return classes, probabilities, None
    return np.delete(classes, index), *without_outlier(probabilities, index)


def _leaves_out(model: Any, outlier_label: Any) -> bool:
    """Return whether the model leaves the class out of `classes_` itself, as a `Predictor` does."""
    known = getattr(model, "outlier_label_", None)
    is_own = known is not None and (outlier_label is None or outlier_label == known)
    return is_own and hasattr(model, "predict_with_novelty")
