"""``skdigits export``."""

import sys

import keras
import numpy as np
import onnxruntime
import pytest

from skdigits import load_predictor
from skdigits.datasets import load_optdigits


@pytest.fixture
def model(saved_model, tmp_path):
    path = tmp_path / "digits.skdigits"
    path.write_bytes(saved_model.read_bytes())
    return path


def probabilities_of(path, rows):
    if path.suffix == ".onnx":
        return onnxruntime.InferenceSession(path).run(["probabilities"], {"X": rows})[0]
    return keras.models.load_model(path).predict(rows, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "name"), [([], "digits.onnx"), (["-o", "new/net.keras"], "new/net.keras")]
)
def test_the_file_predicts_the_same(skdigits, model, arguments, name):
    status, out, err = skdigits("export", "digits.skdigits", *arguments)
    assert (status, err) == (0, "")
    assert out == f"Wrote {name}: probabilities of the classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.\n"
    rows = load_optdigits().data[:20].astype(np.float32)
    probabilities = probabilities_of(model.parent / name, rows)
    expected = load_predictor(model).predict_proba(rows)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


def test_without_a_model_the_packaged_one_is_written_as_onnx(skdigits, names, tmp_path):
    status, out, err = skdigits("export")
    assert (status, err) == (0, "")
    assert out.startswith("Wrote digits.onnx: ")
    assert names(tmp_path) == ["digits.onnx"]


def test_wrong_usage_is_one_line_and_writes_nothing(skdigits, names, model):
    model.with_name("damaged").write_bytes(model.read_bytes()[:-5])
    model.with_name("same.onnx").write_bytes(model.read_bytes())
    here = names(model.parent)
    for arguments, status, message in [
        (["digits.skdigits", "-o", "digits.h5"], 2, "digits.h5 ends neither in .onnx nor"),
        (["same.onnx"], 2, "it would replace MODEL"),
        (["damaged"], 1, "damaged is not a sound model file"),
    ]:
        ended, out, err = skdigits("export", *arguments)
        assert (ended, out, err.count("\n")) == (status, "", 1)
        assert message in err
    assert names(model.parent) == here
    assert model.with_name("same.onnx").read_bytes() == model.read_bytes()


def test_a_missing_extra_is_named(skdigits, names, model, monkeypatch):
    monkeypatch.delitem(sys.modules, "skdigits.export._graph", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = skdigits("export", model)
    assert (status, err.count("\n")) == (1, 1)
    assert "onnx" in err
    assert names(model.parent) == [model.name]
