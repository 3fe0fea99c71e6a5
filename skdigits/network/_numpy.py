"""Run a trained network's forward pass with NumPy, in float64; no TensorFlow and no Keras.

A float32 pass through TensorFlow gives a row slightly different probabilities in batches of
different sizes; in float64 they agree to 1e-12, and small batches are hundreds of times
quicker than ``keras.Model.predict``.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Self

import numpy as np
from threadpoolctl import ThreadpoolController

from skdigits.network._layers import LAYER_KINDS
from skdigits.network._operations import Operation, fuse, unfolded_size

__all__ = ["NumpyNetwork"]

# Bytes that the widest operation of a batch takes up: enough for efficient matrix products, few
# enough for a core's cache.
_BATCH_BYTES = 2**21

# The limit is the process's: overlapping blocks would restore each other's.
_BLAS_LOCK = threading.Lock()


def _renew_lock() -> None:
    """Replace the lock in a forked process, where no thread would release it."""
    global _BLAS_LOCK  # noqa: PLW0603
    _BLAS_LOCK = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_lock)

# Number of values below which starting threads takes longer than they save.
_LEAST_FOR_THREADS = 2**16


@cache
def _blas() -> ThreadpoolController:
    """Find the libraries: among those of TensorFlow, this takes milliseconds."""
    return ThreadpoolController().select(user_api="blas")


class NumpyNetwork:
    """A trained network as NumPy arrays, with its forward pass; it pickles as what it was made of.

    Parameters
    ----------
    layers : sequence of dict
        As of :func:`skdigits.network.architecture`.
    weights : sequence of ndarray
        As many as the layers have, in the order of ``keras.Model.get_weights``.

    Attributes
    ----------
    operations : list of Operation
        The forward pass; each takes what the one before it gives. The last three are those of
        the softmax layer: product, shift, softmax.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.network import NumpyNetwork
    >>> dense = {"name": "softmax", "units": 2, "use_bias": True, "activation": "softmax"}
    >>> network = NumpyNetwork(
    ...     [{"class_name": "Dense", "config": dense}], [np.zeros((3, 2)), np.zeros(2)]
    ... )
    >>> network.predict_proba(np.ones((1, 3)))
    array([[0.5, 0.5]])
    """

    def __init__(self, layers: Sequence[Mapping[str, Any]], weights: Sequence[np.ndarray]) -> None:
        self._made_of = list(layers), list(weights)
        remaining = (np.asarray(values, dtype=np.float64) for values in weights)
        self._layers: list[tuple[str, list[Operation]]] = []
        try:
            for layer in layers:
                kind, config = layer["class_name"], layer["config"]
                if kind not in LAYER_KINDS:
                    raise TypeError(
                        f"No NumPy forward pass for layer {config.get('name')!r} of type {kind}; "
                        f"known are {', '.join(sorted(LAYER_KINDS))}."
                    )
                operations = LAYER_KINDS[kind].operations(config, remaining)
                self._layers.append((config["name"], operations))
        except StopIteration:
            raise ValueError(f"{len(weights)} weights are fewer than the layers have.") from None
        if next(remaining, None) is not None:
            raise ValueError(f"{len(weights)} weights are more than the layers have.")
        self.operations = fuse([operation for _, layer in self._layers for operation in layer])
        self._unfolded: dict[tuple[int, ...], int] = {}  # sizes of images by shape

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Return class probabilities: float64, (n_samples, n_classes), each row with a sum of 1.

        Memory beyond the result is bounded. All but a few small images use as many threads as
        NumPy's BLAS is allowed to, a batch each: see :mod:`threadpoolctl`; joblib's workers set it
        as well.
        """
        shape = images.shape[1:]
        unfolded = self._unfolded.get(shape)
        if unfolded is None:
            unfolded = self._unfolded[shape] = unfolded_size(self.operations, shape)
        if len(images) * unfolded < _LEAST_FOR_THREADS:
            return self._forward(images)
        size = max(1, min(_BATCH_BYTES // (8 * unfolded), -(-len(images) // 2)))
        batches = [images[i : i + size] for i in range(0, len(images), size)]
        # One thread of BLAS for each of ours: several wait for each other after each product.
        if not _BLAS_LOCK.acquire(blocking=len(batches) > 1):  # limited already, by another call
            return self._forward(images)
        try:
            n_threads = max((library["num_threads"] for library in _blas().info()), default=1)
            with _blas().limit(limits=1):
                if min(n_threads, len(batches)) == 1:
                    return np.concatenate([self._forward(batch) for batch in batches])
                with ThreadPoolExecutor(n_threads) as executor:
                    return np.concatenate(list(executor.map(self._forward, batches)))
        finally:
            _BLAS_LOCK.release()

    def layer_outputs(self, images: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each layer's name and output, (n_samples, ...), from the first to the last."""
        output = images
        for name, operations in self._layers:
            output = output.astype(np.float64)  # a copy: operations work in place
            with np.errstate(under="ignore"):
                for operation in operations:
                    output = operation(output)
            yield name, output

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), self._made_of

    def _forward(self, images: np.ndarray) -> np.ndarray:
        x = images.astype(np.float64)
        with np.errstate(under="ignore"):  # what is next to nothing is nothing
            for operation in self.operations:
                x = operation(x)
        return x
