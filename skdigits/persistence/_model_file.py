"""Write and read model files of format version 1, and check what is read.

The page on model files describes the format. A file is one container
(:mod:`skdigits._container`) of a document and arrays: the network's weights by layer and weight,
and, if they are kept, the optimizer's variables as "optimizer/0000" and so on. It contains no
code, and nothing is unpickled. Types, ranges and sizes are checked, and that document and arrays
agree. Only NumPy is needed.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skdigits import _container
from skdigits._files import replacing
from skdigits.exceptions import ModelFileError
from skdigits.network import weight_shapes
from skdigits.persistence._checks import check_document
from skdigits.persistence._labels import decode_labels, encode_labels
from skdigits.persistence._values import decode, encode

__all__ = ["FORMAT", "ModelFile", "read_model_file", "refusing", "write_model_file"]

# Fields that tell what a file is.
FORMAT = {"format": "skdigits model", "format_version": 1}

# Bytes of the largest file and of the largest document that are read. In memory, JSON takes up to
# twenty times its size.
_MOST_BYTES = 256 * 2**20
_MOST_JSON = 4 * 2**20

# Fields with tuples, or with dicts whose keys are not all strings.
_ENCODED = ("parameters", "trained_with", "training_data")


@dataclass(frozen=True)
class ModelFile:
    """A fitted classifier as plain data.

    Attributes
    ----------
    metadata : dict
        Fields of the document but for the layers, with the values of Python.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    layers : list of dict
        Each layer's ``class_name`` and ``config``.
    weights : list of ndarray
        Float32, at a temperature of 1.
    optimizer : list of ndarray
        The optimizer's variables; empty if they are not kept.
    """

    metadata: dict[str, Any]
    classes: np.ndarray
    layers: list[dict[str, Any]]
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = self.metadata["preprocessing"]["image_shape"]
        return height, width, channels


def write_model_file(path: str | os.PathLike[str], model: ModelFile) -> None:
    """Write a model, whole or not at all.

    Raise ValueError for what :func:`read_model_file` would refuse.
    """
    try:
        document = model.metadata | {
            "classes": encode_labels(model.classes),
            "layers": model.layers,
        }
        for field in _ENCODED:
            document[field] = {name: encode(value) for name, value in document[field].items()}
        shapes = weight_shapes(model.layers, model.image_shape, len(model.classes))
        arrays = dict(zip(shapes, model.weights, strict=True))
        arrays |= _container.by_number("optimizer", model.optimizer)
        data = _container.dump(document, arrays)
        _parse(data)
    except ValueError as error:
        raise ValueError(f"The model cannot be saved: {error}.") from error
    with replacing(Path(path)) as part:
        part.write_bytes(data)


def read_model_file(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model that :func:`write_model_file` has written.

    Raise ModelFileError if it is not such a file, whole and unaltered, or of a later version.
    """
    with Path(path).open("rb") as file, refusing(path):
        size = os.fstat(file.fileno()).st_size
        if size > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES} bytes")
        # Reading allocates as many bytes as are asked for. A pipe has a size of 0.
        return _parse(file.read(size or _MOST_BYTES))


@contextmanager
def refusing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn errors about the content of a file into a ModelFileError that names the file."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a sound model file: {error}.") from error


def _parse(data: bytes) -> ModelFile:
    """Return the model in the bytes of a file."""
    document, arrays = _container.parse(data, max_json=_MOST_JSON)
    # The fields of a later format are unknown, so check the format first.
    _check_format(document)
    check_document(document)
    for field in _ENCODED:
        document[field] = {name: decode(value) for name, value in document[field].items()}
    classes, layers = decode_labels(document["classes"]), document.pop("layers")
    document["classes"] = classes.tolist()
    if document["outlier_label"] not in [None, *document["classes"]]:
        raise ValueError("its outlier label is not one of its classes")
    shapes = weight_shapes(layers, document["preprocessing"]["image_shape"], len(classes))
    weights, optimizer = _split(arrays, shapes)
    _check_softmax(weights, document["temperature"])
    return ModelFile(document, classes, layers, weights, optimizer)


def _check_format(document: dict[str, Any]) -> None:
    version = document.get("format_version")
    if document.get("format") != FORMAT["format"] or not isinstance(version, int):
        raise ValueError("it is not a model of skdigits")
    if version != FORMAT["format_version"]:
        raise ValueError(
            f"its format version is {version}, written by {str(document.get('versions'))[:200]}; "
            "this skdigits reads version 1 only. Update skdigits"
        )


def _split(
    arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the weights, in the order of `shapes`, and the optimizer's variables."""
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"its array {name!r} has values that are not finite")
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"its weight {name!r} is missing")
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
    if unknown := rest.keys() - _container.by_number("optimizer", optimizer).keys():
        raise ValueError(f"its array {min(unknown)[:40]!r} does not belong there")
    return [arrays[name] for name in shapes], optimizer


def _check_softmax(weights: list[np.ndarray], temperature: float) -> None:
    largest = max(float(np.abs(values).max()) for values in weights[-2:])
    if largest > float(np.finfo(np.float32).max) * temperature:
        raise ValueError(f"its temperature of {temperature} is too low for its weights")
