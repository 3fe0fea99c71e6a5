"""Prediction with NumPy alone."""

from skdigits.inference._network import NumpyNetwork

__all__ = ["NumpyNetwork"]
