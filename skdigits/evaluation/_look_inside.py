"""Check estimators, and look inside what scikit-learn wraps around a classifier."""

from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits.classifier import DigitCNNClassifier

__all__ = [
    "check_classifier",
    "check_fitted_classifier",
    "check_probabilistic_classifier",
    "digit_cnn_within",
    "look_inside",
]


def look_inside(estimator: Any) -> tuple[list[Pipeline], Any]:
    """Return the classifier within pipelines, searches and frozen estimators.

    Returns
    -------
    steps : list of Pipeline
        What transforms the rows before the classifier sees them, in order; often empty.
    classifier : object
        The last step of a pipeline, the best estimator of a search, what is frozen; any other
        object as it is.

    Raises
    ------
    TypeError
        If a search keeps no classifier.
    sklearn.exceptions.NotFittedError
        If a search is not fitted.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skdigits.evaluation import look_inside
    >>> look_inside(make_pipeline(MinMaxScaler(), GaussianNB()))
    ([Pipeline(steps=[('minmaxscaler', MinMaxScaler())])], GaussianNB())
    """
    if isinstance(estimator, FrozenEstimator):
        return look_inside(estimator.estimator)
    if isinstance(estimator, BaseSearchCV):
        check_is_fitted(estimator)
        _check_refitted(estimator)
        return look_inside(estimator.best_estimator_)
    if isinstance(estimator, Pipeline) and len(estimator):
        steps, classifier = look_inside(estimator.steps[-1][1])
        return [estimator[:-1]] * (len(estimator) > 1) + steps, classifier
    return [], estimator


def digit_cnn_within(estimator: Any) -> tuple[list[Pipeline], DigitCNNClassifier]:
    """Return the fitted network that :func:`look_inside` finds; TypeError if it finds none.

    NotFittedError is raised if it is not fitted.
    """
    steps, classifier = look_inside(estimator)
    if not isinstance(classifier, DigitCNNClassifier):
        inside = "" if classifier is estimator else f" with {_name(classifier)} inside"
        raise TypeError(
            "Expected a fitted DigitCNNClassifier, or a pipeline, search or FrozenEstimator that "
            f"ends in one; got {_name(estimator)}{inside}. Pass a member of an ensemble, or the "
            "classifier that load_model returns for a file."
        )
    check_is_fitted(classifier)
    return steps, classifier


def check_classifier(estimator: Any) -> None:
    """Raise TypeError if an estimator is not a classifier, fitted or not."""
    if not (isinstance(estimator, BaseEstimator) and is_classifier(estimator)):
        raise TypeError(f"Expected an instance of a scikit-learn classifier, got {estimator!r}.")


def check_fitted_classifier(estimator: Any) -> None:
    """Raise TypeError or NotFittedError unless an estimator is a classifier that can predict."""
    check_classifier(estimator)
    check_is_fitted(estimator)
    _check_refitted(estimator)


def check_probabilistic_classifier(estimator: Any) -> None:
    """Raise TypeError or NotFittedError unless a fitted classifier gives probabilities."""
    check_fitted_classifier(estimator)
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{type(estimator).__name__} has no predict_proba; take a classifier that gives "
            "probabilities, or fit this one within sklearn.calibration.CalibratedClassifierCV."
        )


def _check_refitted(estimator: Any) -> None:
    if isinstance(estimator, BaseSearchCV) and not hasattr(estimator, "best_estimator_"):
        raise TypeError(
            f"This {type(estimator).__name__} keeps no fitted classifier; fit it with refit=True."
        )


def _name(estimator: Any) -> str:
    return type(estimator).__name__ if isinstance(estimator, BaseEstimator) else repr(estimator)
