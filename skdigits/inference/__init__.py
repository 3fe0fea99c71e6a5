"""Prediction with NumPy alone."""

from skdigits.inference._network import NumpyNetwork
from skdigits.inference._predictor import Predictor, load_predictor

__all__ = ["NumpyNetwork", "Predictor", "load_predictor"]
