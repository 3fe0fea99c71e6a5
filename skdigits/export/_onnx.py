"""Write ONNX files, without TensorFlow."""

import os
from pathlib import Path
from typing import Any

from skdigits._files import replacing
from skdigits.export._network import network_of

__all__ = ["to_onnx"]


def to_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Write an ONNX file: from flat rows of features to labels and probabilities.

    Its input ``X`` is float32 of shape (N, n_features), with any number of rows. Its outputs are
    named as skl2onnx names them: ``label`` of shape (N,), the most probable labels (int64,
    string, double or bool, as the classes are), and ``probabilities``, float32 of shape
    (N, n_classes), in the order of the classes. Rescaling, normalisation and temperature are
    inside.

    Parameters
    ----------
    model : estimator or skdigits.persistence.Predictor
        A fitted :class:`~skdigits.DigitCNNClassifier`, also as the result of a search or within
        a :class:`sklearn.frozen.FrozenEstimator`; or the result of
        :func:`skdigits.load_predictor`, which does not need TensorFlow.
    path : str or path-like
        File to write, whole or not at all; one that is there is replaced.

    Raises
    ------
    ImportError
        If onnx is not installed: the extra ``onnx`` brings it.
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If the model is something else, a pipeline has steps before the classifier, or ONNX has
        no type for the labels.
    OSError
        If the file cannot be written.

    See Also
    --------
    to_keras : Write a plain Keras model.
    skdigits.save_model : Write a file that this package loads.

    Notes
    -----
    Opset 17, IR version 8: onnxruntime 1.12 and later read it. The last layer and its softmax
    are computed in float64, everything before them in float32. The version of skdigits, the
    classes and the shape of an image (JSON) are in ``metadata_props``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import onnx
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.export import to_onnx
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:200], y[:200])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.onnx"
    ...     to_onnx(clf, path)
    ...     [output.name for output in onnx.load(path).graph.output]
    ['label', 'probabilities']
    """
    network = network_of(model)
    try:
        from skdigits.export._graph import onnx_model
    except ModuleNotFoundError as error:
        raise ImportError(
            f"Exporting to ONNX needs {error.name}, which is not installed. Try pip install onnx.",
            name=error.name,
        ) from error
    content = onnx_model(network).SerializeToString()
    with replacing(Path(path)) as part:
        part.write_bytes(content)
