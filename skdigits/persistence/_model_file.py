"""The model file, format version 1: what is in it, and whether it may be believed.

A file is a zip archive, uncompressed (:mod:`skdigits.persistence._archive`), of these parts:

``metadata.json``
    ``format`` ("skdigits model"), ``format_version``, ``created`` (UTC), ``estimator``,
    ``parameters`` (of the classifier as it was saved), ``trained_with`` (those that its network
    was made and last trained with), ``classes`` (dtype and values), ``preprocessing``,
    ``temperature``, ``seed``, ``n_iter``, ``versions``, ``training_data``, ``scores``,
    ``sha256`` (of each other part) and ``digest`` (sha256 of the canonical JSON of all this).
``network.json``
    The layers in order, as of :func:`skdigits.network._architecture.architecture`.
``history.json``
    Values after each epoch.
``weights.safetensors``
    float32, by layer and weight ("conv_1/kernel"), at a temperature of 1.
``optimizer.safetensors``, if it was asked for
    The optimizer's variables, "variable_0000" and so on.

Nothing in a file names code, and nothing is unpickled. Whatever is read is checked: types,
ranges, sizes, and that the parts agree. Only NumPy and safetensors are needed.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from skdigits.exceptions import ModelFileError
from skdigits.network import weight_shapes
from skdigits.persistence import _strict_json
from skdigits.persistence._archive import MAX_BYTES, OPTIONAL_PARTS, read_archive, write_archive
from skdigits.persistence._labels import decode_labels, encode_labels
from skdigits.persistence._metadata import NewerFormatError, check_metadata, seal
from skdigits.persistence._tensors import dump_tensors, load_tensors

__all__ = ["ModelFile", "read_model_file", "refusing", "write_model_file"]

# Beyond that, there is no such history and no such network; what JSON makes of a byte may take
# twenty in memory.
_MOST_JSON = 2 * 2**20

_ENCODED = ("parameters", "trained_with", "training_data")

T = TypeVar("T")


@dataclass(frozen=True)
class ModelFile:
    """A fitted classifier as plain data.

    Parameters
    ----------
    parameters : dict of str to object
        The classifier's hyper-parameters.
    trained_with : dict of str to object
        The hyper-parameters, by the same names, that its network was made and last trained with.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    image_shape : tuple of 3 ints
        Height, width and channels.
    feature_names : list of str or None
        Names of the features.
    temperature : float
        What the logits are divided by.
    seed : int
        Seed of the network's training.
    training_data : dict
        The classifier's ``training_data_``.
    scores : object
        What the caller has measured: nested dicts and lists of numbers, strings, bools and None.
    layers : list of dict
        As of :func:`skdigits.network._architecture.architecture`.
    history : dict of str to list of float
        Values after each epoch.
    weights : list of ndarray
        float32, in the order of ``keras.Model.get_weights``, at a temperature of 1.
    optimizer : list of ndarray
        The optimizer's variables; empty if they are not kept.
    metadata : dict or None
        All but the layers and the arrays, and what the file says of itself; None for what has
        not been read from a file.
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
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    metadata: dict[str, Any] | None = None

    @property
    def n_features(self) -> int:
        """Number of features of a row."""
        height, width, channels = self.image_shape
        return height * width * channels


