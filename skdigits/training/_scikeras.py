"""The one room that knows scikeras' inside."""

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, TargetTags

from skdigits._parameters import NETWORK_PARAMETERS
from skdigits._tensorflow import keras
from skdigits.exceptions import TrainingInterruptedWarning
from skdigits.network import (
    NumpyNetwork,
    architecture,
    build_network,
    fit_temperature,
    scale_softmax,
)
from skdigits.training import (
    Checkpoint,
    CheckpointWriter,
    EarlyStopping,
    EpochLogs,
    NetworkState,
    ProgressLine,
    RandomAffine,
    Rows,
    TrainingNetwork,
    crossentropy,
    decay_kernels_only,
    epoch_keys,
)
from skdigits.training._pool import TRAINING_NETWORKS

# scikeras imports Keras, and so TensorFlow: only after skdigits has brought them up.
from scikeras.wrappers import KerasClassifier  # isort: skip

__all__ = ["ScikerasClassifier"]

# What a traced network cannot change, beside the parameters of the network itself.
_TRACED_PARAMETERS = {
    "augment",
    "batch_size",
    "label_smoothing",
    "learning_rate_schedule",
    "optimizer",
    "optimizer__beta_2",
    "optimizer__weight_decay",
    "shuffle",
    "warmup_fraction",
}

_COMPILE = {
    "loss": "sparse_categorical_crossentropy",
    "weighted_metrics": ["accuracy"],
    "jit_compile": False,  # "auto" would pick XLA, which is slower on a CPU
}


