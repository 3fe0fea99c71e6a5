"""``SaliencyDisplay``: which pixels of an image matter to a classifier."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array, check_scalar

from skdigits.classifier import DigitCNNClassifier
from skdigits.displays._layout import grid_in, show_image
from skdigits.evaluation import check_probabilistic_classifier, occlusion_map
from skdigits.preprocessing import resolve_image_shape

__all__ = ["SaliencyDisplay"]

# Title of the map and label of its scale, by method.
_METHODS = {
    "occlusion": ("occlusion", "log-probability lost (nats)"),
    "gradient": ("gradient", "log-probability gained\nper count of ink (nats)"),
}

_ROUNDING = 1e-12


class SaliencyDisplay:
    """Which pixels of an image matter to what a classifier says of it.

    The image, and beside it a map for each method, with their scales below. Both methods look
    at the logarithm of the probability of one class, the target; their signs mean:

    "occlusion"
        What the target loses when pixels are set to 0, that is, to blank paper. Positive, red,
        where the ink speaks for the target; negative, blue, where the target would be more
        probable without it; 0 where no square covers any ink.
    "gradient"
        What the target gains per count of ink that is added to a pixel. Positive, red, where
        more ink would speak for the target; negative, blue, where more ink would speak against
        it, on blank paper as well.

    It is made by :meth:`from_estimator`; the constructor takes what is drawn as it is.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Ink counts 0..16.
    maps : dict of str to ndarray of shape (height, width)
        Values of the pixels, by method, in nats.
    target : label
        The class that the maps are about.
    probability : float
        Its probability, in [0, 1].

    Attributes
    ----------
    axes_ : ndarray of shape (1 + n_methods,) of matplotlib Axes
        Of the image and of each map; their colours reach as far below 0 as above.
    figure_ : matplotlib Figure
        The figure.

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
        classifier: Any,
        image: Any,
        *,
        methods: Sequence[str] = ("occlusion", "gradient"),
        target: Any = None,
        occlusion_size: int = 1,
        image_shape: tuple[int, int] | None = None,
        ax: Any = None,
    ) -> Self:
        """Measure what the pixels of one image matter, and draw it.

        Parameters
        ----------
        classifier : estimator
            A fitted :class:`~skdigits.DigitCNNClassifier`; for "occlusion" alone, any fitted
            scikit-learn classifier with ``predict_proba``.
        image : array-like of shape (n_features,)
            One flat image of ink counts 0..16.
        methods : sequence of "occlusion" and "gradient", default=("occlusion", "gradient")
            Maps to draw, from left to right.
        target : label, default=None
            Class whose log-probability is looked at; None takes the most probable one.
        occlusion_size : int, default=1
            Side, in pixels, of the square that is set to 0. It is put at each place where it
            lies within the image; a pixel gets the mean over the squares that cover it.
        image_shape : tuple of 2 ints or None, default=None
            Height and width; None takes the classifier's ``image_shape`` or, without any,
            infers them, as :class:`~skdigits.DigitCNNClassifier` does.
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.

        Returns
        -------
        display : SaliencyDisplay
            As drawn.

        Raises
        ------
        TypeError
            If `classifier` is not a classifier, has no ``predict_proba``, or is not a
            :class:`~skdigits.DigitCNNClassifier` where the gradient is asked for.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If `image` is not one flat image of one channel, `target` is not one of the classes,
            or a parameter is not valid.

        Notes
        -----
        Probabilities below 1e-30 count as 1e-30 for "occlusion".
        """
        _check_methods(classifier, methods)
        image = check_array(image, dtype=np.float64, ensure_2d=False)
        if image.ndim != 1:
            raise ValueError(
                f"image must be one flat row, such as X[0]; got an array of shape {image.shape}."
            )
        *shape, channels = resolve_image_shape(
            image_shape or getattr(classifier, "image_shape", None), len(image)
        )
        if channels != 1:
            raise ValueError(f"Only images of one channel can be drawn; got {channels} channels.")
        check_scalar(occlusion_size, "occlusion_size", Integral, min_val=1, max_val=min(shape))
        probabilities = classifier.predict_proba(image[np.newaxis])[0]
        code = _code_of(target, classifier.classes_, probabilities)
        maps = {}
        for method in methods:
            if method == "occlusion":
                maps[method] = occlusion_map(classifier, image.reshape(shape), code, occlusion_size)
            else:
                maps[method] = _gradient(classifier, image, code).reshape(shape)
        return cls(
            image=image.reshape(shape),
            maps=maps,
            target=classifier.classes_[code],
            probability=float(probabilities[code]),
        ).plot(ax=ax)

    def plot(self, ax: Any = None, *, cmap: str = "RdBu_r") -> Self:
        """Draw the image and the maps.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A subplot in whose place to draw; None makes a figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            Diverging colours of the maps.

        Returns
        -------
        display : SaliencyDisplay
            This display.
        """
        n_axes = 1 + len(self.maps)
        self.figure_, grid = grid_in(ax, 1, n_axes, (2.6 * n_axes, 3.8))
        self.axes_ = grid.subplots(squeeze=False)[0]
        show_image(self.axes_[0], self.image)
        self.axes_[0].set_title(f"probability of {self.target}: {self.probability:.2f}")
        self._add_scale(self.axes_[0], "ink (count)", [0, 8, 16])
        for axes, (method, values) in zip(self.axes_[1:], self.maps.items(), strict=True):
            title, unit = _METHODS[method]
            highest = np.abs(values).max()
            limit = highest if highest > _ROUNDING else 1.0
            show_image(axes, values, cmap=cmap, vmin=-limit, vmax=limit)
            axes.set_title(title)
            self._add_scale(axes, unit, [-limit, 0, limit])
        return self

    def _add_scale(self, ax: Any, label: str, ticks: list[float]) -> None:
        self.figure_.colorbar(
            ax.images[0],
            ax=ax,
            location="bottom",
            label=label,
            ticks=ticks,
            format="%.2g",
            shrink=0.8,
            pad=0.04,
        )


def _check_methods(classifier: Any, methods: Sequence[str]) -> None:
    check_probabilistic_classifier(classifier)
    if isinstance(methods, str) or not methods or not set(methods) <= set(_METHODS):
        raise ValueError(
            f"methods must be a tuple of one or more of {', '.join(map(repr, _METHODS))}; got "
            f"{methods!r}."
        )
    name = type(classifier).__name__
    if "gradient" in methods and not isinstance(classifier, DigitCNNClassifier):
        raise TypeError(
            f"The gradient needs the Keras network of a DigitCNNClassifier, got {name}; use "
            'methods=("occlusion",).'
        )


def _code_of(target: Any, classes: np.ndarray, probabilities: np.ndarray) -> int:
    if target is None:
        return int(np.argmax(probabilities))
    labels = classes.tolist()
    if target not in labels:
        raise ValueError(f"target={target!r} is not one of the classifier's classes {labels}.")
    return labels.index(target)


def _gradient(classifier: DigitCNNClassifier, image: np.ndarray, code: int) -> np.ndarray:
    from skdigits._tensorflow import tf

    network = classifier.model_
    *layers, softmax = network.layers
    images = tf.constant(image.reshape(1, *network.input_shape[1:]), dtype=tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        values = images
        for layer in layers:
            values = layer(values, training=False)
        # From the logits: the logarithm of a probability that is rounded to 0 has no gradient.
        logits = tf.matmul(values, softmax.kernel) + softmax.bias
        log_probability = tf.nn.log_softmax(logits)[0, code]
    return tape.gradient(log_probability, images).numpy().astype(np.float64)
