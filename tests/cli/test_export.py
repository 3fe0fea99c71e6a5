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
    if path.suffix == ".keras":
        return keras.models.load_model(path).predict(rows, verbose=0)
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="the extra litert")
    runner = litert.Interpreter(model_path=str(path)).get_signature_runner()
    return runner(X=rows)["probabilities"]


@pytest.mark.parametrize(
    ("form", "name"),
    [("onnx", "digits.onnx"), ("keras", "digits.keras"), ("litert", "digits.tflite")],
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
        (["digits.skdigits"], "Missing option '--to'. Choose from:"),
        (["--to", "onnx"], "Missing argument 'MODEL'."),
        (["digits.skdigits", "--to", "onxn"], "'onxn' is not one of 'onnx', 'keras', 'litert'"),
        (
            ["digits.skdigits", "--to", "onnx", "-o", "digits.skdigits"],
            "The output would replace MODEL; choose another name with -o.",
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
        (["nowhere.skdigits", "--to", "onnx"], "nowhere.skdigits: No such file or directory."),
        (["damaged", "--to", "onnx"], "damaged is no sound model file: "),
        (["digits.skdigits", "--to", "onnx", "-o", "no/digits.onnx"], "no: No such file or dir"),
        (["digits.skdigits", "--to", "keras", "-o", "digits.h5"], "digits.h5 must end in .keras"),
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
    assert 'Try pip install "skdigits[onnx]".' in err
    assert names(model.parent) == [model.name]


def test_help_needs_nothing_heavy(run_python):
    code = """
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "export", "--help"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    said, loaded = run_python(code).split("loaded:")
    assert "Usage: skdigits export [OPTIONS] MODEL" in said
    assert "[onnx|keras|litert]" in said
    assert {"tensorflow", "keras", "onnx", "sklearn", "numpy"}.isdisjoint(loaded.split())
