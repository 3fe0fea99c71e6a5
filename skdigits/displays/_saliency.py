"""Draw which parts of an image matter to a classifier: ``SaliencyDisplay``."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_scalar

from skdigits.classifier import DigitCNNClassifier
from skdigits.displays._layout import show_image, subplots_in
from skdigits.evaluation import (
    check_probabilistic_classifier,
    digit_cnn_within,
    look_inside,
    occlusion_map,
)
from skdigits.preprocessing import resolve_image_shape

__all__ = ["SaliencyDisplay"]

# Title of the map and label of its scale, by method.
_METHODS = {
    "occlusion": ("occlusion", "log-probability lost (nats)"),
    "gradient": ("gradient", "log-probability gained\nper count of ink (nats)"),
}

_SCALE: dict[str, Any] = {"location": "bottom", "format": "%.2g", "shrink": 0.8, "pad": 0.04}
_ROUNDING = 1e-12
_SMALL_STEP = 1e-3  # counts


class SaliencyDisplay:
    """An image, and maps of how much each of its counts matters to a classifier.

    Both methods measure the logarithm of the probability of one class, the target:

    "occlusion"
        What is lost if counts are set to 0, that is, to blank paper. Positive values (red) mean
        that the ink is evidence for the target, negative ones (blue) that the target would be
        more probable without it. They are 0 where no occluded square covers any ink.
    "gradient"
        What is gained per unit of ink added to a count. Positive values (red) mean that more
        ink would be evidence for the target, negative ones (blue) that it would be evidence
        against it, on blank paper as well.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Image of counts 0..16.
    maps : dict of str to ndarray of shape (height, width)
        The value of each count by method, in nats.
    target : label
        The class that the maps are about.
    probability : float
        Its probability, in [0, 1].

    Attributes
    ----------
    axes_ : ndarray of shape (1 + n_methods,) of matplotlib Axes
        Axes with the image, and with each map on a colour scale that is symmetric around 0.
    figure_ : matplotlib Figure
        Figure containing the axes.

    See Also
    --------
    MistakesDisplay : Images that a classifier gets wrong.

    References
    ----------
    M. D. Zeiler and R. Fergus (2014). Visualizing and understanding convolutional networks
    (occlusion). https://arxiv.org/abs/1311.2901

    K. Simonyan, A. Vedaldi and A. Zisserman (2013). Deep inside convolutional networks:
    visualising image classification models and saliency maps (gradient).
    https://arxiv.org/abs/1312.6034

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.displays import SaliencyDisplay
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:300], y[:300])
    >>> display = SaliencyDisplay.from_estimator(clf, X[300], occlusion_size=2)
    >>> {method: values.shape for method, values in display.maps.items()}
    {'occlusion': (8, 8), 'gradient': (8, 8)}
    """

    def __init__(
        self, *, image: np.ndarray, maps: dict[str, np.ndarray], target: Any, probability: float
    ) -> None:
        self.image = image
        self.maps = maps
        self.target = target
        self.probability = probability

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: Any,
        *,
        target: Any = None,
        occlusion_size: int = 1,
        ax: Any = None,
    ) -> Self:
        """Compute the maps of one image, and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted scikit-learn classifier with ``predict_proba``. The map "gradient" is drawn for
            a :class:`~skdigits.DigitCNNClassifier`, also within a pipeline, a search or a
            :class:`sklearn.frozen.FrozenEstimator`; the map "occlusion" for any classifier.
        image : array-like of shape (n_features,)
            One sample of counts 0..16. Its height and width are the estimator's ``image_shape``
            or, if it has none, inferred as in :class:`~skdigits.DigitCNNClassifier`.
        target : label, default=None
            The class that the maps are about. If None, the most probable class.
        occlusion_size : int, default=1
            Side of the square of counts that is set to 0. The square takes every position within
            the image, and each count gets the mean over the squares that cover it.
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : SaliencyDisplay
            The display, drawn.

        Raises
        ------
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a fitted classifier with ``predict_proba``.
        ValueError
            If `image` is not one sample of one channel, `target` is not one of the classes, or
            `occlusion_size` does not fit into the image.

        Notes
        -----
        For "occlusion", probabilities below 1e-30 count as 1e-30.
        """
        check_probabilistic_classifier(estimator)
        image = check_array(image, dtype=np.float64, ensure_2d=False)
        if image.ndim != 1:
            raise ValueError(
                f"image must be one flat row, such as X[0]; got an array of shape {image.shape}."
            )
        _, classifier = look_inside(estimator)
        image_shape = getattr(classifier, "image_shape", None)
        *shape, channels = resolve_image_shape(image_shape, len(image))
        if channels != 1:
            raise ValueError(f"Only images of one channel can be drawn; got {channels} channels.")
        check_scalar(occlusion_size, "occlusion_size", Integral, min_val=1, max_val=min(shape))

        # The maps are about one class: what is asked for, or what is predicted.
        probabilities = estimator.predict_proba(image[np.newaxis])[0]
        classes = estimator.classes_.tolist()
        if target is None:
            index = int(np.argmax(probabilities))
        elif target in classes:
            index = classes.index(target)
        else:
            raise ValueError(f"target={target!r} is not one of the classifier's classes {classes}.")
        maps = {"occlusion": occlusion_map(estimator, image.reshape(shape), index, occlusion_size)}
        if isinstance(classifier, DigitCNNClassifier):
            maps["gradient"] = _gradient(estimator, image, index).reshape(shape)
        return cls(
            image=image.reshape(shape),
            maps=maps,
            target=estimator.classes_[index],
            probability=float(probabilities[index]),
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the image and the maps.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Subplot whose place the axes take. If None, a new figure is created.

        Returns
        -------
        display : SaliencyDisplay
            This display.
        """
        n_axes = 1 + len(self.maps)
        self.figure_, (self.axes_,) = subplots_in(ax, 1, n_axes, (2.6 * n_axes, 3.8))
        show_image(self.axes_[0], self.image)
        self.axes_[0].set_title(f"probability of {self.target}: {self.probability:.2f}")
        self._add_scale(self.axes_[0], "ink (count)", [0, 8, 16])
        for axes, (method, values) in zip(self.axes_[1:], self.maps.items(), strict=True):
            title, unit = _METHODS[method]
            highest = np.abs(values).max()
            limit = highest if highest > _ROUNDING else 1.0
            show_image(axes, values, cmap="RdBu_r", vmin=-limit, vmax=limit)
            axes.set_title(title)
            self._add_scale(axes, unit, [-limit, 0, limit])
        return self

    def _add_scale(self, ax: Any, label: str, ticks: list[float]) -> None:
        self.figure_.colorbar(ax.images[0], ax=ax, label=label, ticks=ticks, **_SCALE)


