import dataclasses
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from skdigits.evaluation import FoldsEvaluation
from skdigits.report import _write, json_ready, write_report


def test_the_files_are_there_whole_and_named(written):
    *figures, page, results = written
    assert (page, results) == ("report.html", "results.json")
    assert {"samples.png", "training_curves.png", "writer_folds.png"} <= set(figures)
    for name in figures:
        assert min(imread(io.BytesIO(written[name])).shape[:2]) > 200
    assert written[page].decode().rstrip().endswith("</html>")


def test_results_are_the_figures_of_the_study(study_of_writers, written):
    results = json.loads(written["results.json"])
    assert results["hold_out"]["accuracy"] == study_of_writers.hold_out.evaluation.accuracy
    assert results["hold_out"]["history"] == study_of_writers.hold_out.estimator.history_
    assert results["shuffled_folds"] == study_of_writers.shuffled_folds.to_dict()


@pytest.fixture
def undrawn(monkeypatch):
    monkeypatch.setattr(_write, "figure_names", lambda result: [])
    monkeypatch.setattr(_write, "render_page", lambda result, figures: "")


@pytest.mark.usefixtures("undrawn")
def test_results_tell_folds_of_writers_from_shuffled_ones(small_study, tmp_path):
    folds = small_study.cross_validation
    other = FoldsEvaluation(folds.folds[:1])
    result = dataclasses.replace(small_study, writer_folds=other, shuffled_folds=folds)
    results = json.loads(write_report(result, tmp_path)[-1].read_text())
    assert results["writer_folds"] == other.to_dict()
    assert results["shuffled_folds"] == folds.to_dict() == results["cross_validation"]
    assert results["unseen_writers"] is None


def test_an_interrupt_leaves_the_old_files(small_study, tmp_path, monkeypatch):
    (tmp_path / "samples.png").write_bytes(b"old")

    def interrupt(result):
        raise KeyboardInterrupt

    monkeypatch.setitem(_write.FIGURES, "samples", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_report(small_study, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"samples.png": b"old"}


numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text()
arrays = st.floats().map(np.float64) | st.integers(0, 9).map(np.int64)


@given(
    st.recursive(
        numbers | arrays,
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_json_takes_all_figures(value):
    ready = json_ready(value)
    json.loads(json.dumps(ready, allow_nan=False))


def test_json_has_null_for_what_is_not_defined():
    assert json_ready({1: [np.nan, np.float64(0.5), np.int64(2)]}) == {"1": [None, 0.5, 2]}
