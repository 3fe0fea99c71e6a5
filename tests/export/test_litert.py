"""LiteRT files, as LiteRT's interpreter runs them."""

import numpy as np
import pytest

from skdigits.export import to_litert
from skdigits.export._litert import litert_model
from skdigits.network import ACTIVATIONS

litert = pytest.importorskip("ai_edge_litert.interpreter", reason="the extra litert")


def run(content, rows):
    runner = litert.Interpreter(model_content=content).get_signature_runner()
    return runner(X=rows)["probabilities"]


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("litert") / "digits.tflite"
    to_litert(fitted, path)
    assert [file.name for file in path.parent.iterdir()] == ["digits.tflite"]
    return path


@pytest.mark.parametrize("n_rows", [1, 7, 1797])
def test_probabilities_are_the_classifiers(fitted, exported, test_part, n_rows):
    probabilities = run(exported.read_bytes(), test_part[:n_rows])
    assert probabilities.dtype == np.float32
    expected = fitted.predict_proba(test_part[:n_rows])
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


def test_without_a_signature_runner(fitted, exported, test_part):
    interpreter = litert.Interpreter(str(exported))
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
    np.testing.assert_array_equal(given["shape"], [1, 64])
    interpreter.resize_tensor_input(given["index"], [5, 64])
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], test_part[:5])
    interpreter.invoke()
    probabilities = interpreter.get_tensor(wanted["index"])
    np.testing.assert_allclose(probabilities, fitted.predict_proba(test_part[:5]), atol=1e-5)


@pytest.mark.parametrize(
    "activation",
    [
        pytest.param(name, marks=() if name in {"gelu", "selu"} else pytest.mark.slow)
        for name in sorted(ACTIVATIONS)
    ],
)
def test_every_activation_in_built_in_operations(make_network, expect, activation):
    network, rows = make_network(
        (7, 5, 2), activation=activation, dense_units=(6,), dense_activation=activation
    )
    rows -= 8
    np.testing.assert_allclose(
        run(litert_model(network), rows), expect(network, rows), rtol=0, atol=1e-5
    )


def test_nothing_is_printed(fitted, tmp_path, capsys):
    to_litert(fitted, tmp_path / "digits.tflite")
    assert capsys.readouterr() == ("", "")
