"""What can be exported, and where to."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.export import to_keras, to_litert, to_onnx
from skdigits.export._network import network_of
from skdigits.network import NumpyNetwork

every_format = pytest.mark.parametrize(
    ("write", "name"),
    [(to_onnx, "digits.onnx"), (to_keras, "digits.keras"), (to_litert, "digits.tflite")],
)


@every_format
def test_a_classifier_that_is_not_fitted(write, name, tmp_path):
    with pytest.raises(NotFittedError, match="DigitCNNClassifier"):
        write(DigitCNNClassifier(), tmp_path / name)


@every_format
@pytest.mark.parametrize("model", [SVC(), DigitCNNClassifier, None])
def test_something_else(write, name, model, tmp_path):
    with pytest.raises(TypeError, match=r"Expected a fitted DigitCNNClassifier, or .* got"):
        write(model, tmp_path / name)


@every_format
def test_a_search_of_it_alone_is_the_classifier(fitted, digits, write, name, tmp_path):
    frozen = FrozenEstimator(fitted)
    pipeline = make_pipeline("passthrough", FunctionTransformer(), frozen)
    search = GridSearchCV(pipeline, {"passthrough": [None]}, cv=2).fit(*digits)
    write(search, tmp_path / name)
    write(fitted, tmp_path / f"again_{name}")
    kept, alone = ((tmp_path / file).read_bytes() for file in (name, f"again_{name}"))
    assert abs(len(kept) - len(alone)) < 1000  # archives name their time
    if write is to_onnx:
        assert kept == alone


@pytest.mark.parametrize(("write", "name"), [(to_keras, "a.keras"), (to_litert, "a.tflite")])
def test_the_network_of_a_pipeline_of_scalers_is_not_written_alone(
    fitted, digits, write, name, tmp_path
):
    pipeline = make_pipeline(MinMaxScaler(), FrozenEstimator(fitted)).fit(*digits)
    with pytest.raises(TypeError, match=r"would be missing: .*MinMaxScaler.*or use to_onnx"):
        write(pipeline, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_class_not_a_digit_is_left_out():
    model, network = default_model(), network_of(default_model())
    X = load_optdigits().data[:20]
    written = NumpyNetwork(network.layers, network.weights).predict_proba(X.reshape(-1, 8, 8, 1))
    np.testing.assert_array_equal(network.classes, range(10))
    np.testing.assert_allclose(written, model.predict_proba(X), rtol=1e-6)


class Averaging(DigitCNNClassifier):
    def predict_proba(self, X):
        return (super().predict_proba(X) + 0.1) / 2


@every_format
def test_predictions_of_a_subclass_are_not_lost(fitted, write, name, tmp_path):
    averaging = Averaging()
    vars(averaging).update(vars(fitted))
    with pytest.raises(TypeError, match="Averaging has a predict_proba of its own"):
        write(averaging, tmp_path / name)


@every_format
def test_a_folder_that_is_not_there(fitted, write, name, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write(fitted, tmp_path / "nowhere" / name)
    assert caught.value.filename == str(tmp_path / "nowhere")


@every_format
def test_a_folder_in_the_place_of_the_file(fitted, write, name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=name):
        write(fitted, tmp_path / name)
