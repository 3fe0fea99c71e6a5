"""Hold the result of a search: its trials, a leaderboard and the best network."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from skdigits.comparison import ComparisonResult

if TYPE_CHECKING:
    import pandas as pd

    from skdigits.model_training import TrainedModel

__all__ = ["SPLIT", "SearchResult", "SearchTrial"]

# Name of the leaderboard's only split.
SPLIT = "cross_validation"


@dataclass(frozen=True, eq=False)
class SearchTrial:
    """One set of hyper-parameters, or a baseline, and its outcome.

    Attributes
    ----------
    name : str
        "default", "trial" with Optuna's number, or the name of a baseline.
    parameters : dict
        Hyper-parameters of :class:`~skdigits.DigitCNNClassifier` that it sets; empty for a
        baseline.
    outcome : {"complete", "pruned", "diverged", "killed"}
        Whether all folds were fitted, or why not. During a "killed" trial the process died twice,
        perhaps for lack of memory.
    accuracy : float
        Accuracy over the samples of all folds, or of those fitted before the trial was stopped;
        nan if there are none.
    cpu_seconds : float
        Processor time of its process while it ran; nan if that was killed.
    figures : dict or None
        Figures of all folds together: ``n_samples``, ``wrong`` (indices of the misclassified
        samples), ``log_loss``, ``fit_seconds``, ``predict_seconds``; None unless complete.

    See Also
    --------
    SearchResult : Hold all trials.
    """

    name: str
    parameters: dict[str, Any]
    outcome: str
    accuracy: float
    cpu_seconds: float
    figures: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Result of a search; :func:`digit_search` returns it.

    Attributes
    ----------
    settings : dict
        Data, subset, folds, random state and other settings of the search.
    trials : tuple of SearchTrial
        All finished trials in their order; the first one has the classifier's defaults.
    baselines : tuple of SearchTrial
        scikit-learn's classifiers on the same folds.
    best : SearchTrial
        The best of the trials.
    leaderboard : ComparisonResult
        Complete trials and baselines, the best one first, on one split, "cross_validation": the
        misclassified samples of each and its difference to the first one. Indices of samples
        count within the training samples.
    importances : dict of str to float
        Share of the differences between the complete trials that each drawn value explains,
        largest first; empty if too few trials are complete.
    model : TrainedModel
        The best network, trained on all training samples, and its scores on the test samples.
    seconds : float
        Wall time of this run.

    See Also
    --------
    digit_search : Return one.
    skdigits.report.write_search : Write it.
    """

    settings: dict[str, Any]
    trials: tuple[SearchTrial, ...]
    baselines: tuple[SearchTrial, ...]
    best: SearchTrial
    leaderboard: ComparisonResult
    importances: dict[str, float]
    model: "TrainedModel"
    seconds: float

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each baseline and each trial.

        Returns
        -------
        DataFrame
            By ``name``: ``outcome``, ``accuracy`` and ``cpu_seconds``; the columns of
            the leaderboard's :meth:`~skdigits.comparison.ComparisonResult.to_frame`, nan for
            those that are not complete; and the hyper-parameters.
        """
        import pandas as pd

        rows = [asdict(trial) for trial in (*self.baselines, *self.trials)]
        frame = pd.DataFrame(rows).set_index("name").drop(columns=["parameters", "figures"])
        parameters = pd.DataFrame([row["parameters"] for row in rows], index=frame.index)
        return frame.join([self.leaderboard.to_frame(), parameters])

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, with what is needed to get them again.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts, as ``search.json`` holds it.
        """
        return {
            "settings": self.settings,
            "trials": [asdict(trial) for trial in self.trials],
            "baselines": [asdict(trial) for trial in self.baselines],
            "leaderboard": self.leaderboard.to_dict(),
            "importances": self.importances,
            "best": {"name": self.best.name, **self.model.scores()},
            "seconds": self.seconds,
        }
