"""Between flat rows of features and images."""

from skdigits.preprocessing._image_reshaper import ImageReshaper

__all__ = ["ImageReshaper"]
