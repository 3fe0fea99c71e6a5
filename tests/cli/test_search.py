"""``skdigits search`` as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import sys

import pytest

from skdigits.search import digit_search
from skdigits.search._trials import TrialWork

FILES = ["best.md", "best.skdigits", "search.csv", "search.json", "search.md", "search.png"]


def test_a_search_of_a_file_and_what_a_second_one_adds(skdigits, digits_csv, tmp_path, names):
    arguments = ["search", "--data", digits_csv, "--folds", 2, "--epochs", 1, "--output", "a/b"]
    status, out, err = skdigits(*arguments, "--trials", 1, "--baselines", "knn")
    assert status == 0
    assert names(tmp_path / "a/b") == [*FILES, "trials"]
    assert "Trials: 2/2" in err
    assert "From an earlier run" not in out
    assert "1 of 1 trials (1 complete)" in " ".join(out.split())
    assert "The best network: default" in out
    results = json.loads((tmp_path / "a/b/search.json").read_text())
    assert results["settings"]["n_trials"] == 1
    assert [row["model"] for row in results["leaderboard"]] == ["knn", "default"]
    for row in results["leaderboard"]:
        assert f"{100 * row['accuracy']:.2f} %" in out

    status, out, _ = skdigits(*arguments, "--trials", 2, "--baselines", "svc,knn")
    assert status == 0
    assert "From an earlier run: 1 trial." in out
    status, out, _ = skdigits("card", "a/b/best.skdigits")
    assert status == 0
    assert out == (tmp_path / "a/b/best.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--trials", 0], "'--trials'"),
        (["--baselines", "scv"], "'--baselines': There is no baseline 'scv'. Did you mean 'svc'?"),
        (["--time-limit", 0], "'--time-limit'"),
        (["--trial-time-limit", -1], "'--trial-time-limit'"),
        (["--jobs", 0], "'--jobs'"),
        (["--data", "none.csv"], "'--data'"),
    ],
)
def test_wrong_options_are_named_in_one_line(skdigits, arguments, named):
    status, out, err = skdigits("search", *arguments)
    assert (status, out) == (2, "")
    assert named in err
    assert err.count("\n") == 1


def test_without_optuna_the_command_names_the_extra(skdigits, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    status, _, err = skdigits("search")
    assert status == 1
    assert err == "Error: A search needs optuna, which is not installed. Try pip install optuna.\n"


def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(
    skdigits, digits_csv, monkeypatch, names, tmp_path
):
    arguments = ["search", "--data", digits_csv, "--folds", 2, "--epochs", 1, "--trials", 2]
    run, ran = TrialWork.run, []

    def pressed_in_the_second(*given):
        if ran:
            raise KeyboardInterrupt
        ran.append(run(*given))
        return ran[-1]

    with monkeypatch.context() as patch:
        patch.setattr(TrialWork, "run", pressed_in_the_second)
        status, out, err = skdigits(*arguments)
    assert (status, out) == (130, "")
    *_, kept, interrupted = err.splitlines()
    assert kept.startswith("What is finished is kept in skdigits-search/trials. The same command")
    assert interrupted == "Interrupted."
    assert names(tmp_path / "skdigits-search") == ["trials"]
    status, out, _ = skdigits(*arguments)
    assert status == 0
    assert "From an earlier run: 1 trial." in out
    uninterrupted = digit_search(digits_csv, n_trials=2, cv=2, epochs=1)
    assert f"{100 * uninterrupted.trials[1].accuracy:.2f} %" in out
