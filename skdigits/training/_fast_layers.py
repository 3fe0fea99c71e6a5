"""Replace layers and an optimizer of Keras by equivalent ones that train faster."""

from typing import Any

import numpy as np

from skdigits._tensorflow import keras, tf

__all__ = ["Adam", "BatchNormalization", "Conv2D", "Dropout", "fast_layer", "plain_layer"]


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
        # Position in the kernel of the weight from each pixel (first axis) to each other pixel.
        taps = taps.reshape(pixels, pixels)
        matrix = tf.gather(tf.reshape(self.kernel, [-1, channels, filters]), taps)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1, 3]), [pixels * channels, -1])
        outputs = tf.reshape(inputs, [-1, pixels * channels]) @ matrix
        outputs = tf.reshape(outputs, [-1, *size, filters])
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation of images, in one kernel of TensorFlow's instead of ten.

    Running means and variances are as Keras computes them, to rounding.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise by the images' own mean and variance while training."""
        if not training:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma.value, self.beta.value, epsilon=self.epsilon
        )
        n_values = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
        # The kernel divides by n - 1, Keras by n.
        variance *= (n_values - 1) / n_values
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign_add((1 - self.momentum) * (value - moving.value))
        return outputs


class Dropout(keras.layers.Dropout):
    """Keras' dropout, drawing 8 or 16 random bits for each value instead of a float.

    Keras makes a float32 out of 32 bits, compares and selects: in a small network that is a
    third of the time of a step. A rate that is a multiple of 1/256 takes 8 bits; any other is
    rounded to the nearest 1/65536, and kept values are scaled for the rounded rate. The random
    state is that of Keras' seed generator.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)
        self._bits = self.random_bits(rate)
        self._n_dropped = tf.Variable(0, dtype=self._bits, trainable=False)  # of all the draws
        self._scale = tf.Variable(1.0, trainable=False)
        self.set_rate(rate)

    @staticmethod
    def random_bits(rate: float) -> tf.DType:
        """Return the dtype of the random bits for each value."""
        return tf.uint8 if (rate * 2**8).is_integer() else tf.uint16

    def set_rate(self, rate: float) -> None:
        """Change the rate, also in a traced graph, to one with the same number of random bits."""
        self.rate = rate
        levels = self._bits.max + 1
        n_dropped = min(round(rate * levels), self._bits.max)
        self._n_dropped.assign(n_dropped)
        self._scale.assign(levels / (levels - n_dropped))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop values at random while training."""
        if not training:
            return inputs
        # Draw 32 bits at once, for two or four values.
        size, n_values = tf.size(inputs), 4 // self._bits.size
        seed = self.seed_generator.next()
        bits = tf.random.stateless_uniform(
            [(size + n_values - 1) // n_values], seed, None, None, tf.int32
        )
        draws = tf.reshape(tf.reshape(tf.bitcast(bits, self._bits), [-1])[:size], tf.shape(inputs))
        kept = tf.cast(draws >= self._n_dropped, inputs.dtype)
        return inputs * (kept * self._scale)


class Adam(keras.optimizers.Adam):
    """Keras' Adam, with TensorFlow's kernel instead of a dozen operations per variable.

    The formula, the variables and their order are those of Keras, so that each can continue from
    the state of the other.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._decay = tf.Variable(0.0, trainable=False)
        self.set_weight_decay(self.weight_decay)

    def set_weight_decay(self, weight_decay: float | None) -> None:
        """Change the decay, also in a traced graph; None needs another graph."""
        self.weight_decay = weight_decay
        self._decay.assign(weight_decay or 0.0)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Update variables and their moments."""
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        if not self.built:
            self.build(trainable_variables)
        rate = self.learning_rate.value
        step = tf.cast(self.iterations.value + 1, tf.float32)
        beta_1_power, beta_2_power = (
            tf.pow(tf.constant(beta), step) for beta in (self.beta_1, self.beta_2)
        )
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            if self.weight_decay is not None and self._use_weight_decay(variable):
                variable.value.assign_sub(variable.value * self._decay * rate)
            index = self._get_variable_index(variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=beta_1_power,
                beta2_power=beta_2_power,
                lr=rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )
        self.iterations.assign_add(1)


_FAST: dict[Any, Any] = {
    keras.layers.BatchNormalization: BatchNormalization,
    keras.layers.Conv2D: Conv2D,
    keras.layers.Dropout: Dropout,
}


def fast_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Make a copy of a layer, or a faster layer that computes the same."""
    kind: Any = type(layer)
    return _FAST.get(kind, kind).from_config(layer.get_config())


def plain_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Make the layer of Keras that :func:`fast_layer` has replaced."""
    kind: Any = type(layer)
    plain = next((keras_kind for keras_kind, fast in _FAST.items() if fast is kind), kind)
    return plain.from_config(layer.get_config())
