"""Adapt scikeras' classifier to today's scikit-learn; no other module knows its internals.

It builds and compiles networks from its parameters, is the "network" step of a classifier's
``pipeline_``, and predicts. It does not train: that is :mod:`skdigits.training._fit`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, TargetTags

from skdigits._parameters import NETWORK_PARAMETERS
from skdigits._tensorflow import keras, keras_defaults
from skdigits.network import (
    NumpyNetwork,
    architecture,
    build_network,
    count_multiplications,
    scale_softmax,
)
from skdigits.training._augmentation import affine_ranges
from skdigits.training._fast_layers import Dropout
from skdigits.training._traced_network import (
    NetworkState,
    Numbers,
    TracedNetwork,
    count_parts,
    decay_kernels_only,
)

# scikeras imports Keras, and so TensorFlow: only after skdigits has brought them up.
from scikeras.wrappers import KerasClassifier  # isort: skip

__all__ = ["FitOutcome", "ScikerasClassifier"]

# Parameters of training other than the layers, the learning rate and the number of epochs.
_TRAINING_PARAMETERS = {
    "augment",
    "batch_size",
    "label_smoothing",
    "learning_rate_schedule",
    "optimizer",
    "optimizer__beta_2",
    "optimizer__weight_decay",
    "shuffle",
}

_RATES = ("model__conv_dropout", "model__dropout")

_COMPILE = {
    "compile__loss": "sparse_categorical_crossentropy",
    "compile__weighted_metrics": ["accuracy"],
    "compile__jit_compile": False,  # "auto" would pick XLA, which is slower on a CPU
}


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """The result of a fit, as arrays and numbers.

    Attributes
    ----------
    state : NetworkState
        Weights, at a temperature of 1, and the optimizer's variables.
    history : dict of str to list of float
        Values after each epoch, including those of earlier fits that this one continued.
    temperature : float
        Divisor of the logits.
    best_iter : int or None
        Epoch, from 1, of the lowest validation loss of a fit with early stopping.
    """

    state: NetworkState
    history: dict[str, list[float]]
    temperature: float
    best_iter: int | None


class ScikerasClassifier(KerasClassifier):
    """The "network" step of a classifier: its parameters, the outcome of training, prediction.

    scikeras routes parameters by prefix, builds from ``model__*``, and compiles from
    ``optimizer__*`` and ``compile__*``. The following is replaced; delete a replacement when
    upstream no longer needs it:

    ``__sklearn_tags__``
        scikeras has ``_more_tags`` only, and its bases stand in an order in which scikit-learn
        does not see a classifier.
    ``fit``, ``partial_fit``
        scikeras validates, encodes and copies prepared data again, traces a new graph for each
        fit, seeds the generators of ``random``, NumPy and TensorFlow and switches op determinism
        on. Here a :class:`~skdigits.training.Fit` trains, and the step takes over the outcome.
    ``model_``
        Made from the weights on first access: they are NumPy arrays, pickle without Keras and
        suffice for prediction.
    ``predict``, ``predict_proba``
        scikeras squeezes one row to one dimension and is slow; prediction is NumPy in float64.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    augment, label_smoothing, learning_rate_schedule, temperature
        As for :class:`~skdigits.DigitCNNClassifier`.
    **kwargs : dict
        Parameters of ``scikeras.wrappers.KerasClassifier``; ``model__*`` go to
        :func:`skdigits.network.build_network`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    state_ : NetworkState
        Weights and optimizer after training, at a temperature of 1.
    layers_ : list of dict
        The network's layers, as :func:`skdigits.network.architecture` describes them.
    history_ : dict of str to list of float
        Values after each epoch.
    temperature_ : float
        Divisor of the logits in prediction.
    best_iter_ : int or None
        Epoch, from 1, of the lowest validation loss of a fit with early stopping.
    """

    _random_state = None  # scikeras would seed the global generators with it

    def __init__(
        self,
        *,
        classes: np.ndarray,
        augment: Any = None,
        label_smoothing: float = 0.0,
        learning_rate_schedule: str = "constant",
        temperature: float | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"model": build_network, **_COMPILE, **kwargs})
        self.classes = classes
        self.augment = augment
        self.label_smoothing = label_smoothing
        self.learning_rate_schedule = learning_rate_schedule
        self.temperature = temperature

    def __sklearn_tags__(self) -> Any:
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags()
        tags.target_tags = TargetTags(required=True)
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "state_")

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Refuse to train by itself."""
        raise NotImplementedError(
            "The network step of a pipeline_ is not fitted by itself; clone and fit the "
            "DigitCNNClassifier that it belongs to."
        )

    partial_fit = fit

    @property
    def seed(self) -> int:
        """Seed of everything random in training."""
        return self.model__seed

    def training_parameters(self) -> dict[str, Any]:
        """Return the parameters of a training other than seed, learning rate and epochs."""
        return {
            name: value
            for name, value in self.get_params(deep=False).items()
            if (name.startswith("model__") and name != "model__seed")
            or name in _TRAINING_PARAMETERS
        }

    def graph(self) -> dict[str, Any]:
        """Return everything that determines a traced network's graph.

        Of a number that may change without a new graph, only its effect on the graph is included.
        """
        rates = {name: float(getattr(self, name)) for name in _RATES}
        return {
            **self.training_parameters(),
            **{name: rate and Dropout.random_bits(rate).name for name, rate in rates.items()},
            **({"optimizer__weight_decay": self._weight_decay() is None} if self._is_adam else {}),
            "augment": self._distortion() is not None,
            "batch_size": self._n_parts(),
            "label_smoothing": self.label_smoothing > 0,
        }

    def numbers(self) -> Numbers:
        """Return the numbers with which a traced network of this graph trains."""
        return Numbers(
            batch_size=self.batch_size,
            learning_rate=self.optimizer__learning_rate,
            label_smoothing=self.label_smoothing,
            dropout_rates=[
                layer["config"]["rate"]
                for layer in self.describe_layers()
                if layer["class_name"] == "Dropout"
            ],
            distortion=self._distortion() or {},
            weight_decay=self._weight_decay(),
        )

    def trace(self) -> TracedNetwork:
        """Build and compile a network to be traced and trained."""
        return TracedNetwork(
            self._build_keras_model(),
            n_parts=self._n_parts(),
            shuffle=self.shuffle,
            schedule=self.learning_rate_schedule,
            augments=self._distortion() is not None,
            smooths=self.label_smoothing > 0,
            **self._get_compile_kwargs(),
        )

    @property
    def _is_adam(self) -> bool:
        return self.optimizer in {"adam", "adamw"}

    def _weight_decay(self) -> float | None:
        return getattr(self, "optimizer__weight_decay", None)

    def _n_parts(self) -> int:
        work = count_multiplications(self.describe_layers(), self.model__image_shape)
        return count_parts(work * self.batch_size)

    def _distortion(self) -> dict[str, float] | None:
        return affine_ranges(self.augment, self.model__image_shape)

    def describe_layers(self) -> list[dict[str, Any]]:
        """Describe the network's layers, from the image on."""
        if getattr(self, "model__layers", None) is not None:  # the layers stored in a model file
            return self.model__layers
        parameters = {name: getattr(self, f"model__{name}") for name in NETWORK_PARAMETERS}
        return architecture(self.model__image_shape, self.model__n_classes, **parameters)

    def with_outcome(self, outcome: FitOutcome) -> Self:
        """Return a fitted copy with this outcome."""
        fitted = copy.copy(self)
        fitted.classes_ = self.classes
        fitted.state_ = outcome.state
        fitted.history_ = outcome.history
        fitted.temperature_ = outcome.temperature
        fitted.best_iter_ = outcome.best_iter
        fitted.layers_ = self.describe_layers()
        fitted._own_network = _OwnNetwork()
        fitted._numpy_network = NumpyNetwork(fitted.layers_, fitted.final_weights())
        return fitted

    def final_weights(self) -> list[np.ndarray]:
        """Return the weights for prediction, the last two divided by the temperature."""
        if self.temperature_ == 1:
            return self.state_.weights
        return scale_softmax(self.state_.weights, self.temperature_)

    def optimizer_shapes(self) -> list[tuple[tuple[int, ...], str]]:
        """Return the shape and the dtype of each of the optimizer's variables."""
        with keras_defaults():
            variables = self._make_own_network().optimizer.variables
        return [(tuple(variable.shape), str(variable.dtype)) for variable in variables]

    @property
    def model_(self) -> keras.Model:
        """A Keras network with the trained weights, for the user."""
        if not hasattr(self, "state_"):
            raise AttributeError("model_")
        with keras_defaults():
            return self._own_network.get(self._make_own_network)

    def _make_own_network(self) -> keras.Model:
        network = self._build_keras_model()
        network.compile(**self._get_compile_kwargs())
        decay_kernels_only(network.optimizer)
        network.optimizer.build(network.trainable_variables)
        network.set_weights(self.final_weights())
        if self.state_.optimizer:
            network.optimizer.set_weights(self.state_.optimizer)
        # A schedule ends near 0, and nothing would move it in further training by hand.
        network.optimizer.learning_rate = self.optimizer__learning_rate
        return network

    def feature_maps(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Return the maps after each convolution and each pooling, normalised and activated."""
        maps: dict[str, np.ndarray] = {}
        for name, output in self._numpy_network.layer_outputs(X):
            if name.startswith(("conv", "pool")):
                is_of_the_last = name.endswith(("_norm", "_activation"))
                maps[list(maps)[-1] if is_of_the_last else name] = output
        return maps

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return class probabilities for images `X`: float64, (n_samples, n_classes)."""
        return self._numpy_network.predict_proba(X)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable label of each of the images `X`."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class _OwnNetwork:
    """Holds a classifier's own Keras network, which is made on first access.

    It pickles and copies as empty, and making the network does not change the attributes of the
    estimator.
    """

    def __init__(self) -> None:
        self._network: keras.Model | None = None

    def get(self, make: Callable[[], keras.Model]) -> keras.Model:
        if self._network is None:
            self._network = make()
        return self._network

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()
