import dataclasses
import io
from pathlib import Path

from rich.console import Console

from skdigits.report import print_summary


def printed(result, files=()):
    console = Console(file=io.StringIO(), width=100)
    print_summary(result, files, console=console)
    return console.file.getvalue()


def test_the_summary_has_data_network_figures_and_files(small_study):
    text = printed(small_study, [Path("out/samples.png"), Path("out/results.json")])
    assert "300 of 8x8 ink counts, 0 to 16" in text
    assert "53,290 parameters" in text
    assert "conv_2" in text
    assert f"{small_study.hold_out.evaluation.f1:.4f}" in text
    assert f"{small_study.cross_validation.accuracy_sd:.4f}" in text
    assert "Written to out" in text
    assert "results.json" in text
    assert "unseen writers" not in text


def test_a_quick_study_is_called_one(small_study):
    assert "quick study" not in printed(small_study)
    settings = {**small_study.settings, "quick": True}
    quick = dataclasses.replace(small_study, settings=settings)
    assert "This was a quick study (2 epochs, 2 folds)" in printed(quick)
