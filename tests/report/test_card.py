"""The card says what the file says, no more, and is Markdown whatever the file says."""

import json
import re

import numpy as np
import pytest
from markdown_it import MarkdownIt

from skdigits import DigitCNNClassifier, evaluate, load_predictor, save_model
from skdigits.datasets import load_optdigits
from skdigits.model_training import train_model
from skdigits.report import render_card
from skdigits.report._card import _PACKAGED
from skdigits.training import describe_rows


@pytest.fixture(scope="module")
def trained(digits_csv, made_once):
    return made_once("trained", lambda: train_model(digits_csv, config="fast", epochs=2, cv=2))


@pytest.fixture
def card(tmp_path):
    def render(classifier, scores=None):
        save_model(classifier, tmp_path / "model.skdigits", scores=scores)
        return render_card(tmp_path / "model.skdigits")

    return render


def html(text):
    return MarkdownIt("commonmark").enable("table").render(text)


def rows_of(text):
    """Each table's rows, as lists of the texts of their cells."""
    rows = re.findall(r"<tr>(.*?)</tr>", html(text), re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[re.sub("<.*?>", "", cell) for cell in row] for row in cells]


def test_it_has_the_scores_of_the_file(trained, card):
    text = card(trained.estimator, trained.scores())
    rows = rows_of(text)
    assert ["accuracy", f"{trained.evaluation.accuracy:.4f}"] in rows
    low, high = trained.evaluation.accuracy_interval()
    assert ["its 95 % interval (Wilson)", f"{low:.4f} to {high:.4f}"] in rows
    folds = trained.cross_validation
    assert ["accuracy", f"{folds.accuracy:.4f}", f"{folds.accuracy_sd:.4f}"] in rows
    recall = trained.evaluation.per_class["recall"]
    shown = [row for row in rows if len(row) == 4 and row[0].isdigit()]
    assert [row[2] for row in shown] == [f"{value:.4f}" for value in recall]
    taken = sum(int(n) for row in shown for n in re.findall(r"\((\d+)\)", row[3]))
    assert taken == round((1 - trained.evaluation.accuracy) * 60)


def test_it_has_the_sections_of_a_model_card(trained, card):
    text = card(trained.estimator, trained.scores())
    assert re.findall(r"<h2>(.*?)</h2>", html(text)) == [
        "Model",
        "Data",
        "Splits and scores",
        "Intended use",
        "Limits",
        "Time",
        "Reproduction",
    ]
    assert f"{trained.estimator.model_.count_params():,} parameters" in text
    assert "--data digits.csv --subset train --config fast --epochs 2 --seed 42 --folds 2" in text


def test_what_is_not_recorded_is_not_invented(trained, card):
    text = card(trained.estimator)
    assert "Not recorded" in text
    assert "accuracy" not in text
    assert "Command:" not in text


def test_an_evaluation_is_shown_without_a_claim_about_its_samples(trained, card, digits):
    evaluation = evaluate(trained.estimator, *digits)
    text = card(trained.estimator, evaluation)
    rows = rows_of(text)
    assert ["accuracy", f"{evaluation.accuracy:.4f}"] in rows
    assert len([row for row in rows if len(row) == 4 and row[0].isdigit()]) == 10
    assert "Measured on 500 samples" in text
    assert "not trained on" not in text
    assert "Command:" not in text


def test_a_training_is_stored_with_its_scores(trained, card, tmp_path):
    card(trained.estimator, trained)
    stored = load_predictor(tmp_path / "model.skdigits").metadata["scores"]
    assert stored == json.loads(json.dumps(trained.scores()))


def test_a_class_that_is_not_a_digit_is_described(trained, card, tmp_path):
    assert "assigns one of its classes to anything" in card(trained.estimator)
    save_model(trained.estimator, tmp_path / "nine.skdigits", outlier_label=9)
    text = render_card(tmp_path / "nine.skdigits")
    assert "assigns one of its classes to anything" not in text
    assert 'class 9 means "not a digit"' in text


@pytest.mark.parametrize(
    ("scores", "row"),
    [
        ({"accuracy": 0.5, "of": "my|rows"}, ["of", "my|rows"]),
        ([1, 2], ["scores", "[1, 2]"]),
        ({"settings": {}}, ["settings", "{}"]),
    ],
)
def test_scores_of_other_programs_are_shown_as_such(trained, card, scores, row):
    text = card(trained.estimator, scores)
    assert "has not measured" in text
    assert row in rows_of(text)


def test_a_file_that_lies_about_scores_makes_no_markup(trained, card):
    evil = "<script>x</script> | `y` [z](http://z) *a*\n# b"
    scores = trained.scores()
    scores["settings"] |= {"data": evil, "config": evil}
    scores["split"] |= {"train": evil, "n_train": evil}
    scores["test"] |= {"labels": [evil] * 10}
    page = html(card(trained.estimator, scores))
    plain = html(card(trained.estimator, trained.scores()))
    for tag in ("<script", "<a ", "<em>a", "<h1>", "<tr>", "<th>"):
        assert page.count(tag) == plain.count(tag)


def test_labels_may_be_any_strings(digits, card):
    X, y = digits
    labels = np.array(["|", "<b>", "`", "*x*", "a\nb", "_", "[q]", "&amp;", "#", "~~"])
    fitted = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:100], labels[y[:100]])
    page = html(card(fitted))
    assert "&lt;b&gt;: " in page
    assert "<b>" not in page


def test_the_packaged_data_are_known_by_their_fingerprint():
    found = []
    for part in ("train", "test", "all"):
        X, y = load_optdigits(subset=part, return_X_y=True)
        found.append(describe_rows(X, y, np.ones(len(y)), np.unique(y))["sha256"])
    assert found == list(_PACKAGED)


def test_other_data_are_not_called_ucis(trained, card):
    text = card(trained.estimator, trained.scores())
    assert "doi.org" not in text
    assert "The origin of the data is not recorded" in text


def test_what_github_and_myst_make_of_text_is_escaped(trained, card):
    scores = trained.scores()
    scores["split"] |= {"train": "$x$ @someone {role} https://z"}
    assert r"\$x\$ \@someone \{role\} https\://z" in card(trained.estimator, scores)


def test_no_tensorflow_is_needed(trained, tmp_path, run_python):
    save_model(trained.estimator, tmp_path / "model.skdigits", scores=trained.scores())
    code = """
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "card", "model.skdigits"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    said, loaded = run_python(code).split("loaded:")
    assert said == render_card(tmp_path / "model.skdigits")
    assert {"tensorflow", "keras", "scikeras"}.isdisjoint(loaded.split())


def test_labels_that_are_doubtful_are_said_to_be(trained, card):
    scores = trained.scores()
    assert "do not look like their labels" not in card(trained.estimator, scores)
    scores["settings"] |= {"data": "packaged"}
    text = card(trained.estimator, scores)
    assert "1038, 1119, 1146, 1468, 1632 of UCI's test subset do not look like their labels" in text
