"""Hold what a search found: its trials, a leaderboard, the network that came out on top."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from skdigits.comparison import ComparisonResult

if TYPE_CHECKING:
    import pandas as pd

    from skdigits.model_training import TrainedModel

__all__ = ["SPLIT", "SearchResult", "SearchTrial"]

# What the leaderboard, a comparison, calls the folds.
SPLIT = "cross_validation"


@dataclass(frozen=True, eq=False)
class SearchTrial:
    """One set of hyper-parameters, or a baseline, and what became of it.

    Attributes
    ----------
    name : str
        "default", "trial 1", "trial 2" and so on, or the name of a baseline.
    parameters : dict
        What it sets of the hyper-parameters of :class:`~skdigits.DigitCNNClassifier`; empty for a
        baseline.
    outcome : {"complete", "pruned", "too slow", "diverged"}
        Whether all folds were fitted to their end, or why not.
    accuracy : float
        Over the rows of all folds; of a trial that is not complete the last that it reported,
        nan if it reported none.
    cpu_seconds : float
        Processor time of its process while it ran.
    n_epochs : int
        Epochs that it trained, over the folds; 0 for a baseline.
    reused : bool
        Whether an earlier run has left it.

    See Also
    --------
    SearchResult : Hold all trials.
    """

    name: str
    parameters: dict[str, Any]
    outcome: str
    accuracy: float
    cpu_seconds: float
    n_epochs: int = 0
    reused: bool = False


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found; :func:`digit_search` makes it.

    Attributes
    ----------
    settings : dict
        Data, subset, folds, random state and the like, as the search used them.
    trials : tuple of SearchTrial
        All of them in their order; the first one has the classifier's defaults.
    baselines : tuple of SearchTrial
        scikit-learn's classifiers on the same folds.
    best : SearchTrial
        The best of the trials.
    leaderboard : ComparisonResult
        Those that are complete, baselines included, the best one first, on one split,
        "cross_validation": with the wrong rows of each and its difference to the first one. Rows
        are counted within the subset that was searched on.
    importances : dict of str to float
        What part of the differences between complete trials each drawn value is held to explain,
        largest first; empty where too few trials are complete.
    model : TrainedModel
        The best network, trained on the whole subset, and its scores on rows that no trial saw.
    seconds : float
        Wall time, without what an earlier run had done.

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
            By ``name``: ``outcome``, ``accuracy``, ``cpu_seconds``, ``n_epochs``; ``log_loss``,
            ``fit_seconds`` and, against the first of the leaderboard, ``difference`` (percentage
            points), ``difference_se`` and ``p_value``, nan for those that are not complete; and
            the hyper-parameters.
        """
        import pandas as pd

        measured = self.leaderboard.to_frame()
        prefix = f"{SPLIT}_"
        measured.columns = measured.columns.str.removeprefix(prefix)
        names = ["log_loss", "fit_seconds", "difference", "difference_se", "p_value"]
        figures = ["name", "outcome", "accuracy", "cpu_seconds", "n_epochs"]
        rows = [asdict(trial) for trial in (*self.baselines, *self.trials)]
        frame = pd.DataFrame(rows)[figures].set_index("name").join(measured[names])
        parameters = pd.DataFrame([row["parameters"] for row in rows], index=frame.index)
        return frame.join(parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, with what is needed to get them again.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts, as ``search.json`` holds it.
        """
        leaderboard = self.leaderboard.to_dict()
        return {
            "settings": self.settings,
            "trials": [asdict(trial) for trial in self.trials],
            "baselines": [asdict(trial) for trial in self.baselines],
            "leaderboard": leaderboard["rows"],
            "importances": self.importances,
            "best": {"name": self.best.name, **self.model.scores()},
            "seconds": self.seconds,
            **{name: leaderboard[name] for name in ("versions", "machine")},
        }
