"""Distort images at random by affine maps, in the graph."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["AFFINE", "RandomAffine"]

# Ranges of what augment="affine" draws.
AFFINE = {"shift": 0.5, "rotation": 7.0, "zoom": 0.07, "shear": 0.07}


class RandomAffine(keras.layers.Layer):
    """Shift, rotate, zoom and shear each image of a batch at random, with bilinear weights.

    All of it is one affine map an image, so the image is interpolated once; outside of it is 0.
    Does nothing when it predicts.

    Each pixel of the result is the sum over all pixels of the image, weighed by how near they
    are to where the pixel comes from. For small images, these products of matrices are quicker
    than gathering four pixels each.

    Parameters
    ----------
    shift : float, default=0.0
        Pixels to either side, vertically and horizontally.
    rotation : float, default=0.0
        Degrees to either side.
    zoom : float, default=0.0
        The factor is ``exp(u)`` with `u` up to this to either side, height and width each.
    shear : float, default=0.0
        Pixels by which a row moves against the next one, to either side.
    seed : int
        Seed of its generator.
    **kwargs : dict
        For ``keras.layers.Layer``.
    """

    def __init__(
        self,
        *,
        shift: float = 0.0,
        rotation: float = 0.0,
        zoom: float = 0.0,
        shear: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        ranges = (shift, shift, math.radians(rotation), zoom, zoom, shear)
        self._ranges = [float(value) for value in ranges]
        self.seed_generator = keras.random.SeedGenerator(seed)

    @classmethod
    def from_parameter(
        cls, augment: str | Mapping[str, float] | None, image_shape: tuple[int, ...]
    ) -> "RandomAffine | None":
        """Make the layer that a classifier's `augment` asks for.

        None for no augmentation, also of images less than 4 pixels high or wide. ValueError is
        raised for a name that is not known and a range that is not a number of at least 0.
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
        return cls(**ranges, dtype="float32", name="augment")

    def call(self, images: Any, training: bool = False) -> Any:
        """Distort while training."""
        if not training:
            return images
        height, width = images.shape[1:3]
        draws = tf.random.stateless_uniform(
            [len(self._ranges), tf.shape(images)[0], 1, 1], self.seed_generator.next(), -1.0, 1.0
        )
        ranges = tf.reshape(tf.constant(self._ranges), [-1, 1, 1, 1])
        down, right, angle, zoom_y, zoom_x, shear = tf.unstack(draws * ranges)
        y = tf.reshape(tf.range(height, dtype=tf.float32) - (height - 1) / 2, [1, height, 1])
        x = tf.reshape(tf.range(width, dtype=tf.float32) - (width - 1) / 2, [1, 1, width])
        # Where each pixel comes from: shift, rotation, shear and zoom undone, in this order.
        y, x = y - down, x - right
        y, x = tf.cos(angle) * y - tf.sin(angle) * x, tf.sin(angle) * y + tf.cos(angle) * x
        x = x - shear * y
        y, x = y * tf.exp(-zoom_y), x * tf.exp(-zoom_x)
        of_rows = _nearness(y + (height - 1) / 2, height)
        of_columns = _nearness(x + (width - 1) / 2, width)
        # (n, pixels, columns) by (n, columns, rows and channels), then the sum over the rows
        by_column = tf.transpose(images, [0, 2, 1, 3])
        by_column = tf.reshape(by_column, [-1, width, height * images.shape[3]])
        rows = tf.reshape(of_columns @ by_column, [-1, height * width, height, images.shape[3]])
        return tf.reshape(tf.reduce_sum(rows * of_rows[..., None], axis=2), [-1, *images.shape[1:]])


def _nearness(places: Any, size: int) -> Any:
    """Return the bilinear weight of each of `size` positions for each place: (n, places, size)."""
    distances = tf.reshape(places, [tf.shape(places)[0], -1, 1]) - tf.range(size, dtype=tf.float32)
    return tf.nn.relu(1.0 - tf.abs(distances))
