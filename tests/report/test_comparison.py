"""A comparison as tables and a figure."""

import json

import matplotlib
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.image import imread

from skdigits.comparison import run_comparison
from skdigits.report import write_comparison
from skdigits.report._comparison import draw_comparison


@pytest.fixture(scope="module")
def compared(digits_csv):
    return run_comparison(digits_csv, models=["knn", "logistic_regression"], cv=2)


def test_the_files_are_there_whole_and_named(compared, tmp_path):
    files = write_comparison(compared, tmp_path / "new" / "folder")
    assert sorted(files) == sorted((tmp_path / "new" / "folder").iterdir())
    csv, markdown, png, everything = files
    pd.testing.assert_frame_equal(pd.read_csv(csv, index_col="model"), compared.to_frame())
    assert min(imread(png).shape[:2]) > 300
    results = json.loads(everything.read_text())
    assert results["rows"][0]["difference"] is None
    assert results["rows"][0]["accuracy"] == compared.row("knn", "hold_out").accuracy
    assert "| knn |" in markdown.read_text()


def test_what_is_not_defined_is_null_and_empty(made_up, tmp_path):
    csv, markdown, _, everything = write_comparison(made_up, tmp_path)
    rows = json.loads(everything.read_text())["rows"]
    assert [row["log_loss"] for row in rows if row["model"] == "svc"] == [None] * 3
    assert "nan" not in csv.read_text() + markdown.read_text()


def test_markdown_has_a_table_for_each_split(made_up, tmp_path):
    text = write_comparison(made_up, tmp_path)[1].read_text()
    assert text.startswith("# Comparison: packaged, seed 1\n")
    tables = [part for part in text.split("\n\n") if part.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        header, rule, *lines = table.splitlines()
        assert len({line.count("|") for line in (header, rule, *lines)}) == 1
        assert [line.split("|")[1].strip() for line in lines] == ["default", "svc", "knn"]
    assert "| svc | 70.00 % | 14.49 | 3 | -20.00 ± 13.33 | 0.5 |  | 1.50 | 0.125 |" in tables[1]


def test_models_are_drawn_in_the_order_of_the_unseen_writers(made_up):
    before = dict(matplotlib.rcParams)
    figure = draw_comparison(made_up)
    assert dict(matplotlib.rcParams) == before  # no backend is chosen
    hold_out, unseen, folds = figure.axes
    drawn = [label.get_text() for label in hold_out.get_yticklabels()]
    assert drawn == ["svc", "knn", "default"]  # from below
    for ax, split in ((hold_out, "hold_out"), (unseen, "unseen_writers")):
        for (dot, _, (bar,)), model in zip(ax.containers, drawn, strict=True):
            row = made_up.row(model, split)
            assert dot.get_xdata()[0] == pytest.approx(100 * row.accuracy)
            ends = bar.get_segments()[0][:, 0]
            assert (ends[1] - ends[0]) / 2 == pytest.approx(100 * row.accuracy_se)
    assert folds.get_title() == "cross-validation (shuffled)\n10 images"
    assert {ax.get_xlabel() for ax in figure.axes} == {"Accuracy (%) ± standard error"}


def test_our_models_are_marked(made_up):
    figure = draw_comparison(made_up)
    for ax in figure.axes:
        faces = [dot.get_markerfacecolor() for dot, _, _ in ax.containers]
        assert [same_color(face, "white") for face in faces] == [True, True, False]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["skdigits", "scikit-learn"]


def test_without_writers_the_cross_validation_decides(compared):
    figure = draw_comparison(compared)
    drawn = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    accuracies = [compared.row(name, "cross_validation").accuracy for name in drawn]
    assert accuracies == sorted(accuracies)
