"""Load a classifier from the plain data of a model file."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits.persistence._model_file import ModelFile, read_model_file, refusing
from skdigits.persistence._save import NOT_KEPT

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier
    from skdigits.training import ScikerasClassifier

__all__ = ["SKOPS_TRUSTED_TYPES", "load_model"]

#: Types to pass to ``skops.io.load`` as `trusted`, to load a fitted classifier. All of them hold
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


def load_model(path: str | os.PathLike[str]) -> "DigitCNNClassifier":
    """Load a classifier that :func:`save_model` has saved.

    It predicts the same probabilities, bit for bit, and can be trained further. The network has
    the layers that the file describes, also where this version of skdigits would make others of
    the same hyper-parameters. For prediction alone, :func:`load_predictor` is faster: it does not
    import TensorFlow.

    Parameters
    ----------
    path : str or path-like
        File to read. It may come from anywhere: nothing in it is executed or unpickled.

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

    model = read_model_file(path)
    with refusing(path):
        classifier = _make_classifier(model.metadata["parameters"])
        trained = _make_classifier(model.metadata["trained_with"])
        network = _make_network(trained, model)
    n_features = model.metadata["preprocessing"]["n_features_in"]
    names = model.metadata["preprocessing"]["feature_names_in"]
    reshaper = ImageReshaper(trained.image_shape).fit(np.zeros((1, n_features), np.float32))
    classifier.n_features_in_ = n_features
    if names is not None:
        classifier.feature_names_in_ = np.array(names, dtype=object)
    classifier.classes_ = model.classes
    classifier.training_data_ = model.metadata["training_data"]
    if model.metadata["outlier_label"] is not None:
        classifier.outlier_label_ = model.metadata["outlier_label"]
    classifier.pipeline_ = Pipeline([("reshape", reshaper), ("network", network)])
    return classifier


def _make_classifier(parameters: Mapping[str, Any]) -> "DigitCNNClassifier":
    from skdigits.classifier import DigitCNNClassifier

    if named := [name for name in NOT_KEPT if parameters.get(name) is not None]:
        raise ValueError(f"its parameters include {named[0]}, which a model file never keeps")
    classifier = DigitCNNClassifier().set_params(**parameters)
    classifier._validate_params()
    return classifier


def _make_network(trained: "DigitCNNClassifier", model: ModelFile) -> "ScikerasClassifier":
    from skdigits._parameters import TRAINING_PARAMETERS
    from skdigits.preprocessing import resolve_image_shape
    from skdigits.training import FitOutcome, NetworkState

    metadata = model.metadata
    n_features = metadata["preprocessing"]["n_features_in"]
    if resolve_image_shape(trained.image_shape, n_features) != model.image_shape:
        raise ValueError("its image_shape is not the one that it was trained with")
    if isinstance(trained.batch_size, str):
        raise ValueError("its metadata lack the batch size that it was trained with")
    network = trained._make_network(model.classes, model.image_shape, metadata["seed"])
    network.set_params(
        optimizer__learning_rate=trained.learning_rate,
        **{
            name: getattr(trained, name)
            for name in ("learning_rate_schedule", "batch_size", "verbose", *TRAINING_PARAMETERS)
        },
    )
    # A later version may make other layers of the same parameters: those of the file count.
    if network.describe_layers() != model.layers:
        network.set_params(model__layers=model.layers)
    history = {
        name: [np.nan if value is None else value for value in values]
        for name, values in metadata["history"].items()
    }
    state = NetworkState(model.weights, [])
    network = network.with_outcome(
        FitOutcome(state, history, metadata["temperature"], metadata["best_iter"])
    )
    if model.optimizer:
        if network.optimizer_shapes() != [(a.shape, a.dtype.name) for a in model.optimizer]:
            raise ValueError(
                f"its optimizer is not what {trained.optimizer!r} is in the Keras that is installed"
            )
        network.state_ = network.state_._replace(optimizer=model.optimizer)
    return network
