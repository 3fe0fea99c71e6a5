"""Distort images at random by affine maps, in the graph."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["AFFINE", "RandomAffine", "affine_ranges"]

# Ranges of what augment="affine" draws.
AFFINE = {"shift": 0.5, "rotation": 7.0, "zoom": 0.07, "shear": 0.07}


def affine_ranges(
    augment: str | Mapping[str, Any] | None, image_shape: tuple[int, ...]
) -> dict[str, float] | None:
    """Return the ranges of a classifier's `augment`, as :class:`RandomAffine` takes them.

    Return None without augmentation, and for images less than 4 pixels high or wide. ValueError is
    raised for an unknown name and for a range that is not a number of at least 0.

    Examples
    --------
    >>> from skdigits.training._augmentation import affine_ranges
    >>> affine_ranges({"shift": 1}, (8, 8, 1))
    {'shift': 1.0}
    """
    if augment is None:
        return None
    ranges: Mapping[str, Any] = AFFINE if isinstance(augment, str) else augment
    for name, value in ranges.items():
        if name not in AFFINE:
            raise ValueError(f"augment has {name!r}; known are {', '.join(AFFINE)}.")
        if not (isinstance(value, Real) and 0 <= float(value) < math.inf):
            raise ValueError(
                f"augment[{name!r}] must be a finite number, at least 0; got {value!r}."
            )
    if min(image_shape[:2]) < 4:
        return None
    return {name: float(value) for name, value in ranges.items()}


class RandomAffine(keras.layers.Layer):
    """Shift, rotate, zoom and shear each image of a batch at random, with bilinear weights.

    Each image undergoes one affine map and is interpolated once; pixels outside of it are 0. In
    prediction, images pass unchanged.

    Parameters
    ----------
    ranges : mapping of str to float
        As for :meth:`set_ranges`.
    seed : int
        Seed of its generator.
    **kwargs : dict
        For ``keras.layers.Layer``.
    """

    def __init__(self, *, ranges: Mapping[str, float] = AFFINE, seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self._ranges = tf.Variable([0.0] * 6, trainable=False)
        self.set_ranges(**ranges)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def set_ranges(
        self, *, shift: float = 0.0, rotation: float = 0.0, zoom: float = 0.0, shear: float = 0.0
    ) -> None:
        """Change how far images are distorted, also in a graph that has been traced.

        Parameters
        ----------
        shift : float
            Pixels to either side, vertically and horizontally.
        rotation : float
            Degrees to either side.
        zoom : float
            The factor is ``exp(u)`` with `u` up to this to either side, height and width each.
        shear : float
            Pixels by which a row moves against the next one, to either side.
        """
        self._ranges.assign([shift, shift, math.radians(rotation), zoom, zoom, shear])

    def call(self, images: Any, training: bool = False) -> Any:
        """Distort while training."""
        if not training:
            return images
        height, width = images.shape[1:3]
        draws = tf.random.stateless_uniform(
            [self._ranges.shape[0], tf.shape(images)[0]], self.seed_generator.next(), -1.0, 1.0
        )
        down, right, angle, zoom_y, zoom_x, shear = tf.unstack(draws * self._ranges[:, tf.newaxis])
        # Where each pixel comes from: shift, rotation, shear and zoom undone, in this order.
        y_by_y, y_by_x = tf.cos(angle), -tf.sin(angle)
        x_by_y, x_by_x = tf.sin(angle) - shear * y_by_y, tf.cos(angle) - shear * y_by_x
        y_by_y, y_by_x = y_by_y * tf.exp(-zoom_y), y_by_x * tf.exp(-zoom_y)
        x_by_y, x_by_x = x_by_y * tf.exp(-zoom_x), x_by_x * tf.exp(-zoom_x)
        # The map is about the centre of the image; TensorFlow's origin is the first pixel.
        y, x = (height - 1) / 2, (width - 1) / 2
        y_start = y - y_by_y * (y + down) - y_by_x * (x + right)
        x_start = x - x_by_y * (y + down) - x_by_x * (x + right)
        flat = tf.zeros_like(angle)  # without perspective
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack(
                [x_by_x, x_by_y, x_start, y_by_x, y_by_y, y_start, flat, flat], axis=1
            ),
            output_shape=[height, width],
            fill_value=0.0,
            interpolation="BILINEAR",
        )
