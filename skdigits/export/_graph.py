"""The ONNX graph of a trained network: NumPy's forward pass, operation by operation.

The operations are those of :mod:`skdigits.network`, already fused in float64. Images are
(rows, channels, height, width) here, as ONNX wants them, and are channels-last again before they
are flattened, as Keras' kernels expect.
"""

import json
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from skdigits._version import __version__
from skdigits.export._network import TrainedNetwork
from skdigits.network import _operations as ops

__all__ = ["onnx_model"]

# Of 2022: old enough for every runtime in use, new enough for all that is needed here.
_OPSET, _IR_VERSION = 17, 8


def onnx_model(network: TrainedNetwork) -> onnx.ModelProto:
    """Make the ONNX model of a network, checked.

    Parameters
    ----------
    network : TrainedNetwork
        The network.

    Returns
    -------
    onnx.ModelProto
        From ``X`` to ``label`` and ``probabilities``.

    Raises
    ------
    TypeError
        If ONNX has no type for the labels.
    """
    n_classes, n_features = len(network.classes), math.prod(network.image_shape)
    labels = _label_tensor(network.classes)
    weights = iter(network.weights)
    operations = ops.fuse(
        [
            operation
            for layer in network.layers
            if layer["class_name"] != "InputLayer"
            for operation in ops.operations_of_layer(layer, weights)
        ]
    )
    writer = _Writer(network.image_shape)
    last_product = max(i for i, o in enumerate(operations) if isinstance(o, ops.Product))
    for i, operation in enumerate(operations):
        if i == last_product:
            # float32 logits are the largest part of the difference to the classifier.
            writer.go_on_in_float64()
        writer.write(operation)
    writer.finish(labels)

    graph = helper.make_graph(
        writer.nodes,
        "digit_cnn",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["N", n_features])],
        [
            helper.make_tensor_value_info("label", labels.data_type, ["N"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", n_classes]),
        ],
        writer.constants,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="skdigits",
        producer_version=__version__,
    )
    helper.set_model_props(
        model,
        {
            "skdigits_version": __version__,
            "classes": json.dumps(network.classes.tolist()),
            "image_shape": json.dumps(network.image_shape),
        },
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _label_tensor(classes: np.ndarray) -> onnx.TensorProto:
    """Return the labels as a constant, in the type of ONNX that holds them exactly."""
    if all(isinstance(label, str) for label in classes):
        values = [label.encode() for label in classes]
        return helper.make_tensor("labels", TensorProto.STRING, [len(classes)], values)
    wide = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}.get(classes.dtype.kind)
    if wide is None or not np.array_equal(classes.astype(wide), classes):
        raise TypeError(
            f"ONNX has no type for labels of {classes.dtype}, such as {classes[0]!r}. Fit the "
            "classifier with labels that are integers, strings, floats or booleans."
        )
    return numpy_helper.from_array(classes.astype(wide), "labels")


class _Writer:
    """Writes nodes one after the other, each from what the last one gives.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
        What is written.
    constants : list of onnx.TensorProto
        Weights and shapes that the nodes use.
    """

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._value = "X"
        self._image_shape = image_shape
        self._is_image = True
        self._dtype: Any = np.float32
        self._then("Reshape", self._constant(np.array([0, *image_shape])))
        self._then("Transpose", perm=[0, 3, 1, 2])

    def write(self, operation: ops.Operation) -> None:
        """Write what an operation does."""
        self._WRITERS[type(operation)](self, operation)

    def go_on_in_float64(self) -> None:
        """Make what follows more precise."""
        self._then("Cast", to=TensorProto.DOUBLE)
        self._dtype = np.float64

    def finish(self, labels: onnx.TensorProto) -> None:
        """Write the outputs, from the probabilities."""
        self.constants.append(labels)
        codes = self._node("ArgMax", self._value, axis=1, keepdims=0)
        self._node("Gather", labels.name, codes, output="label")
        self._node("Cast", self._value, output="probabilities", to=TensorProto.FLOAT)

    def _node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [output], name=f"{output}_node", **attributes)
        self.nodes.append(node)
        return output

    def _then(self, kind: str, *more_inputs: str, **attributes: Any) -> None:
        self._value = self._node(kind, self._value, *more_inputs, **attributes)

    def _constant(self, values: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def _weights(self, values: np.ndarray | np.float64) -> str:
        """Return a constant that is one number, or one for each channel or feature."""
        values = np.asarray(values, self._dtype)
        if self._is_image and values.ndim:
            values = values[:, None, None]
        return self._constant(values)

    def _scaling(self, operation: ops.Scaling) -> None:
        self._then("Mul", self._weights(operation.factor))

    def _shift(self, operation: ops.Shift) -> None:
        self._then("Add", self._weights(operation.term))

    def _product(self, operation: ops.Product) -> None:
        self._then("MatMul", self._constant(operation.kernel.astype(self._dtype)))

    def _convolution(self, operation: ops.Convolution) -> None:
        kernel = operation.kernel.transpose(3, 2, 0, 1)
        filters, _, *size = kernel.shape
        before = [(side - 1) // 2 for side in size]
        after = [side // 2 for side in size]
        self._then("Conv", self._constant(kernel.astype(self._dtype)), pads=[*before, *after])
        self._image_shape = (*self._image_shape[:2], filters)

    def _max_pooling(self, operation: ops.MaxPooling) -> None:
        size = operation.size
        *sides, channels = self._image_shape
        missing = [-side % size for side in sides]
        before = [m // 2 for m in missing]
        after = [m - m // 2 for m in missing]
        self._then("MaxPool", kernel_shape=[size] * 2, strides=[size] * 2, pads=[*before, *after])
        rows, columns = (-(-side // size) for side in sides)
        self._image_shape = (rows, columns, channels)

    def _global_pooling(self, operation: ops.GlobalPooling) -> None:
        kind = {np.mean: "ReduceMean", np.max: "ReduceMax"}[operation.reduce]
        self._then(kind, axes=[2, 3], keepdims=0)
        self._is_image = False

    def _flattening(self, operation: ops.Flattening) -> None:
        self._then("Transpose", perm=[0, 2, 3, 1])
        self._then("Reshape", self._constant(np.array([0, math.prod(self._image_shape)])))
        self._is_image = False

    def _activation(self, operation: ops.Activation) -> None:
        name, x = operation.name, self._value
        if name == "silu":
            self._then("Mul", self._node("Sigmoid", x))
        elif name == "gelu":
            inner = self._node("Mul", x, self._weights(np.float64(math.sqrt(0.5))))
            area = self._node("Add", self._node("Erf", inner), self._weights(np.float64(1.0)))
            self._then("Mul", self._node("Mul", area, self._weights(np.float64(0.5))))
        else:
            kind, attributes = _ACTIVATIONS[name]
            self._then(kind, **attributes)

    _WRITERS: ClassVar[dict[type, Callable[..., None]]] = {
        ops.Activation: _activation,
        ops.Convolution: _convolution,
        ops.Flattening: _flattening,
        ops.GlobalPooling: _global_pooling,
        ops.MaxPooling: _max_pooling,
        ops.Product: _product,
        ops.Scaling: _scaling,
        ops.Shift: _shift,
    }


_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "elu": ("Elu", {"alpha": 1.0}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "softplus": ("Softplus", {}),
    "tanh": ("Tanh", {}),
}
