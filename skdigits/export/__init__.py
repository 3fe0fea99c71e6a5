"""Write trained networks as files for other programs: ONNX and plain Keras.

Both take the flat rows that the classifier takes, and give its probabilities. Neither needs
skdigits or scikit-learn to predict.
"""

from skdigits.export._keras import to_keras
from skdigits.export._onnx import to_onnx

__all__ = ["to_keras", "to_onnx"]
