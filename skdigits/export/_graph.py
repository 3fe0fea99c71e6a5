"""Write the ONNX graph of a trained network: each operation of NumPy's forward pass writes itself.

Images are (rows, channels, height, width) here, as ONNX wants them.
"""

import json
import math
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from skdigits._version import __version__
from skdigits.export._network import TrainedNetwork
from skdigits.network import NumpyNetwork, Operation

__all__ = ["onnx_model"]

# Versions of 2022: every runtime in use reads them, and they have all operators needed here.
_OPSET, _IR_VERSION = 17, 8


def onnx_model(network: TrainedNetwork) -> onnx.ModelProto:
    """Make the ONNX model from ``X`` to ``label`` and ``probabilities``, and check it."""
    n_classes, n_features = len(network.classes), math.prod(network.image_shape)
    labels = _label_tensor(network.classes)
    *operations, product, shift, softmax = NumpyNetwork(network.layers, network.weights).operations
    writer = _Writer(network.image_shape)
    writer.make_images()
    for operation in operations:
        writer.write(operation)
    # float32 logits are the largest part of the difference to the classifier.
    writer.go_on_in_float64()
    for operation in (product, shift, softmax):
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
    """Writes nodes one after the other, each from what the last one gives."""

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.value = "X"
        self.shape: tuple[int, ...] = image_shape
        self._dtype: Any = np.float32

    def make_images(self) -> None:
        """Write how flat rows become images."""
        self.then("Reshape", self.constant(np.array([0, *self.shape])))
        self.then("Transpose", perm=[0, 3, 1, 2])

    def write(self, operation: Operation) -> None:
        """Write what an operation does."""
        operation.write(self)
        self.shape = operation.output_shape(self.shape)

    def go_on_in_float64(self) -> None:
        """Make what follows more precise."""
        self.then("Cast", to=TensorProto.DOUBLE)
        self._dtype = np.float64

    def finish(self, labels: onnx.TensorProto) -> None:
        """Write the outputs, from the probabilities."""
        self.constants.append(labels)
        class_index = self.node("ArgMax", self.value, axis=1, keepdims=0)
        self.node("Gather", labels.name, class_index, output="label")
        self.node("Cast", self.value, output="probabilities", to=TensorProto.FLOAT)

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Write a node, and return the name of what it gives."""
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [output], name=f"{output}_node", **attributes)
        self.nodes.append(node)
        return output

    def then(self, kind: str, *more_inputs: str, **attributes: Any) -> None:
        """Write a node that takes `value`."""
        self.value = self.node(kind, self.value, *more_inputs, **attributes)

    def constant(self, values: np.ndarray | np.float64) -> str:
        """Return the name of a constant; floats get the precision of the graph at this place."""
        values = np.asarray(values)
        if values.dtype.kind == "f":
            values = values.astype(self._dtype)
            if values.ndim == 1 and len(self.shape) == 3:  # one for each channel
                values = values[:, None, None]
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name
