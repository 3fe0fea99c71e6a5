"""``skdigits export``."""

import sys

import keras
import numpy as np
import onnxruntime
import pytest

from skdigits import DigitCNNClassifier, save_model
from skdigits.datasets import load_optdigits


@pytest.fixture(scope="module")
def saved(tmp_path_factory, digits):
    path = tmp_path_factory.mktemp("models") / "digits.skdigits"
    save_model(DigitCNNClassifier.fast(epochs=2, random_state=0).fit(*digits), path)
    return path


@pytest.fixture
def model(saved, tmp_path):
    path = tmp_path / "digits.skdigits"
    path.write_bytes(saved.read_bytes())
    return path


def probabilities_of(path, rows):
    if path.suffix == ".onnx":
        return onnxruntime.InferenceSession(path).run(["probabilities"], {"X": rows})[0]
    return keras.models.load_model(path).predict(rows, verbose=0)


@pytest.mark.parametrize(
    ("form", "name"),
    [("onnx", "digits.onnx"), ("keras", "digits.keras")],
)
def test_the_file_beside_the_model_predicts_the_same(skdigits, names, model, form, name):
    from skdigits import load_predictor

    status, out, err = skdigits("export", "digits.skdigits", "--to", form)
    assert (status, err) == (0, "")
    assert out == f"Wrote {name}: probabilities of the classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.\n"
    assert names(model.parent) == sorted([model.name, name])
    rows = load_optdigits().data[:20].astype(np.float32)
    probabilities = probabilities_of(model.with_name(name), rows)
    expected = load_predictor(model).predict_proba(rows)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


def test_the_output_may_have_another_name(skdigits, names, model):
    model.with_name("other").write_text("is replaced")
    status, out, _ = skdigits("export", model, "--to", "onnx", "-o", "other")
    assert status == 0
    assert out.startswith("Wrote other: ")
    assert names(model.parent) == ["digits.skdigits", "other"]
    assert model.with_name("other").read_bytes() != b"is replaced"


def test_the_form_is_that_of_the_output_and_its_folder_is_made(skdigits, names, model):
    status, out, _ = skdigits("export", model, "-o", "new/net.keras")
    assert status == 0
    assert out.startswith("Wrote new/net.keras: ")
    keras.models.load_model(model.with_name("new") / "net.keras")


def test_without_a_model_the_default_one_is_written_as_onnx(skdigits, names, model, monkeypatch):
    from skdigits import load_predictor

    monkeypatch.setattr("skdigits.default_model.default_model", lambda: load_predictor(model))
    status, out, err = skdigits("export")
    assert (status, err) == (0, "")
    assert out.startswith("Wrote digits.onnx: ")
    assert names(model.parent) == ["digits.onnx", "digits.skdigits"]


def test_no_model_is_loaded_for_what_cannot_be_written(skdigits, names, tmp_path, monkeypatch):
    monkeypatch.setattr("skdigits.default_model.default_model", None)  # not even called
    (tmp_path / "taken").touch()
    assert skdigits("export", "-o", "taken/digits.onnx")[0] == 2
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = skdigits("export")
    assert (status, err.count("\n")) == (1, 1)
    assert "pip install onnx." in err
    assert names(tmp_path) == ["taken"]


def test_onnx_takes_no_tensorflow(model, run_python):
    code = """
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "export", "digits.skdigits", "--to", "onnx"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    said, loaded = run_python(code).split("loaded:")
    assert said.startswith("Wrote digits.onnx: ")
    assert {"tensorflow", "keras", "sklearn", "onnxruntime"}.isdisjoint(loaded.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["digits.skdigits", "--to", "keras", "-o", "digits.h5"],
            "digits.h5 does not end in .keras",
        ),
        (["digits.skdigits", "--to", "onnx", "-o", "net.keras"], "net.keras does not end in .onnx"),
        (["digits.skdigits", "--to", "onxn"], "'onxn' is not one of 'onnx', 'keras'"),
        (
            ["digits.skdigits", "--to", "onnx", "-o", "digits.skdigits"],
            "--output: it would replace MODEL; choose another name.",
        ),
    ],
)
def test_wrong_usage(skdigits, names, model, arguments, message):
    before = model.read_bytes()
    status, out, err = skdigits("export", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert names(model.parent) == [model.name]
    assert model.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["damaged", "--to", "onnx"], "damaged is no sound model file: "),
    ],
)
def test_what_fails_gets_one_line(skdigits, names, model, arguments, message):
    model.with_name("damaged").write_bytes(model.read_bytes()[:-5])
    status, out, err = skdigits("export", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith(f"Error: {message}")
    assert err.count("\n") == 1
    assert names(model.parent) == ["damaged", "digits.skdigits"]


def test_a_missing_extra_is_named(skdigits, names, model, monkeypatch):
    monkeypatch.delitem(sys.modules, "skdigits.export._graph", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = skdigits("export", model, "--to", "onnx")
    assert status == 1
    assert err.count("\n") == 1
    assert "Try pip install onnx." in err
    assert names(model.parent) == [model.name]
