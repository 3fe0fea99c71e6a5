"""The loss of a training."""

from typing import Any

from skdigits._tensorflow import keras, tf

__all__ = ["crossentropy"]


def crossentropy(label_smoothing: float) -> Any:
    """Return the cross-entropy between integer codes of labels and predicted probabilities.

    Parameters
    ----------
    label_smoothing : float in [0, 1)
        Part of each label's probability that is spread evenly over all classes.

    Returns
    -------
    str or callable
        What ``keras.Model.compile`` takes as a loss.

    References
    ----------
    C. Szegedy et al. (2016). Rethinking the Inception architecture for computer vision.
    https://arxiv.org/abs/1512.00567
    """
    if label_smoothing == 0:
        return "sparse_categorical_crossentropy"

    def smoothed_crossentropy(codes: Any, probabilities: Any) -> Any:
        codes = tf.cast(tf.reshape(codes, [-1]), tf.int32)  # Keras casts them to floats
        targets = tf.one_hot(codes, probabilities.shape[-1])
        return keras.losses.categorical_crossentropy(
            targets, probabilities, label_smoothing=label_smoothing
        )

    return smoothed_crossentropy
