import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from skdigits.evaluation import FoldsEvaluation
from skdigits.report import _write, check_writable, json_ready, write_report


def test_the_files_are_there_whole_and_named(written):
    files = written
    assert sorted(files) == sorted(files[0].parent.iterdir())
    assert [file.name for file in files[-2:]] == ["report.html", "results.json"]
    for file in files[:-2]:
        height, width, _ = imread(file).shape
        assert min(height, width) > 300
    assert files[-2].read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_results_are_the_figures_of_the_study(small_study, written):
    results = json.loads(written[-1].read_text())
    assert results["hold_out"]["accuracy"] == small_study.hold_out.evaluation.accuracy
    assert results["hold_out"]["history"] == small_study.hold_out.estimator.history_
    folds = [fold["log_loss"] for fold in results["cross_validation"]["folds"]]
    assert folds == [fold.log_loss for fold in small_study.cross_validation.folds]
    assert results["hold_out"]["calibration_error"] is not None
    for name in ("unseen_writers", "writer_folds", "shuffled_folds"):
        assert results[name] is None


def test_results_have_the_folds_of_writers_and_the_shuffled_ones(
    small_study, tmp_path, monkeypatch
):
    monkeypatch.setattr(_write, "FIGURES", {})
    monkeypatch.setattr(_write, "render_report", lambda result: "")
    folds = small_study.cross_validation
    other = FoldsEvaluation(folds.folds[:1])
    result = dataclasses.replace(small_study, writer_folds=other, shuffled_folds=folds)
    results = json.loads(write_report(result, tmp_path)[-1].read_text())
    assert results["writer_folds"] == other.to_dict()
    assert results["shuffled_folds"] == folds.to_dict() == results["cross_validation"]


def test_an_interrupt_leaves_what_was_there(small_study, tmp_path, monkeypatch):
    old = tmp_path / "samples.png"
    old.write_bytes(b"old")

    class Figure:
        def savefig(self, path, **parameters):
            path.write_bytes(b"half")
            raise KeyboardInterrupt

    monkeypatch.setitem(_write.FIGURES, "samples", lambda result: Figure())
    with pytest.raises(KeyboardInterrupt):
        write_report(small_study, tmp_path)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"old"


def test_checking_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"Cannot write to .*file.* Choose a folder"):
        check_writable(tmp_path / "file")


numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text()
arrays = st.floats().map(np.float64) | st.integers(0, 9).map(np.int64)


@given(
    st.recursive(
        numbers | arrays,
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_json_takes_whatever_is_in_the_figures(value):
    ready = json_ready(value)
    json.loads(json.dumps(ready, allow_nan=False))


def test_json_has_null_for_what_is_not_defined():
    assert json_ready({1: [np.nan, np.float64(0.5), np.int64(2)]}) == {"1": [None, 0.5, 2]}
