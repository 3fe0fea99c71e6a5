"""Arrays by name in safetensors' format, read with suspicion."""

from collections.abc import Mapping

import numpy as np

__all__ = ["dump_tensors", "load_tensors"]

# Of names and shapes; the largest network has some hundred kilobytes of them.
_MOST_HEADER = 2**21

_DTYPES = {"F32": "<f4", "I64": "<i8"}


def dump_tensors(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return float32 and int64 arrays by name as bytes.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.persistence._tensors import dump_tensors, load_tensors
    >>> load_tensors(dump_tensors({"dense_1/bias": np.zeros(2, np.float32)}))
    {'dense_1/bias': array([0., 0.], dtype=float32)}
    """
    import safetensors.numpy

    return safetensors.numpy.save(
        {name: np.array(values, order="C") for name, values in arrays.items()}
    )


def load_tensors(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that :func:`dump_tensors` was given.

    Raises
    ------
    ValueError
        If they are not whole, of another dtype, or have values that are not finite.
    """
    import safetensors

    if int.from_bytes(data[:8], "little") > _MOST_HEADER:
        raise ValueError(f"its header is larger than {_MOST_HEADER} bytes")
    try:
        arrays = {
            name: np.frombuffer(tensor["data"], _DTYPES[tensor["dtype"]])
            .astype(_DTYPES[tensor["dtype"]][1:])  # a copy, in this machine's order of bytes
            .reshape(tensor["shape"])
            for name, tensor in safetensors.deserialize(data)
        }
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error
    except KeyError as error:
        raise ValueError(f"it has an array of dtype {error}") from None
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"its array {name!r} has values that are not finite")
    return arrays
