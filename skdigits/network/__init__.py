"""Describe a network's layers, and run them: in Keras to train, in NumPy to predict.

Importing this room imports NumPy alone; its functions import Keras where they need it.
"""

from skdigits.network._activations import ACTIVATIONS
from skdigits.network._architecture import architecture
from skdigits.network._check import count_multiplications, weight_shapes
from skdigits.network._keras import build_network, describe_layers, keras_layers, reset_weights
from skdigits.network._numpy import NumpyNetwork
from skdigits.network._operations import Operation
from skdigits.network._temperature import fit_temperature, scale_softmax

__all__ = [
    "ACTIVATIONS",
    "NumpyNetwork",
    "Operation",
    "architecture",
    "build_network",
    "count_multiplications",
    "describe_layers",
    "fit_temperature",
    "keras_layers",
    "reset_weights",
    "scale_softmax",
    "weight_shapes",
]
