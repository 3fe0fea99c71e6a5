"""Batch normalisation in one kernel."""

from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["BatchNormalization"]


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation of maps, with TensorFlow's own kernel while training.

    The formula, the variables and their order are Keras': the moving variance is that of the
    batch, without TensorFlow's correction for its size.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Normalise."""
        if not training:
            return super().call(inputs, training=False)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        values = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), variance.dtype)
        variance *= (values - 1.0) / values
        for moving, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + of_batch * (1.0 - self.momentum))
        return outputs
