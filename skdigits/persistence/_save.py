"""Save a fitted classifier: turn it into plain data, a document and a file."""

import json
import os
import platform
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from skdigits._version import __version__, installed_versions
from skdigits.persistence._model_file import FORMAT, ModelFile, write_model_file

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier
    from skdigits.training import ScikerasClassifier

__all__ = ["NOT_KEPT", "save_model"]

# Parameters of this process and this machine: a file must not name a folder to write to.
NOT_KEPT = ("callbacks", "checkpoint")


def save_model(
    classifier: "DigitCNNClassifier",
    path: str | os.PathLike[str],
    *,
    optimizer: bool = False,
    scores: Any = None,
    outlier_label: Any = None,
) -> None:
    """Save a fitted classifier in one small file.

    The file is written whole or not at all: if the process is killed, what was there stays.

    Parameters
    ----------
    classifier : DigitCNNClassifier
        A fitted classifier.
    path : str or path-like
        File to write; one that is there is replaced. Any name will do, such as
        "digits.skdigits".
    optimizer : bool, default=False
        Keep the optimizer's variables as well. Training that continues after loading
        (``partial_fit``, ``warm_start``) then gives the very network that it would have given
        without saving; without them, the optimizer begins anew. The file is up to three times
        as large.
    scores : ClassificationEvaluation, TrainedModel, dict, list or None, default=None
        Scores to store with the model, which its model card shows: the result of
        :func:`skdigits.evaluate` or :func:`skdigits.model_training.train_model`; or your own, as
        nested dicts with strings for keys, and lists, of finite numbers, strings, bools and None.
    outlier_label : object, default=None
        Label of the class "not a digit": the one trained on samples that are none of the other
        classes, such as :func:`skdigits.synthesis.draw_nondigits` draws; -1 also finds the class
        "-1". Readings of pictures and
        :class:`~skdigits.persistence.Predictor` report its probability as novelty. None keeps the
        `outlier_label_` of a loaded classifier, if it has one.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If it is not a :class:`~skdigits.DigitCNNClassifier`, or is of a subclass, or if
        `scores` has something else in it.
    ValueError
        If there is something that a file cannot hold: labels other than integers, floats,
        booleans and strings, numbers that are not finite. If `outlier_label` is not one of the
        classes.
    OSError
        If the file cannot be written.

    Warns
    -----
    UserWarning
        If `callbacks` or a ``RandomState`` are among the classifier's parameters. Neither they
        nor `checkpoint` are kept; they load as None.

    See Also
    --------
    load_model : Load the classifier.
    load_predictor : Load it for prediction with NumPy alone.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits import DigitCNNClassifier, evaluate, load_model, save_model
    >>> from skdigits.datasets import load_optdigits
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:200], y[:200])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.skdigits"
    ...     save_model(clf, path, scores=evaluate(clf, X[200:], y[200:]))
    ...     loaded = load_model(path)
    >>> bool((loaded.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    from sklearn.utils.validation import check_is_fitted

    from skdigits.classifier import DigitCNNClassifier
    from skdigits.pictures import outlier_index

    if type(classifier) is not DigitCNNClassifier:
        raise TypeError(
            "Only a DigitCNNClassifier can be saved, not a subclass, pipeline or ensemble; got "
            f"{type(classifier).__name__}. Save the DigitCNNClassifier within, such as "
            "search.best_estimator_, or use skops.io.dump or joblib.dump for the whole."
        )
    check_is_fitted(classifier)
    (_, reshaper), (_, network) = classifier.pipeline_.steps
    names = getattr(classifier, "feature_names_in_", None)
    outlier = outlier_index(classifier, outlier_label)
    rescaling = [x["config"] for x in network.layers_ if x["class_name"] == "Rescaling"]
    metadata = {
        **FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "estimator": "DigitCNNClassifier",
        "versions": {
            "skdigits": __version__,
            "python": platform.python_version(),
            **installed_versions("numpy", "scikit-learn", "tensorflow", "keras", "scikeras"),
        },
        "parameters": _parameters_to_keep(classifier),
        "trained_with": _trained_with(network, reshaper.image_shape),
        "training_data": classifier.training_data_,
        "preprocessing": {
            "image_shape": list(reshaper.image_shape_),
            "n_features_in": classifier.n_features_in_,
            "feature_names_in": None if names is None else names.tolist(),
            "rescale": rescaling[0]["scale"] if rescaling else None,
        },
        "history": {
            name: [None if np.isnan(value) else float(value) for value in values]
            for name, values in network.history_.items()
        },
        "n_iter": len(network.history_["loss"]),
        "best_iter": network.best_iter_,
        "temperature": float(network.temperature_),
        "seed": int(network.seed),
        "outlier_label": None if outlier is None else classifier.classes_.tolist()[outlier],
        # Tuples become lists, and numbers of NumPy those of Python.
        "scores": json.loads(
            json.dumps(getattr(scores, "scores", lambda: scores)(), default=np.generic.item)
        ),
    }
    write_model_file(
        path,
        ModelFile(
            metadata,
            classes=classifier.classes_,
            layers=network.layers_,
            weights=network.state_.weights,
            optimizer=network.state_.optimizer if optimizer else [],
        ),
    )


def _parameters_to_keep(classifier: "DigitCNNClassifier") -> dict[str, Any]:
    parameters = classifier.get_params(deep=False)
    lost = ["callbacks"] if parameters["callbacks"] else []
    if isinstance(parameters["random_state"], np.random.RandomState):
        lost.append("random_state")
        parameters["random_state"] = None
    if lost:
        warnings.warn(
            f"{' and '.join(lost)} cannot be kept in a model file; they load as None.",
            stacklevel=3,
        )
    return parameters | dict.fromkeys(NOT_KEPT)


def _trained_with(network: "ScikerasClassifier", image_shape: Any) -> dict[str, Any]:
    """Return the parameters that the network was made and last trained with, by our names."""
    from skdigits._parameters import NETWORK_PARAMETERS, TRAINING_PARAMETERS

    of_network = network.get_params(deep=False)
    names = ("optimizer", "learning_rate_schedule", "batch_size", "verbose", *TRAINING_PARAMETERS)
    optimizer = {
        name: of_network[f"optimizer__{name}"]
        for name in ("learning_rate", "weight_decay")
        if f"optimizer__{name}" in of_network
    }
    return {
        "image_shape": image_shape,
        **{name: of_network[f"model__{name}"] for name in NETWORK_PARAMETERS},
        **{name: of_network[name] for name in names},
        "weight_decay": 0.0,
        **optimizer,
    }
