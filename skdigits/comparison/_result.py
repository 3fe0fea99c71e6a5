"""Hold what a comparison found: a row for each model on each split."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits._runs import describe_environment
from skdigits.evaluation import PairedDifference, paired_difference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ComparisonResult", "ComparisonRow", "make_row"]


@dataclass(frozen=True, eq=False)
class ComparisonRow:
    """One model on one split.

    Attributes
    ----------
    model : str
        Name of the model.
    split : {"hold_out", "unseen_writers", "cross_validation"}
        Name of the split.
    n_samples : int
        Rows predicted, over all folds.
    wrong : tuple of int
        Those that were predicted wrongly: their indices in all the data, ascending.
    log_loss : float
        Mean over the rows predicted, in nats; nan without probabilities, or where a class
        among the rows predicted is missing among those trained on.
    fit_seconds, predict_seconds : float
        Wall time of one fit, and of predicting its test rows; means over the folds.
    reused : bool
        Whether an earlier run has left it.

    See Also
    --------
    ComparisonResult : Hold all rows of a comparison.
    """

    model: str
    split: str
    n_samples: int
    wrong: tuple[int, ...]
    log_loss: float
    fit_seconds: float
    predict_seconds: float
    reused: bool = False

    @property
    def accuracy(self) -> float:
        """Fraction of the rows predicted correctly, in [0, 1]."""
        return 1 - len(self.wrong) / self.n_samples

    @property
    def accuracy_se(self) -> float:
        """Standard error of the accuracy, that of a binomial proportion."""
        return math.sqrt(self.accuracy * (1 - self.accuracy) / self.n_samples)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as numbers, strings and lists.

        Returns
        -------
        dict
            The attributes by name, with ``accuracy`` and its standard error,
            ``accuracy_se``.
        """
        return asdict(self) | {
            "accuracy": self.accuracy,
            "accuracy_se": self.accuracy_se,
        }


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """What a comparison found; :func:`run_comparison` makes it.

    Attributes
    ----------
    settings : dict
        Data, models, random state and the like, as the comparison used them.
    rows : tuple of ComparisonRow
        Each model on each split, in the order of the models.
    test_rows : dict of str to ndarray of int
        Indices, in all the data, of the rows that each split predicts.
    seconds : float
        Wall time of the comparison.

    See Also
    --------
    run_comparison : Return one.
    skdigits.report.write_comparison : Write it as tables and a figure.
    """

    settings: dict[str, Any]
    rows: tuple[ComparisonRow, ...]
    test_rows: dict[str, np.ndarray]
    seconds: float

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in their order; the others are compared with the first."""
        return tuple(dict.fromkeys(row.model for row in self.rows))

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return tuple(self.test_rows)

    def row(self, model: str, split: str) -> ComparisonRow:
        """Return one model on one split.

        Parameters
        ----------
        model, split : str
            Their names.

        Returns
        -------
        ComparisonRow
            The row.

        Raises
        ------
        KeyError
            If the comparison has no such row.
        """
        return {(row.model, row.split): row for row in self.rows}[model, split]

    def difference(self, model: str, split: str) -> PairedDifference:
        """Compute how much better a model is than the first one, on the same rows.

        Parameters
        ----------
        model, split : str
            Their names.

        Returns
        -------
        PairedDifference
            See :func:`~skdigits.evaluation.paired_difference`.

        Raises
        ------
        KeyError
            If the comparison has no such row.
        """
        rows = self.test_rows[split]
        right, first_right = (
            ~np.isin(rows, self.row(name, split).wrong) for name in (model, self.models[0])
        )
        return paired_difference(right, first_right)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each model, with columns for each split.

        Returns
        -------
        DataFrame of shape (n_models, 7 * n_splits)
            For each split, as in ``hold_out_accuracy``: ``accuracy``, ``log_loss``,
            ``fit_seconds``, ``predict_seconds``, and against the first model ``difference``
            (in accuracy, percent points), its standard error ``difference_se``, and
            McNemar's ``p_value``; these three are nan for the first model itself.
        """
        import pandas as pd

        names = ("accuracy", "log_loss", "fit_seconds", "predict_seconds")
        lines = []
        for model in self.models:
            line: dict[str, Any] = {"model": model}
            for split in self.splits:
                row = self.row(model, split)
                figures = {name: getattr(row, name) for name in names} | self._against_first(row)
                line |= {f"{split}_{name}": figure for name, figure in figures.items()}
            lines.append(line)
        return pd.DataFrame(lines).set_index("model")

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, with what is needed to get them again.

        Returns
        -------
        dict
            Of numbers, strings, lists and dicts, as ``comparison.json`` holds it.
        """
        return {
            "settings": self.settings,
            "rows": [row.to_dict() | self._against_first(row) for row in self.rows],
            "seconds": self.seconds,
            **describe_environment(),
        }

    def _against_first(self, row: ComparisonRow) -> dict[str, float]:
        if row.model == self.models[0]:
            return dict.fromkeys(("difference", "difference_se", "p_value"), np.nan)
        difference = self.difference(row.model, row.split)
        return {
            "difference": difference.points,
            "difference_se": difference.standard_error,
            "p_value": difference.p_value,
        }


def make_row(
    model: str, split: str, figures: Mapping[str, Any], *, reused: bool = False
) -> ComparisonRow:
    """Return the row of a model on a split from the figures that `pool_folds` returns."""
    loss = figures["log_loss"]
    return ComparisonRow(
        model,
        split,
        wrong=tuple(figures["wrong"]),
        log_loss=np.nan if loss is None else loss,
        reused=reused,
        **{name: figures[name] for name in ("n_samples", "fit_seconds", "predict_seconds")},
    )