class ScikerasClassifier(KerasClassifier):
    """scikeras' classifier, adapted to today's scikit-learn and to reproducible, fast training.

    Kept from scikeras: building from ``model__*`` and compiling from ``optimizer__*``
    parameters, label encoding, epoch counting and ``history_`` over successive fits.

    Overridden, each to be deleted when upstream no longer needs it:

    ``__sklearn_tags__``
        scikeras has ``_more_tags`` only, and its bases stand in an order in which scikit-learn
        does not see a classifier.
    ``_validate_data``
        scikeras refuses to predict from a wider dtype than it was fitted on; images are
        float32 here.
    ``_build_keras_model``, ``model_``
        scikeras traces a network of its own for each fit. Here training borrows a traced one,
        and its outcome, ``state_``, is NumPy arrays: they pickle without Keras and are all that
        prediction needs. ``model_`` is made from them when it is asked for.
    ``_fit_keras_model``
        scikeras seeds the generators of ``random``, NumPy and TensorFlow and switches op
        determinism on. Its ``random_state`` stays None; batches, dropout and initial weights
        come from ``seed``. An interrupted fit falls back to the last finished epoch.
    ``predict_proba``, ``predict``
        scikeras squeezes one row to one dimension and is slow; prediction is NumPy in float64.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels. scikeras would take them from the first ``y``, which may lack some.
    seed : int
        Seed of everything random in training.
    augment, label_smoothing, learning_rate_schedule, warmup_fraction, temperature
        As for :class:`~skdigits.DigitCNNClassifier`.
    **kwargs : dict
        Parameters of ``scikeras.wrappers.KerasClassifier``; ``model__*`` go to
        :func:`skdigits.network.build_network`.

    Attributes
    ----------
    state_ : NetworkState
        Weights and optimizer as training has left them, at a temperature of 1.
    layers_ : list of dict
        The network's layers, as :func:`skdigits.network._architecture.architecture` describes them.
    temperature_ : float
        What the logits are divided by when it predicts.
    """

    state_: NetworkState
    history_: dict[str, list[float]]

    def __init__(
        self,
        *,
        classes: np.ndarray,
        seed: int,
        augment: Any = None,
        label_smoothing: float = 0.0,
        learning_rate_schedule: str = "constant",
        warmup_fraction: float = 0.3,
        temperature: float | str | None = None,
        **kwargs: Any,
    ) -> None:
        compile_parameters = {f"compile__{name}": value for name, value in _COMPILE.items()}
        super().__init__(**{"model": build_network, **compile_parameters, **kwargs})
        self.classes = classes
        self.seed = seed
        self.augment = augment
        self.label_smoothing = label_smoothing
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup_fraction = warmup_fraction
        self.temperature = temperature

    def __sklearn_tags__(self) -> Any:
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags()
        tags.target_tags = TargetTags(required=True)
        return tags

    def train(
        self,
        rows: Rows,
        validation_rows: Rows | None,
        *,
        epochs: int,
        resume: bool,
        callbacks: Sequence[keras.callbacks.Callback],
        finished: EpochLogs,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Train a new network, or go on with the one there is, for some epochs.

        Parameters
        ----------
        rows : Rows
            Images of shape (n_samples, height, width, channels), indices into `classes` and
            positive weights.
        validation_rows : Rows or None
            Rows to evaluate after each epoch.
        epochs : int
            Epochs to train.
        resume : bool
            Whether to go on with the present network.
        callbacks : sequence of keras.callbacks.Callback
            Called during training.
        finished : EpochLogs
            Called after them, and knows which epochs have been finished.
        checkpoint : Checkpoint or None
            Where each epoch's outcome is kept. What is there already is not trained again.
        """
        self.classes_ = self.classes
        self._random_state = None  # scikeras sets it only after the network is there
        kind = repr(
            {
                name: value
                for name, value in self.get_params(deep=False).items()
                if name.startswith("model__") or name in _TRACED_PARAMETERS
            }
            | {"model__seed": None}
        )
        with TRAINING_NETWORKS.borrow(
            kind, make=self._make_training_network, is_sound=TrainingNetwork.is_sound
        ) as network:
            if resume:
                network.load(self.state_)
            else:
                network.reset(self.seed)
            self._borrowed = network
            try:
                # scikeras' encoders would follow a global set_output and then fail.
                with config_context(transform_output="default"):
                    self._fit(
                        rows.X,
                        self.classes[rows.y],
                        rows.sample_weight,
                        warm_start=resume,
                        epochs=epochs,
                        initial_epoch=self.current_epoch if resume else 0,
                        callbacks=callbacks,
                        finished=finished,
                        validation_rows=validation_rows,
                        checkpoint=checkpoint,
                    )
            finally:
                self._borrowed = None
            state = network.state()
        self._keep(state, validation_rows)

    def training_parameters(self, *, with_seed: bool) -> dict[str, Any]:
        """Return the parameters that training follows from, but for the batch size."""
        parameters = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name.startswith("model__") or name in _TRACED_PARAMETERS - {"batch_size"}
        } | {"seed": self.seed, "optimizer__learning_rate": self.optimizer__learning_rate}
        return parameters if with_seed else parameters | {"seed": None, "model__seed": None}

    def as_of_now(self, finished: EpochLogs, validation_rows: Rows | None) -> Self:
        """Return a copy as if training, which goes on, had ended with the last finished epoch."""
        network = self._borrowed
        now = copy.copy(self)
        now._borrowed = None
        now._fit_callbacks = []
        now.history_ = self._history_with(finished.logs)
        now._keep(network.state(), validation_rows)
        return now

    def restore(
        self,
        weights: list[np.ndarray],
        *,
        history: Mapping[str, list[float]],
        temperature: float,
    ) -> Self:
        """Be as after the training that gave these weights, with an optimizer that is new.

        Parameters
        ----------
        weights : list of ndarray
            In the order of ``keras.Model.get_weights``, at a temperature of 1.
        history : mapping of str to list of float
            Values after each epoch.
        temperature : float
            What the logits are divided by when it predicts.

        Returns
        -------
        self : ScikerasClassifier
            Ready to predict, and to :meth:`train` further.
        """
        self.classes_ = self.classes
        self._borrowed = None
        with config_context(transform_output="default"):
            image = np.zeros((1, *self.model__image_shape), np.float32)
            self._initialize(image, self.classes[:1])
        self.history_ = defaultdict(list, history)
        self._take(NetworkState(weights, optimizer=[]))
        self._use_temperature(temperature)
        return self

    def optimizer_shapes(self) -> list[tuple[tuple[int, ...], str]]:
        """Return the shape and the dtype of each of the optimizer's variables."""
        variables = self._make_own_network().optimizer.variables
        return [(tuple(variable.shape), str(variable.dtype)) for variable in variables]

    def _keep(self, state: NetworkState, validation_rows: Rows | None) -> None:
        self._take(state)
        self._use_temperature(self._find_temperature(validation_rows))

    def _take(self, state: NetworkState) -> None:
        self.state_ = state
        parameters = {name: getattr(self, f"model__{name}") for name in NETWORK_PARAMETERS}
        self.layers_ = architecture(self.model__n_classes, **parameters)
        self._own_network = _OwnNetwork()
        self._numpy_network = NumpyNetwork(self.layers_, self.state_.weights)

    def _use_temperature(self, temperature: float) -> None:
        self.temperature_ = temperature
        if temperature != 1:
            self._numpy_network = NumpyNetwork(self.layers_, self._final_weights())

    def _find_temperature(self, validation_rows: Rows | None) -> float:
        if self.temperature != "validation":
            return 1.0 if self.temperature is None else float(self.temperature)
        if validation_rows is None:  # partial_fit
            return getattr(self, "temperature_", 1.0)
        probabilities = self._numpy_network.predict_proba(validation_rows.X)
        return fit_temperature(probabilities, validation_rows.y, validation_rows.sample_weight)

    def _final_weights(self) -> list[np.ndarray]:
        return scale_softmax(self.state_.weights, self.temperature_)

    def _make_training_network(self) -> TrainingNetwork:
        return TrainingNetwork(
            super()._build_keras_model(),
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            schedule=self.learning_rate_schedule,
            warmup_fraction=self.warmup_fraction,
            augmentation=RandomAffine.from_parameter(self.augment, self.model__image_shape),
            **{**self._get_compile_kwargs(), "loss": crossentropy(self.label_smoothing)},
        )

    def _build_keras_model(self) -> TrainingNetwork:
        return self._borrowed

    @property
    def model_(self) -> keras.Model:
        """The network in training or, later, one of its own with the trained weights."""
        if getattr(self, "_borrowed", None) is not None:
            return self._borrowed
        if not hasattr(self, "state_"):
            raise AttributeError("model_")
        return self._own_network.get(self._make_own_network)

    @model_.setter
    def model_(self, network: TrainingNetwork) -> None:
        """Take what scikeras assigns: the borrowed network, which is here already."""

    def _make_own_network(self) -> keras.Model:
        network = super()._build_keras_model()
        network.compile(**self._get_compile_kwargs())
        decay_kernels_only(network.optimizer)
        network.optimizer.build(network.trainable_variables)
        network.set_weights(self._final_weights())
        if self.state_.optimizer:
            network.optimizer.set_weights(self.state_.optimizer)
        # A schedule ends near 0, and nothing would move it in further training by hand.
        network.optimizer.learning_rate = self.optimizer__learning_rate
        return network

    def _validate_data(
        self, X: Any = None, y: Any = None, reset: bool = False, y_numeric: bool = False
    ) -> Any:
        if X is not None:
            X = np.asarray(X, dtype=np.float32)
        return super()._validate_data(X, y, reset=reset, y_numeric=y_numeric)

    def _fit_keras_model(  # noqa: PLR0917
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray,
        warm_start: bool,
        epochs: int,
        initial_epoch: int,
        callbacks: Sequence[keras.callbacks.Callback],
        finished: EpochLogs,
        validation_rows: Rows | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        numbers = left = range(initial_epoch, initial_epoch + epochs)
        before = self._history_with([])  # scikeras extends the lists that are there
        found = None if checkpoint is None else checkpoint.found
        stopping = next((c for c in callbacks if isinstance(c, EarlyStopping)), None)
        if found is not None:
            finished.logs.extend(found.logs)
            left = numbers[len(found.logs) : len(found.logs) if found.is_stopped else None]
            if stopping is not None:
                stopping.left_at = found.stopping
        line = ProgressLine(numbers, shown=self.verbose == 1, done=len(finished.logs))
        self._fit_callbacks = [*callbacks, line, finished]
        if checkpoint is not None:
            self._fit_callbacks.append(
                CheckpointWriter(checkpoint, seed=self.seed, finished=finished, stopping=stopping)
            )
        try:
            with (
                line,
                self._borrowed.training_on(
                    Rows(X, y.ravel(), sample_weight),
                    validation_rows,
                    epochs=numbers,
                    learning_rate=self.optimizer__learning_rate,
                ),
            ):
                if found is not None:
                    self._borrowed.load(found.network)
                super()._fit_keras_model(
                    epoch_keys(self.seed, left),
                    None,
                    sample_weight=None,
                    warm_start=warm_start,
                    epochs=len(left),
                    initial_epoch=left.start,
                    batch_size=None,
                    shuffle=False,
                    verbose=0 if self.verbose == 1 else self.verbose,
                    steps_per_epoch=1,
                    validation_data=None
                    if validation_rows is None
                    else epoch_keys(self.seed, range(1)),
                )
        except KeyboardInterrupt:
            n_finished = len(finished.logs)
            if not n_finished:
                raise
            if found is not None and n_finished == len(found.logs):
                self._borrowed.load(found.network)
            else:
                self._borrowed.roll_back(to_epoch=initial_epoch + n_finished)
            how = "partial_fit, or fit with warm_start=True,"
            if checkpoint is not None and not warm_start:
                how = f"fit as before, which finds {str(checkpoint.path)!r}, or {how}"
            warnings.warn(
                f"Training was interrupted: the model of the {n_finished} finished of {epochs} "
                f"epochs is kept. Call {how} to go on.",
                TrainingInterruptedWarning,
                stacklevel=2,
            )
        finally:
            # The caller's callbacks must not travel with the pickled classifier, nor hold
            # on to the network.
            self._fit_callbacks = []
            for callback in (*callbacks, finished):
                callback._model = None
        self.history_ = self._history_with(finished.logs, before)

    def _history_with(
        self, logs: list[dict[str, float]], before: Mapping[str, list[float]] | None = None
    ) -> dict[str, list[float]]:
        before = getattr(self, "history_", {}) if before is None else before
        history = defaultdict(list, {name: [*values] for name, values in before.items()})
        for epoch_logs in logs:
            for name, value in epoch_logs.items():
                history[name].append(value)
        return history

    def feature_maps(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Return what each convolution and each pooling hand on, normalised and activated."""
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
        """Return the most probable label for each of the images `X`."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class _OwnNetwork:
    """Holds a classifier's own Keras network, made when it is first asked for.

    It pickles and copies as empty, and an estimator's attributes do not change when it is made.
    """

    def __init__(self) -> None:
        self._network: keras.Model | None = None

    def get(self, make: Callable[[], keras.Model]) -> keras.Model:
        if self._network is None:
            self._network = make()
        return self._network

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()
