"""Write and read model files: what is in one of format version 1, and whether it may be believed.

The page on model files describes the format. A file is one container
(:mod:`skdigits._container`) of a document and arrays: the network's weights by layer and weight,
and the optimizer's variables, if they were asked for, as "optimizer/0000" and so on. Nothing in
it names code, and nothing is unpickled. All that is read is checked: types, ranges, sizes, and
whether document and arrays agree. Only NumPy is needed.
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from skdigits import _container
from skdigits._files import replacing
from skdigits._version import __version__, installed_versions
from skdigits.exceptions import ModelFileError
from skdigits.network import weight_shapes
from skdigits.persistence._checks import check_document
from skdigits.persistence._labels import decode_labels, encode_labels
from skdigits.persistence._values import decode, encode

__all__ = ["MAX_BYTES", "NOT_KEPT", "ModelFile", "read_model_file", "refusing", "write_model_file"]

FORMAT = "skdigits model"
FORMAT_VERSION = 1

MAX_BYTES = 256 * 2**20

# Beyond that, there is no such history and no such network; what JSON makes of a byte may take
# twenty in memory.
_MOST_JSON = 4 * 2**20

# Parameters of this process and this machine: a file must not name a folder to write to.
NOT_KEPT = ("callbacks", "checkpoint")

# Fields with tuples, or dicts whose keys are no strings.
_ENCODED = ("parameters", "trained_with", "training_data")
_PACKAGES = ("numpy", "scikit-learn", "tensorflow", "keras", "scikeras")


class _NewerFormatError(ValueError):
    """A later skdigits has written the file."""


@dataclass(frozen=True)
class ModelFile:
    """A fitted classifier as plain data.

    `trained_with` are the hyper-parameters that the network was made and last trained with, and
    `weights` are float32, at a temperature of 1; `optimizer` is empty where it is not kept,
    `outlier_label` None if there is no class "not a digit", and `metadata` None for what has not
    been read from a file.
    """

    parameters: dict[str, Any]
    trained_with: dict[str, Any]
    classes: np.ndarray
    image_shape: tuple[int, int, int]
    feature_names: list[str] | None
    temperature: float
    seed: int
    training_data: dict[str, Any]
    scores: Any
    layers: list[dict[str, Any]]
    history: dict[str, list[float]]
    best_iter: int | None
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    outlier_label: Any = None
    metadata: dict[str, Any] | None = None

    @property
    def n_features(self) -> int:
        """Number of features of a row."""
        height, width, channels = self.image_shape
        return height * width * channels


def write_model_file(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model, whole or not at all.

    What :func:`read_model_file` would refuse is a ValueError that says what cannot be saved.
    """
    try:
        document, arrays = _pack(model)
        data = _container.dump(document, arrays)
        if _parse(data)[0] != document:
            raise ValueError("JSON would give other values back")
    except ValueError as error:
        raise ValueError(f"The model cannot be saved: {str(error).rstrip('.')}.") from error
    with replacing(Path(path)) as part:
        part.write_bytes(data)


