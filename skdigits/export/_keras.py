"""Write plain Keras files, which load where skdigits is not installed."""

import math
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from skdigits._files import replacing
from skdigits.export._network import TrainedNetwork, network_of

__all__ = ["keras_network", "to_keras"]


def to_keras(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a file that ``keras.models.load_model`` reads, with layers of Keras alone.

    The network takes flat rows, float32 of shape (N, n_features), and gives probabilities,
    float32 of shape (N, n_classes), in the order of ``classes_``; a Keras file has no place for
    the labels themselves. It is not compiled: to train it further, compile it first.

    Parameters
    ----------
    model : estimator or skdigits.persistence.Predictor
        A fitted :class:`~skdigits.DigitCNNClassifier`, also as the result of a search or within
        a :class:`sklearn.frozen.FrozenEstimator`; or the result of
        :func:`skdigits.load_predictor`.
    path : str or path-like
        File to write, whole or not at all, with the suffix ``.keras``; one that is there is
        replaced.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If the model is something else, or a pipeline has steps before the classifier.
    ValueError
        If the file's name has another suffix: Keras would not load it.
    OSError
        If the file cannot be written.

    See Also
    --------
    to_onnx : Write a model for onnxruntime.
    skdigits.save_model : Write a file that this package loads.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import keras
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.export import to_keras
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:200], y[:200])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.keras"
    ...     to_keras(clf, path)
    ...     network = keras.models.load_model(path)
    >>> network.predict(X[:5], verbose=0).shape
    (5, 10)
    """
    from skdigits._tensorflow import keras_defaults

    network, file = network_of(model), Path(path)
    if file.suffix != ".keras":
        raise ValueError(
            f"{file} must end in .keras: Keras does not load a network from another file."
        )
    with TemporaryDirectory() as folder, keras_defaults(), replacing(file) as part:
        saved = Path(folder) / "network.keras"  # Keras insists on the suffix, replacing on .part
        keras_network(network).save(saved)
        part.write_bytes(saved.read_bytes())


def keras_network(network: TrainedNetwork) -> Any:
    """Make the ``keras.Sequential`` from flat rows to probabilities; not compiled."""
    from skdigits._tensorflow import keras
    from skdigits.network import keras_layers

    flat = keras.Sequential(
        [
            keras.Input((math.prod(network.image_shape),), dtype="float32", name="X"),
            keras.layers.Reshape(network.image_shape, dtype="float32", name="image"),
            *keras_layers(network.layers),
        ],
        name="digit_cnn",
    )
    flat.set_weights(network.weights)
    return flat
