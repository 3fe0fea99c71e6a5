"""``skdigits search`` as a user meets it: its output, its mistakes, Ctrl-C."""

import json
import sys

import pytest

from skdigits.search import _trials

FILES = ["best.md", "best.skdigits", "search.csv", "search.json", "search.md", "search.png"]
ARGUMENTS = ["--folds", 2, "--epochs", 1]


def test_ctrl_c_keeps_finished_trials_and_the_same_command_continues(
    skdigits, digits_csv, monkeypatch, names, tmp_path
):
    arguments = ["search", "--data", digits_csv, *ARGUMENTS, "--trials", 2, "--output", "a/b"]
    fit_and_predict, calls = _trials.fit_and_predict, []

    def pressed_in_the_second_trial(*given):
        calls.append(1)
        if len(calls) == 4 + 2 + 2:
            raise KeyboardInterrupt
        return fit_and_predict(*given)

    with monkeypatch.context() as patch:
        patch.setattr(_trials, "fit_and_predict", pressed_in_the_second_trial)
        status, out, err = skdigits(*arguments)
    assert (status, out) == (130, "")
    *_, kept, interrupted = err.splitlines()
    assert kept.startswith("What is finished is kept in a/b/trials.")
    assert interrupted == "Interrupted."
    assert names(tmp_path / "a/b") == ["trials"]

    status, out, err = skdigits(*arguments)
    assert status == 0
    assert names(tmp_path / "a/b") == [*FILES, "trials"]
    assert "Trials: 2/2" in err
    assert "2 trials (" in " ".join(out.split())
    results = json.loads((tmp_path / "a/b/search.json").read_text())
    assert results["settings"]["n_trials"] == 2
    assert {"svc", "knn", "default"} <= {row["model"] for row in results["leaderboard"]["rows"]}
    for row in results["leaderboard"]["rows"]:
        assert f"{100 * row['accuracy']:.2f} %" in out
    status, out, _ = skdigits("card", "a/b/best.skdigits")
    assert (status, out) == (0, (tmp_path / "a/b/best.md").read_text())


def test_damaged_trials_are_named_in_one_line(skdigits, digits_csv, tmp_path):
    (tmp_path / "a/trials").mkdir(parents=True)
    (tmp_path / "a/trials/study.db").write_text("nonsense" * 100)
    status, out, err = skdigits("search", "--data", digits_csv, "--output", "a")
    assert (status, out) == (1, "")
    assert err.startswith(f"Error: The trials in {tmp_path}/a/trials/study.db cannot be used (file")
    assert err.count("\n") == 1


@pytest.mark.parametrize("option", ["--trials", "--time-limit", "--jobs"])
def test_wrong_options_are_named_in_one_line(skdigits, option):
    status, out, err = skdigits("search", option, 0)
    assert (status, out) == (2, "")
    assert f"'{option}'" in err
    assert err.count("\n") == 1


def test_without_optuna_the_command_says_how_to_install_it(skdigits, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    status, _, err = skdigits("search")
    assert status == 1
    assert err.endswith("pip install optuna.\n")
