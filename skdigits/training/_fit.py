"""Fit a network: prepare rows, borrow a traced network, train it, copy out what came of it."""

import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skdigits._tensorflow import device, keras, keras_defaults
from skdigits._validation import caller_stacklevel
from skdigits.network import NumpyNetwork, fit_temperature
from skdigits.preprocessing import ImageReshaper
from skdigits.training._callbacks import (
    DivergenceCheck,
    EpochTasks,
    ScheduleWatch,
    left_as_found,
)
from skdigits.training._checkpoint import (
    Checkpoint,
    CheckpointWriter,
    claim_checkpoint,
    fit_digest,
)
from skdigits.training._early_stopping import EarlyStopping
from skdigits.training._pool import TRACED_NETWORKS
from skdigits.training._progress import ProgressLine
from skdigits.training._rows import (
    Images,
    Rows,
    auto_batch_size,
    check_magnitudes,
    describe_rows,
    in_parts,
    index_rows,
    merge_rows,
    naming_validation_rows,
    set_aside,
)
from skdigits.training._schedule import halved_at
from skdigits.training._scikeras import ScikerasClassifier
from skdigits.training._traced_network import NetworkState, TracedNetwork, epoch_keys

__all__ = ["Fit", "FitData", "FitOutcome"]

# Features as large as this make networks without normalisation lose accuracy, or learn nothing;
# twice the digits' counts do not.
_UNSCALED = 64


@dataclass(frozen=True, eq=False)
class FitData:
    """What a fit was given, ready to be trained on.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    reshaper : ImageReshaper
        From rows of features to images, fitted.
    rows : Rows
        Images, class indices and positive weights of mean 1; no row occurs twice.
    validation : Rows or None
        The caller's own rows to evaluate after each epoch, in the same form.
    description : dict
        What :func:`~skdigits.training.describe_rows` says of the rows as they were given.
    """

    classes: np.ndarray
    reshaper: ImageReshaper
    rows: Rows
    validation: Rows | None
    description: dict[str, Any]

    @classmethod
    def prepare(
        cls,
        given: Rows,
        validation: Rows | None,
        *,
        classes: np.ndarray | None,
        class_weight: dict[Any, float] | str | None,
        reshaper: ImageReshaper,
        keep_order: bool,
    ) -> Self:
        """Prepare validated rows with their labels.

        `classes`, sorted, are all labels there can be; None takes those of the rows that count.
        `keep_order` keeps the order of the rows, instead of sorting them. ValueError is raised if
        labels, weights or the shape of the images are not possible.
        """
        check_magnitudes(given, name="X")
        reshaper = clone(reshaper).fit(given.X)
        shape = reshaper.image_shape_
        rows = given._replace(X=Images(given.X, shape))
        classes, rows = index_rows(*rows, classes, class_weight)
        description = describe_rows(*given, classes)
        if validation is not None:
            check_magnitudes(validation, name="X_val")
            with naming_validation_rows():
                validation = validation._replace(X=Images(validation.X, shape))
                _, validation = index_rows(*validation, classes, class_weight)
            validation = merge_rows(validation, keep_order=keep_order)
        rows = merge_rows(rows, keep_order=keep_order)
        return cls(classes, reshaper, rows, validation, description)


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """What came of a fit, as arrays and numbers.

    Attributes
    ----------
    state : NetworkState
        Weights, at a temperature of 1, and the optimizer's variables.
    history : dict of str to list of float
        Values after each epoch, those of earlier fits that this one went on from included.
    temperature : float
        What the logits are to be divided by.
    best_iter : int or None
        Epoch, from 1, of the lowest validation loss of a fit with early stopping.
    """

    state: NetworkState
    history: dict[str, list[float]]
    temperature: float
    best_iter: int | None


