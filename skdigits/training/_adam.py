"""Adam in one kernel a variable."""

from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["Adam"]


class Adam(keras.optimizers.Adam):
    """Keras' Adam, with TensorFlow's own kernel instead of a dozen operations a variable.

    The formula, the variables and their order are Keras', so that the state of one continues
    in the other.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable and its moments."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, variable.dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
