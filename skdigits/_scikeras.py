"""The one room that knows scikeras' inside."""

import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, TargetTags

from skdigits.exceptions import TrainingInterruptedWarning
from skdigits.inference import NumpyNetworkCache
from skdigits.network import build_network
from skdigits.training import DropoutSeeds, EpochSnapshot, Rows, epoch_batches

__all__ = ["ScikerasClassifier"]

_COMPILE = {
    "loss": "sparse_categorical_crossentropy",
    "weighted_metrics": ["accuracy"],
    "jit_compile": False,  # "auto" would pick XLA, which is slower on a CPU
}


class ScikerasClassifier(KerasClassifier):
    """scikeras' classifier, adapted to today's scikit-learn and to reproducible training.

    Kept from scikeras: building from ``model__*`` and compiling from ``optimizer__*``
    parameters, label encoding, epoch counting and ``history_`` over successive fits, and
    pickling of ``keras.Model``.

    Overridden, each to be deleted when upstream no longer needs it:

    ``__sklearn_tags__``
        scikeras has ``_more_tags`` only, and its bases stand in an order in which scikit-learn
        does not see a classifier.
    ``_validate_data``
        scikeras refuses to predict from a wider dtype than it was fitted on; images are
        float32 here.
    ``_fit_keras_model``
        scikeras seeds the generators of ``random``, NumPy and TensorFlow and switches op
        determinism on. Its ``random_state`` stays None; batches, dropout and initial weights
        come from ``seed``. A whole epoch is one graph execution. An interrupted fit falls
        back to the last finished epoch.
    ``predict_proba``, ``predict``
        scikeras squeezes one row to one dimension and is slow; prediction is NumPy in float64.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels. scikeras would take them from the first ``y``, which may lack some.
    seed : int
        Seed of everything random in training.
    **kwargs : dict
        Parameters of ``scikeras.wrappers.KerasClassifier``; ``model__*`` go to
        :func:`skdigits.network.build_network`.
    """

    def __init__(self, *, classes: np.ndarray, seed: int, **kwargs: Any) -> None:
        compile_parameters = {f"compile__{name}": value for name, value in _COMPILE.items()}
        super().__init__(**{"model": build_network, **compile_parameters, **kwargs})
        self.classes = classes
        self.seed = seed

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
        """
        self.classes_ = self.classes
        if resume:
            self.model_.optimizer.learning_rate = self.optimizer__learning_rate
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
                validation_rows=validation_rows,
            )

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
        callbacks: Sequence[keras.callbacks.Callback] = (),
        validation_rows: Rows | None = None,
    ) -> None:
        self._compile_for(math.ceil(len(y) / self.batch_size))
        self._numpy_network = NumpyNetworkCache()
        snapshot = EpochSnapshot()
        self._fit_callbacks = [DropoutSeeds(), *callbacks, snapshot]
        try:
            super()._fit_keras_model(
                epoch_batches(
                    Rows(X, y, sample_weight),
                    batch_size=self.batch_size,
                    epochs=range(initial_epoch, initial_epoch + epochs),
                    shuffle=self.shuffle,
                    seed=self.seed,
                ),
                None,
                sample_weight=None,
                warm_start=warm_start,
                epochs=epochs,
                initial_epoch=initial_epoch,
                batch_size=None,
                shuffle=False,
                steps_per_epoch=self.model_.steps_per_execution,
                validation_data=validation_rows,
                validation_batch_size=None if validation_rows is None else len(validation_rows.y),
            )
        except KeyboardInterrupt:
            snapshot.restore()
            if not snapshot.logs:
                raise
            self._append_to_history(snapshot.logs, initial_epoch)
            warnings.warn(
                f"Training was interrupted: the model of the {len(snapshot.logs)} finished of "
                f"{epochs} epochs is kept. Call partial_fit, or fit with warm_start=True, to "
                "go on.",
                TrainingInterruptedWarning,
                stacklevel=2,
            )
        finally:
            # The caller's callbacks must not travel with the pickled classifier, nor hold
            # on to its network.
            self._fit_callbacks = []
            for callback in callbacks:
                callback._model = None

    def _compile_for(self, steps: int) -> None:
        """Make one graph execution of each epoch; tracing anew only if the count changed."""
        model = self.model_
        if model.steps_per_execution != steps:
            model.compile(optimizer=model.optimizer, steps_per_execution=steps, **_COMPILE)

    def _append_to_history(self, logs: list[dict[str, float]], initial_epoch: int) -> None:
        if initial_epoch == 0:
            self.history_ = defaultdict(list)
        for epoch_logs in logs:
            for name, value in epoch_logs.items():
                self.history_[name].append(value)

    def feature_maps(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Give the output of each convolution, after its activation, and of each pooling."""
        maps = {}
        for name, output in self._numpy_network.get(self.model_).layer_outputs(X):
            if name.startswith(("conv", "pool")):
                # normalisation and activation are layers of their own: the last one stands
                maps["_".join(name.split("_")[:2])] = output
        return maps

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Give class probabilities for images `X`: float64, (n_samples, n_classes)."""
        return self._numpy_network.get(self.model_).predict_proba(X)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Give the most probable label for each of the images `X`."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
