"""Make the loss of a training."""

from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["crossentropy"]


def crossentropy(label_smoothing: float) -> Any:
    """Return the cross-entropy between class indices and predicted probabilities, as a loss.

    `label_smoothing`, in [0, 1), is the part of each label's probability that is spread evenly
    over all classes.

    References
    ----------
    C. Szegedy et al. (2016). Rethinking the Inception architecture for computer vision.
    https://arxiv.org/abs/1512.00567
    """
    if label_smoothing == 0:
        return "sparse_categorical_crossentropy"

    def smoothed_crossentropy(class_indices: Any, probabilities: Any) -> Any:
        class_indices = tf.cast(
            tf.reshape(class_indices, [-1]), tf.int32
        )  # Keras casts them to floats
        targets = tf.one_hot(class_indices, probabilities.shape[-1])
        return keras.losses.categorical_crossentropy(
            targets, probabilities, label_smoothing=label_smoothing
        )

    return smoothed_crossentropy
