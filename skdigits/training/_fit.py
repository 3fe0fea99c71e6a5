"""Fit a network: borrow a traced network, train it epoch by epoch, keep its state."""

import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from skdigits._tensorflow import device, keras, keras_defaults
from skdigits._validation import caller_stacklevel
from skdigits.network import NumpyNetwork, fit_temperature
from skdigits.training._callbacks import (
    DivergenceError,
    EpochTasks,
    check_finite,
    left_as_found,
)
from skdigits.training._checkpoint import Checkpoint, FitState, claim_checkpoint, fit_digest
from skdigits.training._early_stopping import EarlyStopping
from skdigits.training._fit_data import FitData
from skdigits.training._pool import TRACED_NETWORKS
from skdigits.training._progress import ProgressLine
from skdigits.training._rows import Rows, auto_batch_size, in_parts, set_aside
from skdigits.training._schedule import halved_at
from skdigits.training._scikeras import FitOutcome, ScikerasClassifier
from skdigits.training._traced_network import NetworkState, TracedNetwork, as_tensors

__all__ = ["Fit"]

# Features as large as this make networks without normalisation lose accuracy, or learn nothing;
# twice the digits' counts do not.
_UNSCALED = 64


@dataclass(eq=False, kw_only=True)
class Fit:
    """The training of one network on prepared rows, for some epochs.

    Parameters
    ----------
    network : ScikerasClassifier
        The network's parameters and, where training continues, its state.
        A run sets its batch size and, from a checkpoint, its seed.
    data : FitData
        Samples to train on and, optionally, to evaluate after each epoch.
    epochs : int
        Epochs to train.
    resume : bool
        Continue from the state of `network` instead of starting from scratch.
    batch_size : int or "auto"
        Samples in a mini-batch.
    validation_fraction : float or None
        Fraction of the samples to set aside and evaluate after each epoch.
    patience : int or None
        Epochs without a better validation loss before training stops early.
    callbacks : sequence of keras.callbacks.Callback
        The caller's callbacks.
    checkpoint : path or None
        Folder that keeps the state after each epoch. Epochs found there are not trained again.
    draws_seed : bool
        Whether the seed of a new network is drawn at random. A fit then also continues from a
        checkpoint with another seed.
    """

    network: ScikerasClassifier
    data: FitData
    epochs: int
    resume: bool
    batch_size: int | str
    validation_fraction: float | None
    patience: int | None
    callbacks: Sequence[keras.callbacks.Callback]
    checkpoint: str | os.PathLike[str] | None
    draws_seed: bool

    def __post_init__(self) -> None:
        network = self.network
        self._history = network.history_ if self.resume else {}
        first = len(self._history["loss"]) if self.resume else 0
        self._epochs = range(first, first + self.epochs)
        self._stopping: EarlyStopping | None = None
        if self.patience is not None:
            waits = math.ceil(halved_at(network.learning_rate_schedule) * self.epochs)
            self._stopping = EarlyStopping(self.patience, patient_from=waits)
        self._validation: Rows | None = None
        self._state = _nothing_trained(network.seed)

    @property
    def has_outcome(self) -> bool:
        """Whether an epoch has finished."""
        return bool(self._state.logs)

    def run(
        self,
        context: Any,
        task: Mapping[str, Any],
        attributes: Callable[[FitOutcome], dict[str, Any]],
    ) -> None:
        """Train, and call scikit-learn's callbacks for each epoch.

        `context` is the callbacks' context of the fit, and `task` the arguments of each call.
        `attributes` returns the attributes of an estimator fitted with an outcome. If an exception
        ends training, :meth:`outcome` returns the outcome of the last finished epoch.
        """
        network = self.network
        tasks = EpochTasks(context, task, lambda: attributes(self.outcome()))
        self._warn_of_unscaled_features()
        # A caller may have NumPy raise on underflow; here, results too small for a float become 0.
        with np.errstate(under="ignore"), claim_checkpoint(self.checkpoint, self._digest()) as file:
            # The seed of a checkpoint decides which samples are set aside, so read it first.
            self._state = file.read() or _nothing_trained(network.seed)
            network.set_params(model__seed=self._state.seed)
            rows = self._divide_rows()
            is_auto = self.batch_size == "auto"
            batch_size = auto_batch_size(len(rows.y)) if is_auto else self.batch_size
            network.set_params(batch_size=batch_size)
            with (
                self._borrowed_network() as traced,
                left_as_found(self.callbacks),
                ProgressLine(
                    self._epochs, verbose=network.verbose, done=len(self._state.logs)
                ) as line,
            ):
                try:
                    self._train(traced, rows, line, file, tasks)
                except KeyboardInterrupt as interrupt:
                    if self.has_outcome:
                        interrupt.add_note(self._how_to_go_on(file.path))
                    raise
                except DivergenceError:  # the same fit would diverge again
                    file.remove()
                    raise

    def outcome(self) -> FitOutcome:
        """Return the result of the epochs that have finished."""
        state = self._state
        earlier, first = self._history, self._epochs.start
        # The history is a table, with NaN where an epoch has no value of a name. Names are sorted,
        # as in a model file.
        history = {
            name: [
                *earlier.get(name, [math.nan] * first),
                *(values.get(name, math.nan) for values in state.logs),
            ]
            for name in sorted({*earlier, *chain.from_iterable(state.logs)})
        }
        # The best epoch is counted from 1, over all fits that this one continued.
        best = None
        if self._stopping is not None:
            best = first + int(np.argmin(history["val_loss"][first:])) + 1
        with np.errstate(under="ignore"):
            temperature = self._temperature(state.network.weights)
        return FitOutcome(state.network, history, temperature, best)

    def _digest(self) -> str:
        """Return a digest of everything that determines this fit, empty without a folder."""
        if self.checkpoint is None:
            return ""
        network = self.network
        description = network.training_parameters() | {
            "seed": None if self.draws_seed and not self.resume else network.seed,
            "learning_rate": network.optimizer__learning_rate,
            "epochs": self._epochs,
            "batch_size": self.batch_size,
            "validation_fraction": self.validation_fraction,
            "stopping": self._stopping,
        }
        rows = [rows for rows in (self.data.rows, self.data.validation) if rows is not None]
        images = (X[part] for X, _, _ in rows for part in in_parts(len(X)))
        others = (values for _, *arrays in rows for values in arrays)
        state = chain.from_iterable(network.state_) if self.resume else ()
        return fit_digest(description, chain(images, others, state))

    def _divide_rows(self) -> Rows:
        """Return the samples to train on, and keep those to evaluate after each epoch."""
        rows, self._validation = self.data.rows, self.data.validation
        if self._validation is None:
            rows, self._validation = set_aside(
                rows, self.validation_fraction, seed=self.network.seed, classes=self.data.classes
            )
        return rows

    @contextmanager
    def _borrowed_network(self) -> Iterator[TracedNetwork]:
        """Borrow a traced network from the pool, with the weights to begin with."""
        network = self.network
        with (
            keras_defaults(),
            TRACED_NETWORKS.borrow(
                (device(), repr(network.graph())),
                make=network.trace,
                is_sound=TracedNetwork.is_sound,
            ) as traced,
        ):
            if self.resume:
                traced.load(network.state_)
            else:
                traced.reset(network.seed)
            traced.set_numbers(network.numbers())
            # A checkpoint comes last: it also has the learning rate that a callback may have set.
            if self.has_outcome:
                traced.load(self._state.network)
            traced.model.classes = self.data.classes
            yield traced

    def _train(
        self,
        traced: TracedNetwork,
        rows: Rows,
        line: ProgressLine,
        file: Checkpoint,
        tasks: EpochTasks,
    ) -> None:
        """Train the epochs that an earlier process has not finished."""
        network, model = self.network, traced.model
        shape = self.data.reshaper.image_shape_
        tensors, validation = as_tensors(rows, shape), None
        if self._validation is not None:
            validation = as_tensors(self._validation, shape)
        callbacks = self._callback_list(model, line)
        # A fit that had stopped before its process was killed has no epochs left.
        left = self._epochs[len(self._state.logs) :] if not self._state.is_stopped else range(0)
        model.stop_training = False
        rate, is_overruled, logs = model.optimizer.learning_rate.numpy(), False, None
        callbacks.on_train_begin()
        for epoch in left:
            callbacks.on_epoch_begin(epoch)
            with tasks.epoch():
                callbacks.on_train_batch_begin(0)
                # A callback may have set the learning rate, which a schedule replaces.
                is_overruled |= bool(model.optimizer.learning_rate.numpy() != rate)
                logs = traced.train_epoch(
                    tensors, seed=network.seed, epoch=epoch, epochs=self._epochs
                )
                callbacks.on_train_batch_end(0, logs)
                if validation is not None:
                    logs |= _evaluate(traced, validation, callbacks)
                check_finite(logs, model.get_weights(), epoch=epoch, causes=self._name_causes)
                rate = model.optimizer.learning_rate.numpy()
                # CallbackList.on_epoch_end would pass a copy: values that a callback adds, such as
                # the learning rate, would not reach the history.
                for callback in callbacks.callbacks:
                    callback.on_epoch_end(epoch, logs)
                self._finish_epoch(traced, logs)
            # The checkpoint follows the callbacks: each of them may have decided to stop.
            model.stop_training |= tasks.asks_to_stop
            self._state = self._state._replace(is_stopped=bool(model.stop_training))
            file.write(self._state)
            if model.stop_training:
                break
        # Callbacks may restore the best weights in on_train_end.
        callbacks.on_train_end(logs)
        ended = traced.state()
        if self._stopping is not None:
            ended = ended._replace(weights=self._state.best_weights)
        self._state = self._state._replace(network=ended)
        file.remove()
        if is_overruled and network.learning_rate_schedule != "constant":
            self._warn_of_overruled_rate()

    def _callback_list(
        self, model: keras.Model, line: ProgressLine
    ) -> keras.callbacks.CallbackList:
        return keras.callbacks.CallbackList(
            [*self.callbacks, line],
            add_history=True,
            add_progbar=False,
            model=model,
            verbose=0,
            epochs=self._epochs.stop,
            steps=1,
        )

    def _finish_epoch(self, traced: TracedNetwork, logs: dict[str, float]) -> None:
        """Keep the state after an epoch, and decide whether to stop early."""
        state = traced.state()
        all_logs, best_weights = [*self._state.logs, dict(logs)], self._state.best_weights
        if self._stopping is not None:
            losses = [values["val_loss"] for values in all_logs]
            if self._stopping.is_best(losses):
                best_weights = state.weights
            if self._stopping.is_over(losses):
                traced.model.stop_training = True
        self._state = self._state._replace(logs=all_logs, network=state, best_weights=best_weights)

    def _warn_of_overruled_rate(self) -> None:
        names = ", ".join(type(callback).__name__ for callback in self.callbacks)
        warnings.warn(
            f"A callback (of {names}) has set the learning rate, which has no effect: "
            f"learning_rate_schedule={self.network.learning_rate_schedule!r} sets it at each "
            'step. Use learning_rate_schedule="constant" with such a callback.',
            UserWarning,
            stacklevel=caller_stacklevel(),
        )

    def _how_to_go_on(self, checkpoint: Path | None) -> str:
        how = "partial_fit, or fit with warm_start=True,"
        if checkpoint is not None and not self.resume:
            how = f"fit as before, which finds {str(checkpoint)!r}, or {how}"
        return (
            f"The classifier keeps the {len(self._state.logs)} finished of {len(self._epochs)} "
            f"epochs and can predict. Call {how} to continue."
        )

    def _name_causes(self) -> str:
        """Return a sentence on what to change in a training that diverges."""
        network = self.network
        return (
            f"Lower learning_rate ({network.optimizer__learning_rate:g}, with "
            f"optimizer={network.optimizer!r}), or scale the features: the largest is "
            f"{self._largest():g}, and rescale={network.model__rescale!r}."
        )

    def _largest(self) -> float:
        images = self.data.rows.X
        return float(max(np.abs(images[part]).max() for part in in_parts(len(images))))

    def _warn_of_unscaled_features(self) -> None:
        if self.network.model__batch_normalization:
            return
        largest, rescale = self._largest(), self.network.model__rescale
        if largest * (rescale or 1) < _UNSCALED:
            return
        warnings.warn(
            f"The largest feature is {largest:g}, with rescale={rescale!r}, and the network does "
            "not normalise (batch_normalization=False): it may learn little or nothing. Set "
            f"rescale={1 / largest:.3g}, which brings the features to 1, or "
            "batch_normalization=True.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )

    def _temperature(self, weights: list[np.ndarray]) -> float:
        network, validation = self.network, self._validation
        if network.temperature != "validation":
            return 1.0 if network.temperature is None else float(network.temperature)
        if validation is None:  # partial_fit
            return network.temperature_ if self.resume else 1.0
        probabilities = NumpyNetwork(network.describe_layers(), weights).predict_proba(
            validation.X[:]
        )
        return fit_temperature(probabilities, validation.y, validation.sample_weight)


def _nothing_trained(seed: int) -> FitState:
    return FitState(seed, [], False, NetworkState([], []), [])


def _evaluate(
    traced: TracedNetwork, rows: list[Any], callbacks: keras.callbacks.CallbackList
) -> dict[str, float]:
    """Evaluate the validation rows of an epoch."""
    callbacks.on_test_begin()
    callbacks.on_test_batch_begin(0)
    logs = traced.evaluate(rows)
    callbacks.on_test_batch_end(0, logs)
    callbacks.on_test_end(logs)
    return {f"val_{name}": value for name, value in logs.items()}
