"""Write LiteRT (TensorFlow Lite) files."""

import os
from tempfile import TemporaryDirectory
from typing import Any

from skdigits._files import replacing
from skdigits.export._keras import keras_network
from skdigits.export._network import TrainedNetwork, destination, network_of

__all__ = ["litert_model", "to_litert"]


def to_litert(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a LiteRT file, usually named ``.tflite``, for phones and other small devices.

    It has one signature: ``X``, flat rows, float32 of shape (N, n_features), to
    ``probabilities``, float32 of shape (N, n_classes), in the order of ``classes_``. N is 1
    until the input is resized, which a signature runner does by itself. Weights are float32,
    nothing is quantised, and there are built-in operations only.

    Parameters
    ----------
    model : estimator or skdigits.persistence.Predictor
        A fitted :class:`~skdigits.DigitCNNClassifier`, or a pipeline of it alone, a search
        or a :class:`sklearn.frozen.FrozenEstimator`, or what :func:`skdigits.load_predictor`
        gives.
    path : str or path-like
        File to write, whole or not at all; one that is there is replaced.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If it is no such model, or a pipeline that transforms the rows before.
    OSError
        If the file cannot be written.

    See Also
    --------
    to_keras : Write a plain Keras model.
    to_onnx : Write a model for onnxruntime.
    skdigits.save_model : Write a file that this package loads.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.export import to_litert
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:200], y[:200])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.tflite"
    ...     to_litert(clf, path)
    ...     path.read_bytes()[4:8]
    b'TFL3'
    """
    network, file = network_of(model), destination(path)
    content = litert_model(network)
    with replacing(file) as part:
        part.write_bytes(content)


def litert_model(network: TrainedNetwork) -> bytes:
    """Convert a network with TensorFlow's converter."""
    from skdigits._tensorflow import keras_defaults

    with keras_defaults():
        return _convert(keras_network(network))


def _convert(flat: Any) -> bytes:
    from skdigits._tensorflow import keras, quiet, tf

    archive = keras.export.ExportArchive()
    archive.track(flat)
    archive.add_endpoint(
        "serve",
        lambda X: {"probabilities": flat(X, training=False)},
        input_signature=[tf.TensorSpec([None, flat.input_shape[1]], tf.float32, name="X")],
    )
    # The converter takes Keras' variables for empty ones unless they come from a saved model.
    with TemporaryDirectory() as folder, quiet():
        archive.write_out(folder, verbose=False)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()
