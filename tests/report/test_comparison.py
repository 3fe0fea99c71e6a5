"""A comparison as files and on the terminal."""

import dataclasses
import io
import json

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.image import imread
from rich.console import Console

from skdigits.comparison import ComparisonResult, ComparisonRow, run_comparison
from skdigits.report import (
    _write,
    draw_comparison,
    print_comparison,
    write_comparison,
)


@pytest.fixture(scope="module")
def compared(digits_csv):
    return run_comparison(digits_csv, models=["knn", "fast", "logistic_regression"], epochs=1, cv=2)


@pytest.fixture
def made_up():
    """Three models and three splits of ten rows each, with wrong rows as they please."""
    wrong = {
        "default": {"hold_out": (1,), "unseen_writers": (1,), "cross_validation": (1, 2)},
        "svc": {"hold_out": (), "unseen_writers": (1, 2, 3), "cross_validation": ()},
        "knn": {"hold_out": (1, 2, 3, 4), "unseen_writers": (7, 8), "cross_validation": (9,)},
    }
    return ComparisonResult(
        settings={"data": "packaged", "random_state": 1, "cv": 5},
        rows=tuple(
            ComparisonRow(model, split, 10, rows, np.nan if model == "svc" else 0.25, 1.5, 0.125)
            for model, of in wrong.items()
            for split, rows in of.items()
        ),
        test_rows=dict.fromkeys(wrong["svc"], np.arange(10)),
        seconds=7.0,
    )


def printed(result, files=(), width=80):
    console = Console(file=io.StringIO(), width=width)
    print_comparison(result, files, console=console)
    return console.file.getvalue()


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


def test_an_interrupt_leaves_what_was_there(compared, tmp_path, monkeypatch):
    old = tmp_path / "comparison.png"
    old.write_bytes(b"old")

    class Figure:
        def savefig(self, path, **parameters):
            path.write_bytes(b"half")
            raise KeyboardInterrupt

    monkeypatch.setattr(_write, "draw_comparison", lambda result: Figure())
    with pytest.raises(KeyboardInterrupt):
        write_comparison(compared, tmp_path)
    assert old.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / "comparison.json").exists()


def test_the_table_fits_a_terminal_and_has_every_figure(compared):
    text = printed(compared)
    assert max(map(len, text.splitlines())) <= 80
    for row in compared.rows:
        assert f"{100 * row.accuracy:.2f} %" in text
        assert f"{row.log_loss:.4f}" in text
    for split in compared.splits:
        difference = compared.difference("fast", split)
        assert f"{difference.points:+.2f} ± {difference.standard_error:.2f}" in text
    assert "…" not in text
    assert "Differences in accuracy are to knn" in text


def test_the_longest_name_fits_too(made_up):
    rows = [
        dataclasses.replace(row, model="hist_gradient_boosting") if row.model == "svc" else row
        for row in made_up.rows
    ]
    text = printed(dataclasses.replace(made_up, rows=tuple(rows)))
    assert max(map(len, text.splitlines())) <= 80
    assert "hist_gradient_boosting" in text
    assert "…" not in text


def test_one_model_has_nothing_to_differ_from(made_up):
    alone = dataclasses.replace(made_up, rows=made_up.rows[:3])
    assert "Differences" not in printed(alone)


def test_what_is_from_an_earlier_run_is_said(made_up, tmp_path):
    assert "earlier run" not in printed(made_up)
    rows = [
        dataclasses.replace(row, reused=row.model == "svc" or row.split == "unseen_writers")
        for row in made_up.rows
        if row.model != "default"
    ]
    text = printed(dataclasses.replace(made_up, rows=tuple(rows)), [tmp_path / "comparison.csv"])
    assert "From an earlier run: svc, knn (unseen writers)." in text
    assert "comparison.csv" in text


def test_models_are_drawn_in_the_order_of_the_unseen_writers(made_up):
    figure = draw_comparison(made_up)
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
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_fontweight() for label in labels] == ["normal", "normal", "bold"]
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


def test_drawing_chooses_no_backend_and_opens_no_figure(made_up):
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    draw_comparison(made_up)
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_labels_that_are_doubtful_are_said_to_be(made_up, compared):
    assert "1038, 1119, 1146, 1468, 1632 of UCI's test subset" in " ".join(printed(made_up).split())
    assert "do not look like their labels" not in printed(compared)
