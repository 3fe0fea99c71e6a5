"""Let Keras callbacks use the network of a running fit as a Keras model."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from skdigits._tensorflow import keras
from skdigits.training._augmentation import RandomAffine
from skdigits.training._fast_layers import plain_layer

__all__ = ["CallbackModel"]


class CallbackModel(keras.Sequential):
    """The model of a traced network, as ``callback.model``.

    Its ``evaluate`` and ``predict`` take images or flat samples, and the classifier's labels.
    ``save`` saves plain Keras layers, which any Keras can load.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,) or None
        Sorted labels of the fit.
    """

    classes: np.ndarray | None = None

    def evaluate(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """Return loss and accuracy on images or flat samples `x` with labels `y`."""
        return super().evaluate(self._as_images(x), self._as_indices(y), **options)

    def predict(self, x: Any, *args: Any, **options: Any) -> np.ndarray:
        """Return the probabilities of images or flat samples `x`, at a temperature of 1."""
        return super().predict(self._as_images(x), *args, **options)

    def train_on_batch(self, *args: Any, **options: Any) -> Any:
        """Refuse to train on other samples than those of the fit."""
        raise NotImplementedError(
            "A callback cannot train the network of a running fit; train model_ after it."
        )

    fit = train_on_batch

    def save(self, filepath: str | Path, *args: Any, **kwargs: Any) -> None:
        """Save the network as plain Keras layers, without the optimizer."""
        layers = [
            plain_layer(layer) for layer in self.layers if not isinstance(layer, RandomAffine)
        ]
        plain = keras.Sequential([keras.Input(self.input_shape[1:]), *layers], name=self.name)
        plain.set_weights(self.get_weights())
        plain.save(filepath, *args, **kwargs)

    def _as_images(self, samples: Any) -> Any:
        shape = self.input_shape[1:]
        if getattr(samples, "ndim", 0) == 2 and samples.shape[1] == math.prod(shape):
            return np.asarray(samples, np.float32).reshape(-1, *shape)
        return samples

    def _as_indices(self, labels: Any) -> Any:
        if labels is None or self.classes is None:
            return labels
        unknown = np.setdiff1d(labels, self.classes)
        if len(unknown):
            raise ValueError(
                f"y contains labels {unknown.tolist()} that are not among the classes."
            )
        return np.searchsorted(self.classes, labels)
