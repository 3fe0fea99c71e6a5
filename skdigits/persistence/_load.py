"""Load a classifier: make it of the plain data that a model file holds."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits.persistence._model_file import (
    MAX_BYTES,
    NOT_KEPT,
    ModelFile,
    read_model_file,
    refusing,
)

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier
    from skdigits.training import ScikerasClassifier

__all__ = ["SKOPS_TRUSTED_TYPES", "load_model", "read_metadata"]

#: What ``skops.io.load`` has to be told to trust, to load a fitted classifier. All of them hold
#: arrays, numbers and strings alone; ``build_network`` is the function that makes the network.
SKOPS_TRUSTED_TYPES = (
    "skdigits.classifier.DigitCNNClassifier",
    "skdigits.network._keras.build_network",  # scikeras' parameter `model`
    "skdigits.network._numpy.NumpyNetwork",  # layers and weights to predict from
    "skdigits.preprocessing._image_reshaper.ImageReshaper",  # the first step of `pipeline_`
    "skdigits.training._scikeras.ScikerasClassifier",  # the network's step of `pipeline_`
    "skdigits.training._scikeras._OwnNetwork",  # the place of `model_`, saved empty
    "skdigits.training._traced_network.NetworkState",  # weights and optimizer to train further
)


def load_model(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> "DigitCNNClassifier":
    """Load a classifier that :func:`save_model` has saved.

    It predicts the same probabilities, bit for bit, and can be trained further. For prediction
    alone, :func:`load_predictor` is quicker: it does not import TensorFlow.

    Parameters
    ----------
    path : str or path-like
        File to read. It may come from anywhere: nothing in it is executed or unpickled.
    max_bytes : int, default=268435456
        Size of the largest file to read.

    Returns
    -------
    DigitCNNClassifier
        The fitted classifier. If a class of it is "not a digit", the attribute `outlier_label_` is
        its label; the classifier predicts this class like any other.

    Raises
    ------
    skdigits.exceptions.ModelFileError
        If the file is no model, is damaged, altered or too large, or is of a newer version.
    OSError
        If there is no such file or it cannot be read.

    See Also
    --------
    save_model : Save a classifier.
    load_predictor : Load what predicts alone, within milliseconds.

    Examples
    --------
    >>> from skdigits import load_model
    >>> from skdigits.default_model import default_model_path
    >>> load_model(default_model_path()).n_iter_
    6
    """
    from sklearn.pipeline import Pipeline

    from skdigits.preprocessing import ImageReshaper

    model = read_model_file(path, max_bytes=max_bytes)
    with refusing(path):
        classifier = _make_classifier(model.parameters)
        trained = _make_classifier(model.trained_with)
        network = _make_network(trained, model)
    row = np.zeros((1, model.n_features), np.float32)
    reshaper = ImageReshaper(trained.image_shape).fit(row)
    classifier.n_features_in_ = model.n_features
    if model.feature_names is not None:
        classifier.feature_names_in_ = np.array(model.feature_names, dtype=object)
    classifier.classes_ = model.classes
    classifier.training_data_ = model.training_data
    if model.outlier_label is not None:
        classifier.outlier_label_ = model.outlier_label
    classifier.pipeline_ = Pipeline([("reshape", reshaper), ("network", network)])
    return classifier


def read_metadata(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Read what a model file says of its model.

    The whole file is checked, as for :func:`load_predictor`.

    Parameters
    ----------
    path : str or path-like
        File that :func:`save_model` has written.
    max_bytes : int, default=268435456
        Size of the largest file to read.

    Returns
    -------
    dict
        It holds, by name:

        format, format_version, created, estimator : str, int, str, str
            Of the file.
        parameters, trained_with : dict
            Hyper-parameters: the classifier's when it was saved, and those that the network
            was made and last trained with (a fixed `batch_size`, a tenth of the
            `learning_rate` after ``partial_fit``, and so on).
        classes : list
            Sorted labels.
        preprocessing : dict
            ``image_shape``, ``n_features_in``, ``feature_names_in``, ``rescale``.
        temperature, seed, n_iter : float, int, int
            As the classifier's attributes.
        best_iter : int or None
            The classifier's ``best_iter_``, None if it has none.
        history : dict of str to list of float
            The classifier's ``history_``.
        training_data : dict
            The classifier's ``training_data_``.
        scores : dict, list or None
            What was given to :func:`save_model`.
        outlier_label : object or None
            Label of the class "not a digit", None if there is no such class.
        versions : dict of str to str
            Of Python and of the packages that made the model.

    Raises
    ------
    skdigits.exceptions.ModelFileError
        If the file is no model, is damaged, altered or too large, or is of a newer version.
    OSError
        If there is no such file or it cannot be read.

    See Also
    --------
    skdigits.load_model : Load the model itself.
    skdigits.report.render_card : Make a model card of the file.

    Examples
    --------
    >>> from skdigits.default_model import default_model_path
    >>> from skdigits.persistence import read_metadata
    >>> read_metadata(default_model_path())["training_data"]["n_samples"]
    120953
    """
    metadata = read_model_file(path, max_bytes=max_bytes).metadata
    assert metadata is not None  # it has been read
    return metadata


def _make_classifier(parameters: Mapping[str, Any]) -> "DigitCNNClassifier":
    from skdigits.classifier import DigitCNNClassifier

    if unknown := sorted(parameters.keys() - DigitCNNClassifier._parameter_constraints.keys()):
        raise ValueError(
            f"it has the parameter {unknown[0][:40]!r}, which this skdigits does not know; if a "
            "newer one has written it, update skdigits"
        )
    if named := [name for name in NOT_KEPT if parameters.get(name) is not None]:
        raise ValueError(f"it has {named[0]}, which are never kept")
    classifier = DigitCNNClassifier(**parameters)
    classifier._validate_params()
    return classifier


def _make_network(trained: "DigitCNNClassifier", model: ModelFile) -> "ScikerasClassifier":
    from skdigits._parameters import TRAINING_PARAMETERS, network_parameters
    from skdigits.network import architecture
    from skdigits.preprocessing import resolve_image_shape
    from skdigits.training import FitOutcome, NetworkState

    image_shape = resolve_image_shape(trained.image_shape, model.n_features)
    parameters = network_parameters(trained)
    # What has more layers than there are is not worth describing.
    is_short = len(parameters["filters"]) + len(parameters["dense_units"]) <= len(model.layers)
    layers = architecture(image_shape, len(model.classes), **parameters) if is_short else None
    if image_shape != model.image_shape or layers != model.layers:
        raise ValueError("its network is not the one that its parameters describe")
    if isinstance(trained.batch_size, str):
        raise ValueError("its metadata does not say which batch size it was trained with")
    network = trained._make_network(model.classes, image_shape, model.seed)
    network.set_params(
        optimizer__learning_rate=trained.learning_rate,
        **{
            name: getattr(trained, name)
            for name in ("learning_rate_schedule", "batch_size", "verbose", *TRAINING_PARAMETERS)
        },
    )
    network = network.with_outcome(
        FitOutcome(
            NetworkState(model.weights, []), model.history, model.temperature, model.best_iter
        )
    )
    if model.optimizer:
        if network.optimizer_shapes() != [(a.shape, a.dtype.name) for a in model.optimizer]:
            raise ValueError(
                f"its optimizer is not what {trained.optimizer!r} is in the Keras that is installed"
            )
        network.state_ = network.state_._replace(optimizer=model.optimizer)
    return network
