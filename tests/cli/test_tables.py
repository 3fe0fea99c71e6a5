"""The tables of commands fit a terminal and have every figure."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from skdigits.cli._tables import print_comparison, print_evaluation, print_study
from skdigits.evaluation import FoldEvaluation, FoldsEvaluation

FILES = [Path("out/report.html"), Path("out/results.json")]


@pytest.fixture
def printed(capsys, monkeypatch):
    """Return what a function prints on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(show, *arguments):
        show(*arguments)
        return capsys.readouterr().out

    return call


def test_a_study_has_data_network_figures_and_files(printed, small_study):
    text = printed(print_study, small_study, FILES, 1.0)
    parameters = small_study.hold_out.estimator.model_.count_params()
    assert "300 images" in text
    assert f"default, {parameters:,} parameters" in text
    for figure in (
        small_study.hold_out.evaluation.f1,
        small_study.hold_out.evaluation.calibration_error,
        small_study.cross_validation.accuracy_sd,
    ):
        assert f"{figure:.4f}" in text
    assert "Written to out" in text
    assert "results.json" in text
    for said in ("unseen writers", "writers kept together", "quick study", "earlier run"):
        assert said not in text


def folds_of(*accuracies):
    return FoldsEvaluation(
        tuple(
            FoldEvaluation(number, 90, 10, accuracy, 1 - accuracy, 0.1, 0.1, None)
            for number, accuracy in enumerate(accuracies, start=1)
        )
    )


def test_folds_of_writers_stand_beside_shuffled_ones(printed, small_study):
    result = dataclasses.replace(
        small_study,
        settings={**small_study.settings, "quick": True},
        writer_folds=folds_of(0.8, 0.9),
        shuffled_folds=folds_of(0.96, 0.97, 0.98),
        reused={"Hold-out": 1, "Folds of writers": 2},
    )
    text = printed(print_study, result, FILES, 1.0)
    writers, shuffled = (
        next(line.split()[-2:] for line in part.splitlines() if "mean " in line)
        for part in text.split("UCI's test subset, ")[1:]
    )
    assert writers == ["0.8500", "0.1500"]
    assert shuffled == ["0.9700", "0.0300"]
    assert "This was a quick study (2 epochs, 2 folds)" in " ".join(text.split())
    assert "From an earlier run: 3 fits." in text


def test_a_comparison_fits_a_terminal_and_has_every_figure(printed, made_up):
    rows = [
        dataclasses.replace(row, model="hist_gradient_boosting") if row.model == "svc" else row
        for row in made_up.rows
    ]
    result = dataclasses.replace(made_up, rows=tuple(rows))
    text = printed(print_comparison, result, FILES, 1.0)
    assert max(map(len, text.splitlines())) <= 80
    assert "hist_gradient_boosting" in text
    assert "…" not in text
    for row in result.rows:
        assert f"{100 * row.accuracy:.2f} %" in text
        assert np.isnan(row.log_loss) or f"{row.log_loss:.4f}" in text
    difference = result.difference("knn", "hold_out")
    assert f"{difference.points:+.2f} ± {difference.standard_error:.2f}" in text
    assert "Differences in accuracy are to default" in text
    assert "earlier run" not in text


def test_one_model_has_nothing_to_differ_from(printed, made_up):
    result = dataclasses.replace(made_up, rows=made_up.rows[:3])
    assert "Differences" not in printed(print_comparison, result, FILES, 1.0)


@pytest.mark.parametrize(("data", "has_doubts"), [("packaged", True), ("mine.csv", False)])
def test_labels_of_uci_are_doubtful(printed, made_up, data, has_doubts):
    result = dataclasses.replace(made_up, settings={**made_up.settings, "data": data})
    text = " ".join(printed(print_comparison, result, FILES, 1.0).split())
    assert ("1038, 1119, 1146, 1468, 1632 of UCI's test subset" in text) == has_doubts


def test_an_evaluation_has_its_classes_and_its_confusion_matrix(printed, small_study):
    evaluation = small_study.hold_out.evaluation
    lines = printed(print_evaluation, evaluation).splitlines()
    assert any(f"{evaluation.accuracy:.4f}" in line for line in lines)
    (seven,) = (line for line in lines if line.split()[:1] == ["7"] and "." in line)
    assert seven.split()[3] == f"{evaluation.per_class.loc[7, 'f1']:.4f}"
    counts = evaluation.confusion_matrix[7]
    assert any(line.split() == ["7", *map(str, counts[counts > 0])] for line in lines)
