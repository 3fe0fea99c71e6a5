"""Describe a search: the leaderboard's rows, its legend, a page in Markdown, a figure."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from skdigits.displays import SearchDisplay
from skdigits.report._comparison import comparison_rows
from skdigits.report._formatting import markdown_table, number, percent
from skdigits.search import SearchResult

__all__ = ["draw_search", "leaderboard_rows", "parameter_rows", "search_legend", "search_markdown"]

_SPLIT = "cross_validation"
_AT_MOST = 12  # lines of a leaderboard; the defaults and the baselines come besides


def draw_search(result: SearchResult) -> Figure:
    """Draw a search: the trials in their order, score against cost, and what mattered."""
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    SearchDisplay.from_result(result, ax=figure.add_subplot())
    return figure


def leaderboard_rows(result: SearchResult) -> list[dict[str, str]]:
    """Return the head of the leaderboard, with the defaults and baselines wherever they stand."""
    seconds = {trial.name: trial.cpu_seconds for trial in (*result.baselines, *result.trials)}
    always = {"default", *(baseline.name for baseline in result.baselines)}
    rows = []
    for place, row in enumerate(comparison_rows(result.leaderboard, _SPLIT), start=1):
        name = row["model"]
        if place <= _AT_MOST or name in always:
            del row["fit s"], row["predict s"]
            rows.append({"place": str(place), **row, "CPU s": f"{seconds[name]:.1f}"})
    return rows


def parameter_rows(result: SearchResult) -> list[dict[str, str]]:
    """Return name, value, default and importance of what the best trial sets."""
    from skdigits.classifier import DigitCNNClassifier

    defaults = DigitCNNClassifier().get_params()
    drawn = {"filters": "width", "augment": "distortion"}
    rows = []
    for name, value in result.best.parameters.items():
        importance = result.importances.get(drawn.get(name, name))
        share = "" if importance is None else f"{100 * importance:.0f} %"
        rows.append(
            {
                "hyper-parameter": name,
                "value": _short(value),
                "default": _short(defaults[name]),
                "importance": share,
            }
        )
    return rows


def search_legend(result: SearchResult) -> str:
    """Return what the leaderboard's columns mean, and what became of the trials, in sentences."""
    outcomes = [trial.outcome for trial in result.trials]
    counts = [f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes)]
    first = result.leaderboard.models[0]
    seconds = np.nansum([trial.cpu_seconds for trial in result.trials])
    killed = [trial.name for trial in result.trials if trial.outcome == "killed"]
    skipped = f"Skipped after two deaths of the process: {', '.join(killed)}. " if killed else ""
    return (
        f"{len(outcomes)} trials ({', '.join(counts)}), "
        f"{seconds:.0f} s of processor time. {skipped}Differences in accuracy are to {first}, in "
        "percentage points, with the standard error of the paired rows; p is the exact p-value of "
        f"McNemar's test. CPU s is the processor time of all {result.settings['cv']} folds. The "
        "first of many is there by luck too: its score flatters, and p does not know how many were "
        "tried."
    )


def search_markdown(result: SearchResult) -> str:
    """Return leaderboard, best hyper-parameters and their test in Markdown."""
    settings, evaluation = result.settings, result.model.evaluation
    parts = [
        f"# Search: {settings['data']}, seed {settings['random_state']}",
        f"## Leaderboard\n\n{markdown_table(leaderboard_rows(result), n_left=2)}",
        search_legend(result),
        f"## The best network: {result.best.name}\n\n{markdown_table(parameter_rows(result))}",
    ]
    if evaluation is not None:
        low, high = evaluation.accuracy_interval()
        parts.append(
            f"Trained on all {result.model.n_train} rows that were searched on, and measured once "
            f"on {evaluation.n_samples} others: accuracy {percent(evaluation.accuracy)} (95 % "
            f"interval {percent(low)} to {percent(high)}), log-loss "
            f"{number(evaluation.log_loss)}. `best.md` is its card."
        )
    parts.append("![History, cost and importances of the trials](search.png)")
    return "\n\n".join(parts) + "\n"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(item)}" for name, item in value.items())
    return f"{value:.3g}" if isinstance(value, float) else str(value)
