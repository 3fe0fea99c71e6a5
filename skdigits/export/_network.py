"""Take what an export needs from a model, and check where it is to go."""

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skdigits.persistence import Predictor

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
    """

    layers: Sequence[Mapping[str, Any]]
    weights: Sequence[np.ndarray]
    image_shape: tuple[int, int, int]
    classes: np.ndarray


def network_of(model: Any) -> TrainedNetwork:
    """Take the network from a fitted classifier or from a predictor."""
    if isinstance(model, Predictor):
        return TrainedNetwork(model.layers_, model.weights_, model.image_shape_, model.classes_)

    from sklearn.utils.validation import check_is_fitted

    from skdigits.classifier import DigitCNNClassifier

    if isinstance(model, DigitCNNClassifier):
        check_is_fitted(model)
        (_, reshaper), (_, network) = model.pipeline_.steps
        return TrainedNetwork(
            network.layers_, network.final_weights(), reshaper.image_shape_, model.classes_
        )
    raise TypeError(
        "Only a fitted DigitCNNClassifier, or what load_predictor gives, can be exported; got "
        f"{type(model).__name__}. Of a pipeline or a search, pass the classifier itself, such "
        "as search.best_estimator_."
    )


def destination(path: str | os.PathLike[str]) -> Path:
    """Return the file to write, or raise OSError at once if it could not be written in the end."""
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    if not file.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file.parent))
    return file
