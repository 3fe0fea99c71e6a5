"""Take the network to export from a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdigits.persistence import Predictor

__all__ = ["TrainedNetwork", "network_of"]


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
    """

    layers: Sequence[Mapping[str, Any]]
    weights: Sequence[np.ndarray]
    image_shape: tuple[int, int, int]
    classes: np.ndarray


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


def network_of(model: Any) -> TrainedNetwork:
    """Return the network of a predictor, or of an estimator that ends in one fitted classifier.

    Raise TypeError for a pipeline with steps before the classifier.
    """
    if isinstance(model, Predictor):
        return _of_predictor(model)

    from skdigits.classifier import DigitCNNClassifier
    from skdigits.evaluation import digit_cnn_within

    steps, classifier = digit_cnn_within(model)
    if type(classifier) is not DigitCNNClassifier:
        raise TypeError(
            f"{type(classifier).__name__} is a subclass, whose own predictions would be missing "
            "from the file; pass a DigitCNNClassifier."
        )
    if steps:
        raise TypeError(
            f"Only the network is exported, without the pipeline's steps before it: {steps}. Pass "
            "the last step of the pipeline, and transform the rows before they reach the network; "
            "for ONNX, convert the steps with skl2onnx and merge both files."
        )
    (_, reshaper), (_, network) = classifier.pipeline_.steps
    return TrainedNetwork(
        network.layers_, network.final_weights(), reshaper.image_shape_, classifier.classes_
    )
