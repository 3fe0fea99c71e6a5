"""Hold arrays and one JSON document in the bytes of a single safetensors file.

Model files and checkpoints are such files. The document stands in the header's metadata, under
"skdigits"; its "digest" is the SHA-256 of the whole file with 64 zeros in the digest's place.
There is one spelling only: what :func:`parse` takes is what :func:`dump` makes, byte for byte.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["by_number", "dump", "in_order", "parse"]

_DTYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}
_KINDS = {dtype: kind for kind, dtype in _DTYPES.items()}
_KEY = "skdigits"
_ZEROS = "0" * 64

# Errors on reading a header that is not one of ours; Python itself refuses integers of more than
# 4300 digits.
_DAMAGE = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)


def dump(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return a document and arrays by name as bytes, the same ones for the same content.

    Scalars and arrays of NumPy or TensorFlow in the document become numbers and lists.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits._container import dump, parse
    >>> parse(dump({"epochs": 3}, {"softmax/bias": np.zeros(2, np.float32)}))
    ({'epochs': 3}, {'softmax/bias': array([0., 0.], dtype=float32)})
    """
    header, buffer = {}, bytearray()
    # Larger items first, as safetensors itself does, so that each array is aligned.
    for name in sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)):
        values = arrays[name]
        dtype = values.dtype.newbyteorder("<")
        if dtype.str not in _KINDS:
            raise ValueError(f"its array {name!r} is of dtype {values.dtype}, which is not kept")
        start = len(buffer)
        buffer += values.astype(dtype, copy=False).tobytes()
        header[name] = {
            "dtype": _KINDS[dtype.str],
            "shape": list(values.shape),
            "data_offsets": [start, len(buffer)],
        }

    def head(digest: str) -> bytes:
        text = _spell({**document, "digest": digest}, sort_keys=True)
        spelled = _spell({"__metadata__": {_KEY: text}, **header}).encode("ascii")
        spelled += b" " * (-len(spelled) % 8)
        return len(spelled).to_bytes(8, "little") + spelled

    digest = hashlib.sha256(head(_ZEROS))
    digest.update(buffer)
    return head(digest.hexdigest()) + buffer


def parse(
    data: bytes, *, max_json: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the document and the arrays from which :func:`dump` has made these bytes.

    `max_json` limits the bytes of the header; None is no limit. Other bytes raise ValueError.
    """
    length = int.from_bytes(data[:8], "little")
    if not 0 < length <= len(data) - 8:
        raise ValueError("it is damaged: it does not begin as a safetensors file does")
    if max_json is not None and length > max_json:
        raise ValueError(f"its JSON is larger than {max_json} bytes")
    buffer = memoryview(data)[8 + length :]
    try:
        header = json.loads(data[8 : 8 + length])
        document = json.loads(header.pop("__metadata__")[_KEY])
        del document["digest"]
        arrays = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            values = np.frombuffer(buffer[start:end], _DTYPES[entry["dtype"]])
            arrays[name] = values.reshape(entry["shape"])
        # Views so far: arrays that overlap could be a thousand times as large as the file.
        is_whole = sum(values.nbytes for values in arrays.values()) == len(buffer)
        is_whole = is_whole and dump(document, arrays) == data
    except _DAMAGE as error:
        raise ValueError(
            f"it is damaged, or skdigits has not written it ({type(error).__name__}: {error})"
        ) from error
    if not is_whole:
        raise ValueError("it is damaged or altered: its content does not have its digest")
    # Copies, in this machine's order of bytes.
    return document, {
        name: values.astype(values.dtype.newbyteorder("=")) for name, values in arrays.items()
    }


def by_number(prefix: str, arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return a list of arrays as a dict by prefix and number, such as "optimizer/0000"."""
    return {f"{prefix}/{i:04d}": values for i, values in enumerate(arrays)}


def in_order(prefix: str, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return the list that :func:`by_number` was given, out of these and other arrays."""
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{prefix}/")]


def _spell(value: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    values = np.asarray(value)
    if values.dtype.kind not in "biuf" or values.dtype.itemsize > 8:
        raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")
    return values.tolist()
