"""Write trained networks as files for other programs: ONNX, plain Keras, LiteRT.

All of them take the flat rows that the classifier takes, and give its probabilities. None needs
skdigits or scikit-learn to predict.
"""

from skdigits.export._keras import to_keras
from skdigits.export._litert import to_litert
from skdigits.export._onnx import to_onnx

__all__ = ["to_keras", "to_litert", "to_onnx"]
