"""Convolution of maps that are no larger than its reach."""

from typing import Any

import numpy as np

from skdigits._tensorflow import keras, tf

__all__ = ["Conv2D"]


class Conv2D(keras.layers.Conv2D):
    """Keras' convolution, as one matrix product where every pixel is within reach of every other.

    A kernel of 3x3 on maps of 2x2 is such a case: the convolution visits nine places for each
    pixel, five of them padding. The product visits four.
    """

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        size, (channels, filters) = inputs.shape[1:3], self.kernel.shape[2:]
        reach = [(k - 1) // 2 for k in self.kernel_size]  # Keras pads more at the end
        within_reach = all(side <= r + 1 for side, r in zip(size, reach, strict=True))
        if not within_reach or self.padding != "same" or self.strides != (1, 1):
            return super().call(inputs)
        rows, columns = (
            np.arange(side)[:, None] - np.arange(side) + r
            for side, r in zip(size, reach, strict=True)
        )
        taps = rows[:, None, :, None] * self.kernel_size[1] + columns[None, :, None, :]
        pixels = size[0] * size[1]
        taps = taps.reshape(pixels, pixels)  # of the kernel, from each pixel to each other
        matrix = tf.gather(tf.reshape(self.kernel, [-1, channels, filters]), taps)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1, 3]), [pixels * channels, -1])
        outputs = tf.reshape(inputs, [-1, pixels * channels]) @ matrix
        outputs = tf.reshape(outputs, [-1, *size, filters])
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)
