"""The figure of a search shows each trial once, at its place."""

from types import SimpleNamespace

import numpy as np
import pytest

from skdigits.displays import SearchDisplay


def trial(name, accuracy, cpu_seconds, outcome="complete"):
    return SimpleNamespace(name=name, accuracy=accuracy, cpu_seconds=cpu_seconds, outcome=outcome)


TRIALS = [
    trial("default", 0.99, 20.0),
    trial("trial 1", 0.9, 2.0, "pruned"),
    trial("trial 2", 0.98, 30.0),
    trial("trial 3", np.nan, 1.0, "diverged"),
    trial("trial 4", 1.0, 40.0),
]


def drawn(trials=TRIALS, baselines=(), importances=None):
    result = SimpleNamespace(
        trials=trials,
        baselines=baselines,
        importances=importances or {},
        leaderboard=SimpleNamespace(test_rows={"cross_validation": np.arange(1000)}),
    )
    return SearchDisplay.from_result(result)


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_the_history_has_mistakes_the_best_so_far_and_what_was_stopped():
    history = lines(drawn(baselines=[trial("svc", 0.97, 1.0)]).axes_[0])
    mistakes = history["complete"].get_ydata()
    np.testing.assert_allclose(mistakes, [1, np.nan, 2, np.nan, 0.05])  # none is half a row
    np.testing.assert_allclose(history["best so far"].get_ydata(), [1, 1, 1, 1, 0.05])
    assert history["stopped"].get_xdata().tolist() == [1, 3]
    assert history["svc"].get_ydata()[0] == pytest.approx(3)


def test_the_cost_has_what_is_complete_and_names_the_ends():
    ax = drawn(baselines=[trial("svc", 0.97, 1.0)]).axes_[1]
    seconds = [line.get_xdata().tolist() for line in ax.get_lines() if line.get_marker() == "o"]
    assert seconds == [[20.0, 30.0, 40.0], [1.0]]
    assert {text.get_text() for text in ax.texts} == {"svc", "default", "trial 4"}
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_importances_are_sorted_and_their_lack_is_said():
    ax = drawn(importances={"learning_rate": 0.75, "width": 0.25}).axes_[2]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["width", "learning_rate"]
    assert [bar.get_width() for bar in ax.patches] == [25, 75]
    assert drawn().axes_[2].texts[0].get_text() == "too few complete trials"


def test_a_search_without_a_score_can_be_drawn(tmp_path):
    drawn([TRIALS[1]]).figure_.savefig(tmp_path / "none.png")
    drawn([TRIALS[0]]).figure_.savefig(tmp_path / "one.png")
