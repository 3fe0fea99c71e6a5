"""What can be exported, and where to."""

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.export import to_keras, to_litert, to_onnx

every_format = pytest.mark.parametrize(
    ("write", "name"),
    [(to_onnx, "digits.onnx"), (to_keras, "digits.keras"), (to_litert, "digits.tflite")],
)


@every_format
def test_a_classifier_that_is_not_fitted(write, name, tmp_path):
    with pytest.raises(NotFittedError, match="DigitCNNClassifier"):
        write(DigitCNNClassifier(), tmp_path / name)


@every_format
@pytest.mark.parametrize(
    "model", [SVC(), make_pipeline(MinMaxScaler(), DigitCNNClassifier()), DigitCNNClassifier, None]
)
def test_something_else(write, name, model, tmp_path):
    with pytest.raises(TypeError, match=f"got {type(model).__name__}.*pass the classifier itself"):
        write(model, tmp_path / name)


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
