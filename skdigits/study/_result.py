"""Hold the results of a study: fits, folds and baselines."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

from skdigits._runs import describe_environment
from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["BaselineEvaluation", "FitEvaluation", "StudyResult"]


@dataclass(frozen=True, eq=False)
class FitEvaluation:
    """A network trained on some rows and evaluated on others.

    Attributes
    ----------
    estimator : DigitCNNClassifier
        The fitted network.
    n_train : int
        Rows it was trained on.
    X, y : ndarray of shape (n_samples, n_features) and (n_samples,)
        The rows it was evaluated on.
    probabilities : ndarray of shape (n_samples, n_classes)
        Predicted probabilities of these rows, with a column for each of ``estimator.classes_``.
    evaluation : ClassificationEvaluation
        The metrics on them.
    fit_seconds : float
        Wall time of the fit.
    predicted : ndarray of shape (n_samples,)
        Most probable label of each row.

    See Also
    --------
    StudyResult : Hold all that a study has found.
    """

    estimator: "DigitCNNClassifier"
    n_train: int
    X: np.ndarray
    y: np.ndarray
    probabilities: np.ndarray
    evaluation: ClassificationEvaluation
    fit_seconds: float

    @property
    def predicted(self) -> np.ndarray:
        return self.estimator.classes_[self.probabilities.argmax(axis=1)]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            The figures by name, the times and the history.
        """
        return {
            "n_train": self.n_train,
            **self.evaluation.to_dict(),
            "fit_seconds": self.fit_seconds,
            "history": self.estimator.history_,
        }


@dataclass(frozen=True, eq=False)
class BaselineEvaluation:
    """Another classifier, measured on the same splits as the network.

    Attributes
    ----------
    hold_out : ClassificationEvaluation
        On the hold-out's rows, trained on its training rows.
    unseen_writers : ClassificationEvaluation or None
        On UCI's test part, trained on its training part; None for other data.
    cross_validation : FoldsEvaluation
        On the folds of the network's cross-validation.

    See Also
    --------
    StudyResult : Hold all that a study has found.
    """

    hold_out: ClassificationEvaluation
    unseen_writers: ClassificationEvaluation | None
    cross_validation: FoldsEvaluation

    def to_dict(self) -> dict[str, Any]:
        """Return everything as numbers, strings, lists and dicts.

        Returns
        -------
        dict
            The figures of each split by name.
        """
        return {
            "hold_out": self.hold_out.to_dict(),
            "unseen_writers": self.unseen_writers and self.unseen_writers.to_dict(),
            "cross_validation": self.cross_validation.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a study found; :func:`run_study` makes it.

    Attributes
    ----------
    settings : dict
        Data, configuration, random state and the like, as the study used them.
    digits : sklearn.utils.Bunch
        The data.
    hold_out : FitEvaluation
        80 % of the rows against the other 20 %, shuffled: writers are mixed.
    unseen_writers : FitEvaluation or None
        UCI's training part against its test part, written by others; None for other data.
    validated : DigitCNNClassifier
        Trained on nine tenths of the hold-out's training rows and validated on the last
        tenth after each epoch: for the curves only.
    cross_validation : FoldsEvaluation
        Cross-validation on all rows.
    writer_folds, shuffled_folds : FoldsEvaluation or None
        Cross-validation on UCI's test part alone, once with the inferred writers kept
        together, once with their rows shuffled over the folds; None for other data.
    baselines : dict of str to BaselineEvaluation
        The tuned support vector machine "svc" and the nearest neighbour "knn" of
        :func:`skdigits.baselines.make_baseline`, on the same splits.
    seconds : float
        Wall time of the study, without what an earlier run had done.
    reused : dict of str to int
        Number of fits that an earlier run has left, by the name of their step.

    See Also
    --------
    run_study : Return one.
    skdigits.report.write_report : Write it as a report.
    """

    settings: dict[str, Any]
    digits: Bunch
    hold_out: FitEvaluation
    unseen_writers: FitEvaluation | None
    validated: "DigitCNNClassifier"
    cross_validation: FoldsEvaluation
    writer_folds: FoldsEvaluation | None
    shuffled_folds: FoldsEvaluation | None
    baselines: dict[str, BaselineEvaluation]
    seconds: float
    reused: dict[str, int] = field(default_factory=dict)

    def layers(self) -> list[dict[str, Any]]:
        """Describe the layers of the hold-out's network, from the image on.

        Returns
        -------
        list of dict
            ``name``, ``type``, ``output_shape`` (list, without the batch) and ``parameters``.
        """
        from skdigits.network import describe_layers

        return describe_layers(self.hold_out.estimator.model_)

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, with what is needed to get them again.

        Except for seconds, they do not depend on what an earlier run has left.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts, as ``results.json`` holds it.
        """
        labels, counts = np.unique(self.digits.target, return_counts=True)
        return {
            "settings": self.settings,
            "data": {
                "n_samples": len(self.digits.target),
                "n_features": self.digits.data.shape[1],
                "samples_per_class": dict(zip(labels.tolist(), counts.tolist(), strict=True)),
                "metadata": self.digits.get("metadata"),
            },
            "network": {
                "hyper_parameters": self.hold_out.estimator.get_params(),
                "parameters": self.hold_out.estimator.model_.count_params(),
                "layers": self.layers(),
            },
            "hold_out": self.hold_out.to_dict(),
            "unseen_writers": self.unseen_writers and self.unseen_writers.to_dict(),
            "validated": {"history": self.validated.history_},
            "cross_validation": self.cross_validation.to_dict(),
            "writer_folds": self.writer_folds and self.writer_folds.to_dict(),
            "shuffled_folds": self.shuffled_folds and self.shuffled_folds.to_dict(),
            "baselines": {name: found.to_dict() for name, found in self.baselines.items()},
            "seconds": self.seconds,
            **describe_environment(),
        }
