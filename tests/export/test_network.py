"""Models that can be exported, and files that can be written."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.export import to_keras, to_onnx
from skdigits.export._network import network_of
from skdigits.network import NumpyNetwork


def test_the_class_not_a_digit_is_left_out():
    model, network = default_model(), network_of(default_model())
    X = load_optdigits().data[:20]
    written = NumpyNetwork(network.layers, network.weights).predict_proba(X.reshape(-1, 8, 8, 1))
    np.testing.assert_array_equal(network.classes, range(10))
    np.testing.assert_allclose(written, model.predict_proba(X), rtol=1e-6)


class Averaging(DigitCNNClassifier):
    def predict_proba(self, X):
        return (super().predict_proba(X) + 0.1) / 2


@pytest.mark.parametrize(("write", "name"), [(to_onnx, "a.onnx"), (to_keras, "a.keras")])
def test_other_models_and_files_are_refused(write, name, fitted, digits, tmp_path):
    with pytest.raises(NotFittedError, match="DigitCNNClassifier"):
        write(DigitCNNClassifier(), tmp_path / name)
    with pytest.raises(TypeError, match="Expected a fitted DigitCNNClassifier"):
        write(SVC(), tmp_path / name)
    pipeline = make_pipeline(MinMaxScaler(), FrozenEstimator(fitted)).fit(*digits)
    with pytest.raises(TypeError, match="MinMaxScaler"):
        write(pipeline, tmp_path / name)
    averaging = Averaging()
    vars(averaging).update(vars(fitted))
    with pytest.raises(TypeError, match="Averaging is a subclass"):
        write(averaging, tmp_path / name)
    with pytest.raises(FileNotFoundError) as caught:
        write(fitted, tmp_path / "nowhere" / name)
    assert "nowhere" in str(caught.value.filename)
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=name):
        write(fitted, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_search_is_its_best_classifier(fitted, digits, tmp_path):
    pipeline = make_pipeline(FrozenEstimator(fitted))
    search = GridSearchCV(pipeline, {"memory": [None]}, cv=2).fit(*digits)
    to_onnx(search, tmp_path / "search.onnx")
    to_onnx(fitted, tmp_path / "alone.onnx")
    assert (tmp_path / "search.onnx").read_bytes() == (tmp_path / "alone.onnx").read_bytes()