def read_model_file(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> ModelFile:
    """Read a model that :func:`write_model_file` has written.

    What is not such a file, whole and unaltered, or is of a newer version, is a ModelFileError;
    a file that is not there or cannot be read is an OSError.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size) if size <= max_bytes else b""
    if size > max_bytes:
        raise ModelFileError(
            f"{path} has more than {max_bytes} bytes, which is the most that is read; pass a "
            "larger max_bytes if you trust where it comes from."
        )
    with refusing(path):
        return _parse(data)[1]


@contextmanager
def refusing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have a ValueError about what is in a file say which file, and what to do."""
    try:
        yield
    except _NewerFormatError as error:
        raise ModelFileError(f"{path} {error}. Update skdigits.") from None
    except ValueError as error:
        raise ModelFileError(
            f"{path} is no sound model file: {str(error).rstrip('.')}. Get a whole copy, or save "
            "the model again with skdigits.save_model."
        ) from error


def _pack(model: ModelFile) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the document and the arrays of a model."""
    shapes = weight_shapes(model.layers, model.image_shape, len(model.classes))
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "estimator": "DigitCNNClassifier",
        "versions": _versions(),
        "classes": encode_labels(model.classes),
        **{
            field: {name: encode(value) for name, value in getattr(model, field).items()}
            for field in _ENCODED
        },
        "preprocessing": {
            "image_shape": list(model.image_shape),
            "n_features_in": model.n_features,
            "feature_names_in": model.feature_names,
            "rescale": _rescale(model.layers),
        },
        "layers": model.layers,
        "history": _map_history(model.history, lambda value: None if np.isnan(value) else value),
        "n_iter": len(model.history["loss"]),
        "best_iter": model.best_iter,
        "temperature": model.temperature,
        "seed": model.seed,
        "scores": model.scores,
        "outlier_label": model.outlier_label,
    }
    weights = dict(zip(shapes, model.weights, strict=True))
    return document, weights | _container.by_number("optimizer", model.optimizer)


def _parse(data: bytes) -> tuple[dict[str, Any], ModelFile]:
    """Return the document of a file, and the model that it and the arrays stand for."""
    document, arrays = _container.parse(data, max_json=_MOST_JSON)
    # The format first: of a later one, nothing else is known.
    _check_format(document)
    check_document(document)
    # What Python's values and labels are spelled out in becomes these again.
    decoded = {
        field: {name: decode(value) for name, value in document[field].items()}
        for field in _ENCODED
    }
    classes = decode_labels(document["classes"])
    _check_counts(decoded["training_data"], classes)
    _check_outlier_label(document["outlier_label"], classes.tolist())
    # The layers say which weights there must be, or they are none.
    height, width, channels = document["preprocessing"]["image_shape"]
    layers = document["layers"]
    shapes = weight_shapes(layers, (height, width, channels), len(classes))
    if document["preprocessing"]["rescale"] != _rescale(layers):
        raise ValueError("its network rescales in another way than its metadata say")
    weights, optimizer = _split(arrays, shapes)
    _check_softmax(weights, document["temperature"])
    model = ModelFile(
        **decoded,
        classes=classes,
        image_shape=(height, width, channels),
        feature_names=document["preprocessing"]["feature_names_in"],
        temperature=document["temperature"],
        seed=document["seed"],
        scores=document["scores"],
        layers=layers,
        best_iter=document["best_iter"],
        history=_map_history(document["history"], lambda value: np.nan if value is None else value),
        weights=weights,
        optimizer=optimizer,
        outlier_label=document["outlier_label"],
        metadata={
            **{name: value for name, value in document.items() if name != "layers"},
            **decoded,
            "classes": classes.tolist(),
        },
    )
    return document, model


def _check_format(document: dict[str, Any]) -> None:
    version = document.get("format_version")
    if document.get("format") != FORMAT or type(version) is not int or version < 1:
        raise ValueError("it is no model of skdigits'")
    if version > FORMAT_VERSION:
        versions = document.get("versions")
        writer = versions.get("skdigits") if isinstance(versions, dict) else None
        raise _NewerFormatError(
            f"is of format version {version}, which skdigits {str(writer)[:40]} has written; this "
            f"skdigits knows version {FORMAT_VERSION} only"
        )


def _map_history(
    history: Mapping[str, list[Any]], function: Callable[[Any], Any]
) -> dict[str, list[Any]]:
    """Apply a function to each value: JSON has null where a history has NaN."""
    return {name: [*map(function, values)] for name, values in history.items()}


def _check_counts(training_data: dict[str, Any], classes: np.ndarray) -> None:
    counts = training_data["class_counts"]
    if not isinstance(counts, dict) or list(counts) != classes.tolist():
        raise ValueError("its training data are of other classes")
    numbers = counts.values()
    if {*map(type, numbers)} != {int} or min(numbers) < 0:
        raise ValueError("its training data have an impossible 'class_counts'")
    if sum(numbers) != training_data["n_samples"]:
        raise ValueError("its training data have another number of samples")


def _check_outlier_label(label: Any, classes: list[Any]) -> None:
    if label is not None and (label not in classes or type(label) is not type(classes[0])):
        raise ValueError(f"its outlier label {str(label)[:40]!r} is not one of its classes")


def _rescale(layers: list[dict[str, Any]]) -> float | None:
    scales = [x["config"]["scale"] for x in layers if x["class_name"] == "Rescaling"]
    return scales[0] if scales else None


def _split(
    arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the weights, in the order of `shapes`, and the optimizer's variables."""
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"its array {name!r} has values that are not finite")
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"its weights are not those of its network: {name!r} is missing")
        values = arrays[name]
        if values.shape != shape or values.dtype != np.float32:
            raise ValueError(
                f"its weight {name!r} is {values.dtype} of shape {values.shape}, not float32 of "
                f"shape {shape}"
            )
        if name.endswith("/moving_variance") and values.min() < 0:
            raise ValueError(f"its weight {name!r} has a variance below 0")
    rest = {name: values for name, values in arrays.items() if name not in shapes}
    optimizer = _container.in_order("optimizer", rest)
    if strangers := rest.keys() - _container.by_number("optimizer", optimizer).keys():
        raise ValueError(f"its array {min(strangers)[:40]!r} does not belong there")
    return [arrays[name] for name in shapes], optimizer


def _check_softmax(weights: list[np.ndarray], temperature: float) -> None:
    largest = max(float(np.abs(values).max()) for values in weights[-2:])
    if largest > float(np.finfo(np.float32).max) * temperature:
        raise ValueError(f"its temperature of {temperature} is too low for its weights")


@cache
def _versions() -> dict[str, str | None]:
    return {
        "skdigits": __version__,
        "python": platform.python_version(),
        **installed_versions(*_PACKAGES),
    }
