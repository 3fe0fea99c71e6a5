"""Take what an export needs from a model, and check where it is to go."""

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits.persistence import Predictor

if TYPE_CHECKING:
    from skdigits.export._scaling import Arithmetic

__all__ = ["TrainedNetwork", "destination", "network_of"]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that predicts from flat rows.

    Attributes
    ----------
    layers : sequence of dict
        Each layer's ``class_name`` and ``config``, from the image on.
    weights : sequence of ndarray
        As ``keras.Model.get_weights`` gives them; the temperature is in the last two.
    image_shape : tuple of 3 ints
        Height, width and channels of what a row is reshaped to.
    classes : ndarray of shape (n_classes,)
        Labels, in the order of the probabilities.
    scaling : sequence of (str, tuple of ndarray)
        What is done to a row before, by the names of ONNX' operators.
    """

    layers: Sequence[Mapping[str, Any]]
    weights: Sequence[np.ndarray]
    image_shape: tuple[int, int, int]
    classes: np.ndarray
    scaling: Sequence["Arithmetic"] = ()


def _of_predictor(model: Predictor) -> TrainedNetwork:
    layers, weights = model.layers_, model.weights_
    if model.outlier_label_ is not None:
        # Without the logit of the class "not a digit", the softmax is that of the other classes.
        place = model.metadata["classes"].index(model.outlier_label_)
        *layers, softmax = layers
        config = {**softmax["config"], "units": len(model.classes_)}
        layers = [*layers, {**softmax, "config": config}]
        weights = [*weights[:-2], *(np.delete(values, place, axis=-1) for values in weights[-2:])]
    return TrainedNetwork(layers, weights, model.image_shape_, model.classes_)


def network_of(model: Any, *, scaled: bool = False) -> TrainedNetwork:
    """Take the network from a predictor, or from what leads to one fitted classifier.

    A pipeline that transforms rows is a TypeError, unless `scaled` asks for its scaling too.
    """
    if isinstance(model, Predictor):
        return _of_predictor(model)

    from skdigits.classifier import DigitCNNClassifier
    from skdigits.evaluation import digit_cnn_within
    from skdigits.export._scaling import scaling_of

    steps, classifier = digit_cnn_within(model)
    for method in ("predict", "predict_proba"):
        if getattr(type(classifier), method) is not getattr(DigitCNNClassifier, method):
            raise TypeError(
                f"{type(classifier).__name__} has a {method} of its own, which would be missing "
                "from the file; pass a DigitCNNClassifier."
            )
    scaling = scaling_of(steps)
    if scaling and not scaled:
        raise TypeError(
            "This format takes the network alone, and the pipeline's steps before it would be "
            f"missing: {steps}. Pass its last step, and transform the rows before they are given "
            "to the file; or use to_onnx, which takes scalers."
        )
    (_, reshaper), (_, network) = classifier.pipeline_.steps
    return TrainedNetwork(
        network.layers_,
        network.final_weights(),
        reshaper.image_shape_,
        classifier.classes_,
        scaling,
    )


def destination(path: str | os.PathLike[str]) -> Path:
    """Return the file to write, or raise OSError at once if it could not be written in the end."""
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    if not file.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file.parent))
    return file