def _gradient(estimator: Any, image: np.ndarray, class_index: int) -> np.ndarray:
    """Return the gradient by the counts of `image`, through the steps of a pipeline."""
    steps, classifier = digit_cnn_within(estimator)
    # Central differences: exact for scalers and for all that is linear.
    small = np.diag(np.full(len(image), _SMALL_STEP))
    rows = np.stack([image, *(image + small), *(image - small)])
    for step in steps:
        rows = step.transform(rows)
    row, more, less = np.split(np.asarray(rows, dtype=np.float64), [1, 1 + len(image)])
    gradient = _gradient_of_network(classifier, row, class_index)
    return (more - less) @ gradient / (2 * _SMALL_STEP) if steps else gradient


def _gradient_of_network(
    classifier: DigitCNNClassifier, row: np.ndarray, class_index: int
) -> np.ndarray:
    from skdigits._tensorflow import tf

    network = classifier.model_
    *layers, softmax = network.layers
    images = tf.constant(row.reshape(1, *network.input_shape[1:]), dtype=tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        values = images
        for layer in layers:
            values = layer(values, training=False)
        # From the logits: the logarithm of a probability that is rounded to 0 has no gradient.
        logits = tf.matmul(values, softmax.kernel) + softmax.bias
        log_probability = tf.nn.log_softmax(logits)[0, class_index]
    return tape.gradient(log_probability, images).numpy().ravel().astype(np.float64)
