"""``skdigits train``, ``evaluate`` and ``card``, from the data to the card."""

import json
from pathlib import Path

import numpy as np
import pytest

from skdigits import load_model, load_predictor
from skdigits.datasets import load_optdigits
from skdigits.report import render_card

FAST = ("--config", "fast", "--epochs", "1")


@pytest.fixture
def model(skdigits, digits_csv):
    status, out, _ = skdigits("train", "-o", "digits.skdigits", "--data", digits_csv, *FAST)
    assert status == 0
    assert "Trained on 240 rows" in out
    assert "Measured on 60 rows" in out
    return "digits.skdigits"


def test_what_it_trains_can_be_measured_described_and_loaded(skdigits, model, digits_csv, names):
    assert names(Path()) == [model]
    status, out, err = skdigits("evaluate", model, "--data", digits_csv, "--json")
    assert (status, err) == (0, "")
    measured = json.loads(out)
    stored = load_predictor(model).metadata["scores"]["test"]
    assert measured["accuracy"] == stored["accuracy"]
    assert skdigits("card", model) == (0, render_card(model), "")
    X = load_optdigits().data[:20]
    np.testing.assert_array_equal(
        load_predictor(model).predict_proba(X), load_model(model).predict_proba(X)
    )


def test_tables_for_people(skdigits, model):
    status, out, _ = skdigits("evaluate", model)
    assert status == 0
    for word in ("accuracy", "95 % interval (Wilson)", "recall", "predicted class", "1797"):
        assert word in out


def test_figures_are_json_where_a_class_does_not_occur(skdigits, model):
    few = load_optdigits(as_frame=True).frame.astype(int).head(9)  # no 9 among them
    few.to_csv("few.csv", index=False)
    status, out, _ = skdigits("evaluate", model, "--data", "few.csv", "--json")
    assert status == 0
    figures = json.loads(out, parse_constant=pytest.fail)
    assert figures["roc_auc"] is None
    low, high = figures["accuracy_interval"]
    assert low <= figures["accuracy"] <= high
    lines = skdigits("evaluate", model, "--data", "few.csv")[1].splitlines()
    assert ["9", "0"] in [line.split() for line in lines]  # no metrics, and no samples


@pytest.mark.filterwarnings("default")
def test_samples_trained_on_are_warned_about(skdigits, digits_csv):
    skdigits("train", "-o", "all.skdigits", "--data", digits_csv, "--subset", "all", *FAST)
    status, _, err = skdigits("evaluate", "all.skdigits", "--data", digits_csv)
    assert status == 0
    assert err.startswith("Warning: The model was trained on some or all of these samples")


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("train", 2, "Missing option '-o'"),
        ("train -o .", 2, "is a folder. Name a file to be written."),
        ("train -o x --subset some", 2, "'some' is not one of 'train', 'all'"),
        ("evaluate text", 1, "text is not a sound model file"),
        ("card", 2, "Missing argument 'MODEL'"),
    ],
)
def test_what_is_wrong_is_said(skdigits, names, line, status, message):
    Path("text").write_text("no model")
    ended, out, err = skdigits(*line.split())
    assert (ended, out) == (status, "")
    assert message in " ".join(err.split())
    assert names(Path()) == ["text"]


def test_the_data_are_not_replaced_by_the_model(skdigits, digits_csv):
    before = digits_csv.read_bytes()
    status, _, err = skdigits("train", "-o", digits_csv, "--data", digits_csv)
    assert status == 2
    assert "is the data. Name another file." in " ".join(err.split())
    assert digits_csv.read_bytes() == before


def test_ctrl_c_leaves_the_old_file(skdigits, monkeypatch, names):
    def press_ctrl_c(**settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("skdigits.model_training.train_model", press_ctrl_c)
    Path("old").write_text("old")
    status, _, err = skdigits("train", "-o", "old")
    assert status == 130
    assert "With --checkpoint FOLDER" in err
    assert names(Path()) == ["old"]
    assert Path("old").read_text() == "old"
