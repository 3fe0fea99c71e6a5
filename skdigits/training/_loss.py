"""Make the loss function of a training."""

from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["crossentropy"]


def crossentropy(label_smoothing: "float | tf.Variable") -> Any:
    """Return the cross-entropy between class indices and predicted probabilities, as a loss.

    `label_smoothing`, in [0, 1), is the part of each label's probability that is spread evenly
    over all classes; a variable, of float64, may change it.

    References
    ----------
    C. Szegedy et al. (2016). Rethinking the Inception architecture for computer vision.
    https://arxiv.org/abs/1512.00567
    """

    def smoothed_crossentropy(class_indices: Any, probabilities: Any) -> Any:
        # Keras passes class indices as floats, of shape (n_samples, 1).
        class_indices = tf.cast(tf.reshape(class_indices, [-1]), tf.int32)
        n_classes = probabilities.shape[-1]
        certain = tf.cast(1.0 - label_smoothing, tf.float32)
        spread = tf.cast(label_smoothing / n_classes, tf.float32)
        targets = tf.one_hot(class_indices, n_classes) * certain + spread
        return keras.losses.categorical_crossentropy(targets, probabilities)

    is_none = not isinstance(label_smoothing, tf.Variable) and label_smoothing == 0
    return "sparse_categorical_crossentropy" if is_none else smoothed_crossentropy