def write_model_file(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model, whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If :func:`read_model_file` would refuse it; the message says what cannot be saved.
    TypeError
        If there is something that cannot be written.
    """
    try:
        parts = _pack(model)
        _parse(parts)  # what would be refused later is refused now
    except ValueError as error:
        raise ValueError(f"The model cannot be saved: {str(error).rstrip('.')}.") from error
    write_archive(path, parts)


def read_model_file(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> ModelFile:
    """Read a model that :func:`write_model_file` has written.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    skdigits.exceptions.ModelFileError
        If it is not such a file, whole and unaltered, or is of a newer version.
    """
    parts = read_archive(path, max_bytes=max_bytes)
    with refusing(path):
        return _parse(parts)


@contextmanager
def refusing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have a ValueError about what is in a file say which file, and what to do."""
    try:
        yield
    except NewerFormatError as error:
        raise ModelFileError(f"{path} {error}. Update skdigits.") from None
    except ValueError as error:
        raise ModelFileError(
            f"{path} is no sound model file: {str(error).rstrip('.')}. Get a whole copy, or save "
            "the model again with skdigits.save_model."
        ) from error


def _pack(model: ModelFile) -> dict[str, bytes]:
    shapes = weight_shapes(model.layers, model.image_shape, len(model.classes))
    parts = {
        "network.json": _strict_json.dump(model.layers),
        "history.json": _strict_json.dump(model.history),
        "weights.safetensors": dump_tensors(dict(zip(shapes, model.weights, strict=True))),
    }
    if model.optimizer:
        names = _names_of_variables(len(model.optimizer))
        parts["optimizer.safetensors"] = dump_tensors(
            dict(zip(names, model.optimizer, strict=True))
        )
    metadata = {
        "classes": encode_labels(model.classes),
        **{
            field: {
                name: _strict_json.encode(value) for name, value in getattr(model, field).items()
            }
            for field in _ENCODED
        },
        "preprocessing": {
            "image_shape": list(model.image_shape),
            "n_features_in": model.n_features,
            "feature_names_in": model.feature_names,
            "rescale": _rescale(model.layers),
        },
        "temperature": model.temperature,
        "seed": model.seed,
        "n_iter": len(model.history["loss"]),
        "scores": model.scores,
    }
    return {**parts, "metadata.json": _strict_json.dump(seal(metadata, parts))}


def _parse(parts: Mapping[str, bytes]) -> ModelFile:
    metadata = _load_json(parts, "metadata.json")
    check_metadata(metadata, parts)
    decoded = {
        field: {
            name: _read("metadata.json", _strict_json.decode, value)
            for name, value in metadata[field].items()
        }
        for field in _ENCODED
    }
    classes = _read("metadata.json", decode_labels, metadata["classes"])
    if list(decoded["training_data"]["class_counts"]) != classes.tolist():
        raise ValueError("its training data are of other classes")
    height, width, channels = metadata["preprocessing"]["image_shape"]
    layers = _load_json(parts, "network.json")
    shapes = weight_shapes(layers, (height, width, channels), len(classes))
    if metadata["preprocessing"]["rescale"] != _rescale(layers):
        raise ValueError("its network rescales in another way than its metadata say")
    history = _load_json(parts, "history.json")
    _check_history(history, metadata["n_iter"])
    weights = _load_weights(parts, shapes)
    _check_softmax(weights, metadata["temperature"])
    return ModelFile(
        **decoded,
        classes=classes,
        image_shape=(height, width, channels),
        feature_names=metadata["preprocessing"]["feature_names_in"],
        temperature=metadata["temperature"],
        seed=metadata["seed"],
        scores=metadata["scores"],
        layers=layers,
        history=history,
        weights=weights,
        optimizer=_load_optimizer(parts),
        metadata={
            **{name: value for name, value in metadata.items() if name not in {"digest", "sha256"}},
            **decoded,
            "classes": classes.tolist(),
            "history": history,
        },
    )


def _rescale(layers: list[dict[str, Any]]) -> float | None:
    scales = [x["config"]["scale"] for x in layers if x["class_name"] == "Rescaling"]
    return scales[0] if scales else None


def _check_history(history: Any, n_iter: int) -> None:
    if (
        not isinstance(history, dict)
        or not all(
            isinstance(values, list)
            and len(values) <= n_iter
            and all(type(value) in {int, float} for value in values)
            for values in history.values()
        )
        or len(history.get("loss", ())) != n_iter
    ):
        raise ValueError(f"its history is none of {n_iter} epochs")


def _load_weights(
    parts: Mapping[str, bytes], shapes: Mapping[str, tuple[int, ...]]
) -> list[np.ndarray]:
    arrays = _read("weights.safetensors", load_tensors, parts["weights.safetensors"])
    if arrays.keys() != shapes.keys():
        raise ValueError("its weights are not those of its network")
    for name, shape in shapes.items():
        values = arrays[name]
        if values.shape != shape or values.dtype != np.float32:
            raise ValueError(
                f"its weight {name!r} is {values.dtype} of shape {values.shape}, not float32 of "
                f"shape {shape}"
            )
        if name.endswith("/moving_variance") and values.min() < 0:
            raise ValueError(f"its weight {name!r} has a variance below 0")
    return [arrays[name] for name in shapes]


def _check_softmax(weights: list[np.ndarray], temperature: float) -> None:
    largest = max(float(np.abs(values).max()) for values in weights[-2:])
    if largest > float(np.finfo(np.float32).max) * temperature:
        raise ValueError(f"its temperature of {temperature} is too low for its weights")


def _load_optimizer(parts: Mapping[str, bytes]) -> list[np.ndarray]:
    (part,) = OPTIONAL_PARTS
    if part not in parts:
        return []
    arrays = _read(part, load_tensors, parts[part])
    names = _names_of_variables(len(arrays))
    if not arrays or arrays.keys() != set(names):
        raise ValueError(f"its part {part!r} has not just what belongs there")
    return [arrays[name] for name in names]


def _names_of_variables(number: int) -> list[str]:
    return [f"variable_{i:04d}" for i in range(number)]


def _load_json(parts: Mapping[str, bytes], part: str) -> Any:
    if len(parts[part]) > _MOST_JSON:
        raise ValueError(f"its part {part!r} is larger than {_MOST_JSON} bytes")
    return _read(part, _strict_json.load, parts[part])


def _read(part: str, load: Callable[[Any], T], data: Any) -> T:
    try:
        return load(data)
    except ValueError as error:
        raise ValueError(f"its part {part!r} cannot be read: {error}") from error
