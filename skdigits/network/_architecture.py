"""Describe a network's layers as plain data, from its hyper-parameters.

Which layers follow each other, and in what order, is known here alone. Keras networks are built
from the descriptions, NumPy predicts from them, and model files hold them.
"""

from collections.abc import Sequence
from typing import Any

from skdigits._parameters import as_sizes

__all__ = ["architecture"]

# Height, width and stride of the max-pooling.
_POOL_SIZE = 2


def architecture(
    image_shape: Sequence[int],
    n_classes: int,
    *,
    filters: Sequence[int] | int,
    kernel_size: int,
    activation: str,
    pool_after: Sequence[int] | int | None,
    unpadded: Sequence[int] | int,
    batch_normalization: bool,
    conv_dropout: float,
    global_pooling: str | None,
    dense_units: Sequence[int] | int,
    dense_activation: str,
    dropout: float,
    rescale: float | None,
    **others: Any,
) -> list[dict[str, Any]]:
    """Describe the layers of a network.

    Parameters are as for :func:`skdigits.network.build_network`; `others` are those that the layers
    do not depend on.

    Returns
    -------
    list of dict
        Each layer's ``class_name`` and ``config``, as Keras names them, from the image on, in
        types that JSON has; the ``config`` holds the options of
        :mod:`skdigits.network._layers` alone.

    Examples
    --------
    >>> from skdigits.network import architecture
    >>> from skdigits._parameters import NETWORK_PARAMETERS, REFERENCE
    >>> parameters = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    >>> layers = architecture((8, 8, 1), 10, **parameters)
    >>> [layer["config"]["name"] for layer in layers[:3]]
    ['conv_1', 'pool_1', 'dropout_1']
    """
    filters, dense_units = as_sizes("filters", filters), as_sizes("dense_units", dense_units)
    pooled = (
        range(1, len(filters) + 1) if pool_after is None else as_sizes("pool_after", pool_after)
    )
    unpadded = as_sizes("unpadded", unpadded)
    side = min(image_shape[:2])  # the lesser one of the maps
    layers: list[dict[str, Any]] = []

    def add(class_name: str, name: str, **config: Any) -> None:
        layers.append({"class_name": class_name, "config": {"name": name, **config}})

    def add_dropout(rate: float, name: str) -> None:
        if rate != 0:
            add("Dropout", name, rate=float(rate))

    def add_dense(units: int, name: str, activation: str) -> None:
        add("Dense", name, units=units, use_bias=True, activation=activation)

    if rescale is not None:
        add("Rescaling", "rescale", scale=float(rescale), offset=0.0)
    for i, n_filters in enumerate(filters, start=1):
        is_padded = i not in unpadded or side < kernel_size
        side -= 0 if is_padded else kernel_size - 1
        add(
            "Conv2D",
            f"conv_{i}",
            filters=n_filters,
            kernel_size=[int(kernel_size)] * 2,
            padding="same" if is_padded else "valid",
            use_bias=not batch_normalization,
            activation="linear" if batch_normalization else activation,
        )
        if i in pooled:
            add("MaxPooling2D", f"pool_{i}", pool_size=[_POOL_SIZE] * 2, padding="same")
            side = -(-side // _POOL_SIZE)
        if batch_normalization:
            # Keras' momentum of 0.99 would need hundreds of steps before predictions are
            # meaningful; an epoch of these data has some tens.
            add("BatchNormalization", f"conv_{i}_norm", momentum=0.9, epsilon=0.001)
            add("Activation", f"conv_{i}_activation", activation=activation)
        add_dropout(conv_dropout, f"dropout_{i}")
    if global_pooling is None:
        add("Flatten", "flatten")
    else:
        kinds = {"average": "GlobalAveragePooling2D", "max": "GlobalMaxPooling2D"}
        add(kinds[global_pooling], "global_pooling")
    for i, units in enumerate(dense_units, start=1):
        add_dense(units, f"dense_{i}", dense_activation)
        add_dropout(dropout, f"dense_{i}_dropout")
    if not dense_units:
        add_dropout(dropout, "dropout")
    add_dense(n_classes, "softmax", "softmax")
    return layers