class Fit:
    """The training of one network on prepared rows, for some epochs.

    Parameters
    ----------
    network : ScikerasClassifier
        The network's parameters and, where training continues, its state.
        It is not changed but for its batch size and, from a checkpoint, its seed.
    data : FitData
        What to train on.
    epochs : int
        Epochs to train.
    resume : bool
        Go on from the state of `network`, instead of anew.
    batch_size : int or "auto"
        Rows in a mini-batch.
    validation_fraction : float or None
        Part of the rows to set aside and evaluate after each epoch.
    stopping : EarlyStopping or None
        Ends training early.
    callbacks : sequence of keras.callbacks.Callback
        The caller's own.
    checkpoint : path or None
        Folder that keeps each epoch's outcome. What is there already is not trained again.
    draws_seed : bool
        Whether the seed of a new network is a random one, for which that of a checkpoint will do
        as well.
    """

    def __init__(
        self,
        network: ScikerasClassifier,
        data: FitData,
        *,
        epochs: int,
        resume: bool,
        batch_size: int | str,
        validation_fraction: float | None,
        stopping: EarlyStopping | None,
        callbacks: Sequence[keras.callbacks.Callback],
        checkpoint: str | os.PathLike[str] | None,
        draws_seed: bool,
    ) -> None:
        self._network = network
        self._data = data
        self._resume = resume
        self._batch_size = batch_size
        self._validation_fraction = validation_fraction
        self._stopping = stopping
        self._callbacks = [*callbacks, *([] if stopping is None else [stopping])]
        self._folder = checkpoint
        self._draws_seed = draws_seed and not resume
        self._history = network.history_ if resume else {}
        first = len(self._history["loss"]) if resume else 0
        self._epochs = range(first, first + epochs)
        if stopping is not None:
            waits = halved_at(network.learning_rate_schedule, network.warmup_fraction)
            stopping.patient_from = first + math.ceil(waits * epochs)

    def run(
        self,
        context: Any,
        task: Mapping[str, Any],
        attributes: Callable[[FitOutcome], dict[str, Any]],
        keep: Callable[[FitOutcome], None],
    ) -> None:
        """Train, and call scikit-learn's callbacks for each epoch.

        `context` is their context of the fit, and `task` what each call is given; `attributes`
        makes those of an estimator that is fitted with an outcome. `keep` is called with the
        outcome, also if Ctrl-C has cut training short after an epoch has finished: then it is that
        of the last finished epoch, and KeyboardInterrupt goes on.
        """
        network = self._network
        self._warn_of_unscaled_features()
        # What is next to nothing is nothing, whatever the caller's settings.
        with np.errstate(under="ignore"), self._claimed_checkpoint() as checkpoint:
            rows, validation = self._data.rows, self._data.validation
            if validation is None:
                rows, validation = set_aside(rows, self._validation_fraction, seed=network.seed)
            is_auto = self._batch_size == "auto"
            batch_size = auto_batch_size(len(rows.y)) if is_auto else self._batch_size
            network.set_params(batch_size=batch_size)
            with self._borrowed_network() as traced:
                finished = EpochTasks(
                    context,
                    task=task,
                    reconstruct=lambda: attributes(self._outcome(traced, finished, validation)),
                )
                try:
                    self._train(traced, rows, validation, finished, checkpoint)
                except KeyboardInterrupt as interrupt:
                    if finished.logs:
                        keep(self._outcome(traced, finished, validation))
                        interrupt.add_note(self._how_to_go_on(len(finished.logs), checkpoint))
                    raise
                finally:
                    finished.close()
                keep(self._outcome(traced, finished, validation))

    @contextmanager
    def _claimed_checkpoint(self) -> Iterator[Checkpoint | None]:
        """Have the file of this fit, and the seed of the fit that is found in it."""
        if self._folder is None:
            yield None
            return
        network, state = self._network, []
        if self._resume:
            state = [*network.state_.weights, *network.state_.optimizer]
        stopping = self._stopping
        description = network.training_parameters() | {
            "seed": None if self._draws_seed else network.seed,
            "learning_rate": network.optimizer__learning_rate,
            "epochs": self._epochs,
            "batch_size": self._batch_size,
            "validation_fraction": self._validation_fraction,
            "stopping": stopping and (stopping.patience, stopping.restore_best_weights),
        }
        rows = [rows for rows in (self._data.rows, self._data.validation) if rows is not None]
        images = (X[part] for X, _, _ in rows for part in in_parts(len(X)))
        others = (values for _, *arrays in rows for values in arrays)
        digest = fit_digest(description, chain(images, others, state))
        with claim_checkpoint(self._folder, digest) as checkpoint:
            if self._draws_seed and checkpoint.found is not None:
                network.set_params(model__seed=checkpoint.found.seed)
            yield checkpoint

    @contextmanager
    def _borrowed_network(self) -> Iterator[TracedNetwork]:
        """Borrow a traced network from the pool, with the weights to begin with."""
        with (
            keras_defaults(),
            TRACED_NETWORKS.borrow(
                (device(), repr(self._network.graph())),
                make=self._network.trace,
                is_sound=TracedNetwork.is_sound,
            ) as traced,
        ):
            if self._resume:
                traced.load(self._network.state_)
            else:
                traced.reset(self._network.seed)
            yield traced

    def _train(
        self,
        traced: TracedNetwork,
        rows: Rows,
        validation: Rows | None,
        finished: EpochTasks,
        checkpoint: Checkpoint | None,
    ) -> None:
        """Train the epochs that an earlier process has not finished."""
        network, stopping = self._network, self._stopping
        found = None if checkpoint is None else checkpoint.found
        left = self._epochs
        if found is not None:
            finished.logs.extend(found.logs)
            left = left[len(found.logs) : len(found.logs) if found.is_stopped else None]
            if stopping is not None:
                stopping.left_at = found.stopping
        line = ProgressLine(self._epochs, shown=network.verbose == 1, done=len(finished.logs))
        # Each sees what those before it have done: scikit-learn's callbacks may stop training,
        # and what is written must know of it.
        watch = ScheduleWatch()
        checks = [DivergenceCheck(self._name_causes), watch]
        callbacks = [*checks, *self._callbacks, line, finished]
        if checkpoint is not None:
            callbacks.append(
                CheckpointWriter(
                    checkpoint, seed=network.seed, finished=finished, stopping=stopping
                )
            )
        try:
            with (
                left_as_found(self._callbacks),
                line,
                traced.training_on(
                    rows,
                    validation,
                    classes=self._data.classes,
                    epochs=self._epochs,
                    numbers=network.numbers(),
                ),
            ):
                if found is not None:
                    traced.load(found.network)
                traced.fit(
                    epoch_keys(network.seed, left),
                    epochs=left.stop,
                    initial_epoch=left.start,
                    steps_per_epoch=1,
                    shuffle=False,
                    verbose=0 if network.verbose == 1 else network.verbose,
                    callbacks=callbacks,
                    validation_data=validation and epoch_keys(network.seed, range(1)),
                )
        except KeyboardInterrupt:
            if not finished.logs:
                raise
            if found is not None and len(finished.logs) == len(found.logs):
                traced.load(found.network)
            else:
                traced.roll_back(to_epoch=self._epochs.start + len(finished.logs))
            raise
        if watch.is_overruled and network.learning_rate_schedule != "constant":
            self._warn_of_overruled_rate()

    def _warn_of_overruled_rate(self) -> None:
        names = ", ".join(type(callback).__name__ for callback in self._callbacks)
        warnings.warn(
            f"A callback (of {names}) has set the learning rate, to no effect: "
            f"learning_rate_schedule={self._network.learning_rate_schedule!r} sets it at each "
            'step. Use learning_rate_schedule="constant" with such a callback.',
            UserWarning,
            stacklevel=caller_stacklevel(),
        )

    def _how_to_go_on(self, n_finished: int, checkpoint: Checkpoint | None) -> str:
        how = "partial_fit, or fit with warm_start=True,"
        if checkpoint is not None and not self._resume:
            how = f"fit as before, which finds {str(checkpoint.path)!r}, or {how}"
        return (
            f"The classifier keeps the {n_finished} finished of {len(self._epochs)} epochs and can "
            f"predict. Call {how} to go on."
        )

    def _name_causes(self) -> str:
        """Say what to change in a training that diverges."""
        network = self._network
        return (
            f"Lower learning_rate ({network.optimizer__learning_rate:g}, with "
            f"optimizer={network.optimizer!r}), or scale the features: the largest is "
            f"{self._largest():g}, and rescale={network.model__rescale!r}."
        )

    def _largest(self) -> float:
        images = self._data.rows.X
        return float(max(np.abs(images[part]).max() for part in in_parts(len(images))))

    def _warn_of_unscaled_features(self) -> None:
        if self._network.model__batch_normalization:
            return
        largest, rescale = self._largest(), self._network.model__rescale
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

    def _outcome(
        self, traced: TracedNetwork, finished: EpochTasks, validation: Rows | None
    ) -> FitOutcome:
        """Copy out what the finished epochs have made of the network."""
        state = traced.state()
        earlier, logs = self._history, finished.logs
        # A table: where an epoch has no value of a name, such as of rows set aside, it has NaN.
        history = {
            name: [
                *earlier.get(name, [math.nan] * self._epochs.start),
                *(values.get(name, math.nan) for values in logs),
            ]
            for name in dict.fromkeys([*earlier, *chain.from_iterable(logs)])
        }
        best = None
        if self._stopping is not None:
            losses = history["val_loss"][self._epochs.start :]
            best = self._epochs.start + int(np.argmin(losses)) + 1
        return FitOutcome(state, history, self._temperature(state.weights, validation), best)

    def _temperature(self, weights: list[np.ndarray], validation: Rows | None) -> float:
        network = self._network
        if network.temperature != "validation":
            return 1.0 if network.temperature is None else float(network.temperature)
        if validation is None:  # partial_fit
            return network.temperature_ if self._resume else 1.0
        probabilities = NumpyNetwork(network.describe_layers(), weights).predict_proba(
            validation.X[:]
        )
        return fit_temperature(probabilities, validation.y, validation.sample_weight)
