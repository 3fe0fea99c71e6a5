"""Draw the trials of a search: their history, what they cost, and what mattered."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.ticker import MaxNLocator

from skdigits.displays._layout import log_y, plain_number, subplots_in

__all__ = ["SearchDisplay"]

_NETWORKS, _BASELINES, _STOPPED = "C1", "C0", "0.6"


class SearchDisplay:
    """Mistakes of a search's trials in their order and against their cost, and what mattered.

    Parameters
    ----------
    trials : sequence of SearchTrial
        With ``name``, ``outcome``, ``accuracy`` and ``cpu_seconds`` each.
    baselines : sequence of SearchTrial
        The same of other classifiers.
    importances : dict of str to float
        Importance of what was drawn, by name, the largest first; may be empty.
    n_samples : int
        Rows that an accuracy is measured on.

    Attributes
    ----------
    axes_ : ndarray of shape (3,) of matplotlib Axes
        Axes with the history, the cost, and the importances.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    skdigits.search.digit_search : Search, and return what is drawn here.
    skdigits.report.write_search : Write the figure with everything else.

    Notes
    -----
    Trials that were stopped have no score: in the history they are ticks at the lower edge, at
    their place in the order. Error bars are standard errors of each by itself; since all are
    measured on the same rows, differences are surer than they look.

    Examples
    --------
    >>> from types import SimpleNamespace as Trial
    >>> from skdigits.displays import SearchDisplay
    >>> trials = [
    ...     Trial(name="default", outcome="complete", accuracy=0.99, cpu_seconds=20.0),
    ...     Trial(name="trial 1", outcome="pruned", accuracy=0.95, cpu_seconds=2.0),
    ...     Trial(name="trial 2", outcome="complete", accuracy=0.992, cpu_seconds=30.0),
    ... ]
    >>> importances = {"learning_rate": 0.8, "width": 0.2}
    >>> display = SearchDisplay(
    ...     trials=trials, baselines=[], importances=importances, n_samples=3823
    ... ).plot()
    >>> display.axes_[1].get_xlabel()
    'Processor time (s)'
    """

    def __init__(
        self,
        *,
        trials: Sequence[Any],
        baselines: Sequence[Any],
        importances: Mapping[str, float],
        n_samples: int,
    ) -> None:
        self.trials = trials
        self.baselines = baselines
        self.importances = importances
        self.n_samples = n_samples

    @classmethod
    def from_result(cls, result: Any, *, ax: Any = None) -> Self:
        """Draw what a search found.

        Parameters
        ----------
        result : SearchResult
            What :func:`skdigits.search.digit_search` has returned.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : SearchDisplay
            The display, drawn.
        """
        (rows,) = result.leaderboard.test_rows.values()
        return cls(
            trials=result.trials,
            baselines=result.baselines,
            importances=result.importances,
            n_samples=len(rows),
        ).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the trials.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : SearchDisplay
            This display.
        """
        self.figure_, (self.axes_,) = subplots_in(ax, 1, 3, (14, 4.2))
        history, cost, importances = self.axes_
        self._draw_history(history)
        self._draw_cost(cost)
        self._draw_importances(importances)
        return self

    def _mistakes(self, trials: Sequence[Any]) -> np.ndarray:
        """Return percent of rows; none at all is half a row, which a logarithm needs."""
        accuracies = np.array([trial.accuracy for trial in trials], np.float64)
        return 100 * np.maximum(1 - accuracies, 0.5 / self.n_samples)

    def _draw_history(self, ax: Any) -> None:
        is_complete = np.array([trial.outcome == "complete" for trial in self.trials], bool)
        places = np.arange(len(self.trials))
        mistakes = np.where(is_complete, self._mistakes(self.trials), np.nan)
        ax.plot(places, mistakes, "o", color=_NETWORKS, label="complete")
        best = np.fmin.accumulate(mistakes)
        ax.step(places, best, where="post", color=_NETWORKS, label="best so far")
        if not is_complete.all():
            stopped = places[~is_complete]
            edge = {"transform": ax.get_xaxis_transform(), "clip_on": False}
            style = {"color": _STOPPED, "markersize": 12, "label": "stopped"}
            ax.plot(stopped, np.zeros(len(stopped)), "|", **edge, **style)
        of_baselines = self._mistakes(self.baselines)
        styles = ("--", ":", "-.")
        for number, (baseline, height) in enumerate(zip(self.baselines, of_baselines, strict=True)):
            style = {"color": _BASELINES, "linestyle": styles[number % len(styles)]}
            ax.axhline(height, label=baseline.name, **style)
        ax.set(
            xlabel="Trial (0: the defaults)", ylabel="Mistakes over the folds (%)", title="History"
        )
        log_y(ax, [*mistakes, *of_baselines])
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.grid(alpha=0.3)
        ax.legend()

    def _draw_cost(self, ax: Any) -> None:
        complete = [trial for trial in self.trials if trial.outcome == "complete"]
        drawn = {"skdigits": (complete, _NETWORKS), "scikit-learn": (self.baselines, _BASELINES)}
        for label, (trials, color) in drawn.items():
            if not trials:
                continue
            mistakes = self._mistakes(trials)
            errors = np.sqrt(mistakes * (100 - mistakes) / self.n_samples)
            errors = np.minimum(errors, 0.9 * mistakes)  # a bar to 0 has no end on this axis
            seconds = [trial.cpu_seconds for trial in trials]
            style = {"fmt": "o", "color": color, "alpha": 0.8, "capsize": 2}
            ax.errorbar(seconds, mistakes, yerr=errors, label=label, **style)
        named = [*self.baselines, *(trial for trial in complete if trial.name == "default")]
        if complete:
            named.append(max(complete, key=lambda trial: trial.accuracy))
        for trial, height in zip(named, self._mistakes(named), strict=True):
            beside = {"xytext": (5, 5), "textcoords": "offset points"}
            ax.annotate(trial.name, (trial.cpu_seconds, height), **beside)
        ax.set(xscale="log", xlabel="Processor time (s)", title="Score and cost")
        ax.xaxis.set_major_formatter(plain_number)
        ax.set_ylabel("Mistakes over the folds (%) ± standard error")
        log_y(ax, self._mistakes([*complete, *self.baselines]))
        ax.margins(x=0.15)
        ax.grid(alpha=0.3)
        if complete or self.baselines:
            ax.legend()

    def _draw_importances(self, ax: Any) -> None:
        ax.set_title("What mattered")
        if not self.importances:
            ax.text(0.5, 0.5, "too few complete trials", ha="center", transform=ax.transAxes)
            ax.set_axis_off()
            return
        names = [*self.importances][::-1]
        ax.barh(names, [100 * self.importances[name] for name in names], color=_NETWORKS)
        ax.set_xlabel("Part of the differences explained (%)")
        ax.grid(axis="x", alpha=0.3)
