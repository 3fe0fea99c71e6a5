import dataclasses
import io
from pathlib import Path

from rich.console import Console

from skdigits.evaluation import FoldEvaluation, FoldsEvaluation
from skdigits.report import print_summary


def printed(result, files=()):
    console = Console(file=io.StringIO(), width=100)
    print_summary(result, files, console=console)
    return console.file.getvalue()


def test_the_summary_has_data_network_figures_and_files(small_study):
    text = printed(small_study, [Path("out/samples.png"), Path("out/results.json")])
    assert "300 of 8x8 ink counts, 0 to 16" in text
    parameters = small_study.hold_out.estimator.model_.count_params()
    assert f"(default): {parameters:,} parameters" in text
    assert "conv_2" in text
    assert f"{small_study.hold_out.evaluation.f1:.4f}" in text
    assert f"{small_study.hold_out.evaluation.calibration_error:.4f}" in text
    assert f"{small_study.cross_validation.accuracy_sd:.4f}" in text
    assert "Written to out" in text
    assert "results.json" in text
    assert "unseen writers" not in text
    assert "writers kept together" not in text


def folds_of(*accuracies):
    return FoldsEvaluation(
        tuple(
            FoldEvaluation(number, 90, 10, accuracy, 1 - accuracy, 0.1, 0.1, None)
            for number, accuracy in enumerate(accuracies, start=1)
        )
    )


def test_folds_of_writers_stand_beside_shuffled_ones(small_study):
    result = dataclasses.replace(
        small_study, writer_folds=folds_of(0.8, 0.9), shuffled_folds=folds_of(0.96, 0.97, 0.98)
    )
    text = printed(result)
    assert "UCI's test subset alone" in text
    (writers,) = (line for line in text.splitlines() if "writers kept together" in line)
    (shuffled,) = (line for line in text.splitlines() if line.startswith("│ shuffled"))
    assert [cell.strip() for cell in writers.split("│")[2:-1]] == [
        "2",
        "0.8500",
        "0.0500",
        "0.1500",
    ]
    assert [cell.strip() for cell in shuffled.split("│")[2:-1]] == [
        "3",
        "0.9700",
        "0.0082",
        "0.0300",
    ]


def test_what_an_earlier_run_has_left_is_named(small_study):
    assert "From an earlier run" not in printed(small_study)
    result = dataclasses.replace(
        small_study,
        writer_folds=folds_of(0.8, 0.9),
        reused={"Hold-out": 1, "Cross-validation": 1, "Folds of writers": 2},
    )
    known = "From an earlier run: hold-out, cross-validation (1 of 2 folds), folds of writers."
    assert known in printed(result)


def test_a_quick_study_is_called_one(small_study):
    assert "quick study" not in printed(small_study)
    settings = {**small_study.settings, "quick": True}
    quick = dataclasses.replace(small_study, settings=settings)
    assert "This was a quick study (2 epochs, 2 folds)" in printed(quick)
