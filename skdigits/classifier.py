"""Classify small images with a Keras CNN behind scikit-learn's API."""

import copy
import inspect
import os
import time
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skdigits._parameters import (
    FAST,
    REFERENCE,
    TRAINING_PARAMETERS,
    explains_keywords,
    fraction_to_set_aside,
    network_parameters,
    parameter_constraints,
)
from skdigits._sklearn_compat import CallbackSupportMixin, DocumentationLinkMixin, fit_context
from skdigits._validation import caller_stacklevel, check_labels, validate_rows, warn_of_strips
from skdigits.network import ACTIVATIONS
from skdigits.preprocessing import ImageReshaper, are_digits, warn_of_odd_rows

if TYPE_CHECKING:
    from skdigits.training import FitData, Rows, ScikerasClassifier

__all__ = ["DigitCNNClassifier"]

# On a schedule's highest learning rate, which would undo what a finished schedule has settled.
_PARTIAL_FIT_FACTOR = 0.1

# Decay of the second moment; a short training needs a lower one than Keras' 0.999.
_BETA_2_OF_ADAMW = 0.99

# What rows to train on may be made of; all else becomes the first of these.
_REAL = [np.dtype(code) for code in f"fd?{np.typecodes['AllInteger']}"]

# Parameters of the step "network" that a warm start sets, or takes from the step that continues.
_NOT_COMPARED = {
    "model__image_shape",
    "model__layers",
    "optimizer__beta_2",
    "optimizer__learning_rate",
}

# Attributes that scikit-learn's validation sets.
_FEATURES = {"n_features_in_", "feature_names_in_"}


class DigitCNNClassifier(
    DocumentationLinkMixin, CallbackSupportMixin, ClassifierMixin, BaseEstimator
):
    """Convolutional network for small images given as flat rows of features.

    A Keras network, driven by scikeras, that keeps scikit-learn's conventions: it can be
    cloned, searched, cross-validated, pickled and put into pipelines and ensembles. With an
    integer `random_state`, two fits on the same data are identical bit for bit, in any process on
    the same kind of processor, and no global random state is read or changed.

    Parameters
    ----------
    image_shape : array-like of 2 or 3 ints or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` of an image. None infers a square
        where the number of features is a perfect square, else a strip of height 1; `fit` warns
        of strips of more than 32 features.
    filters : int or array-like of int, default=(32, 64, 128)
        Filters of each block of convolution, max-pooling of 2x2, batch normalisation, activation
        and dropout.
    kernel_size : int, default=3
        Height and width of the kernels.
    activation : str, default="relu"
        Activation after convolutions: "elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid",
        "silu", "softplus" or "tanh".
    kernel_initializer : str, default="he_normal"
        Initial kernels of all layers but the softmax's: "glorot_normal", "glorot_uniform",
        "he_normal", "he_uniform", "lecun_normal", "lecun_uniform" or "orthogonal".
    pool_after : int, array-like of int or None, default=(2,)
        Numbers, from 1, of the convolutions that pooling follows; numbers beyond the last one
        have no effect, so that `filters` can be searched over. None pools after each.
    unpadded : int or array-like of int, default=(3,)
        Numbers, from 1, of the convolutions without padding (Keras' "valid"), whose maps shrink
        by ``kernel_size - 1``; the others keep their maps' size ("same"), and so do those of maps
        smaller than the kernel. Numbers beyond the last convolution have no effect.
    batch_normalization : bool, default=True
        Normalise the output of each convolution, pooled where pooling follows, before its
        activation.
    conv_dropout : float, default=0.0
        Rate of dropout after each block of a convolution, in [0, 1).
    global_pooling : "average", "max" or None, default="max"
        Reduce each map to one value after the last convolution; None flattens the maps.
    dense_units : int or array-like of int, default=()
        Units of each dense layer between the convolutions and the softmax.
    dense_activation : str, default="relu"
        Activation of the dense layers, out of the same names as `activation`.
    dropout : float, default=0.2
        Rate of dropout after each dense layer or, without any, before the softmax, in [0, 1).
    rescale : float or None, default=0.0625
        Factor on the features inside the network; 1/16 brings the digits' block counts to
        [0, 1]. None uses the features unchanged.
    augment : "affine", dict or None, default="affine"
        Distort each image in every epoch: one random affine map with bilinear weights.
        A dict gives the ranges to either side, those that are missing are 0: "shift" (pixels),
        "rotation" (degrees), "zoom" (logarithm of the factor) and "shear" (pixels from row to
        row). "affine" is ``{"shift": 0.5, "rotation": 7, "zoom": 0.07, "shear": 0.07}``.
        Images less than 4 pixels high or wide stay as they are.
    label_smoothing : float, default=0.1
        Part of each label's probability that the loss spreads evenly over all classes, in
        [0, 1).
    optimizer : str, default="adamw"
        Keras optimizer: "adagrad", "adam", "adamax", "adamw", "nadam", "rmsprop" or "sgd", with
        Keras' defaults, except that "adamw" has a ``beta_2`` of 0.99.
    learning_rate : float, default=0.02
        Step size of the optimizer; the highest one of a schedule. `partial_fit` uses a tenth
        of it, constantly, unless the schedule is "constant".
    learning_rate_schedule : "constant", "cosine" or "one_cycle", default="one_cycle"
        Course of the learning rate over the `epochs` of a call of `fit`: "cosine" falls to 0;
        "one_cycle" rises in the first 30 % of the steps and then falls to 0. Only "constant" leaves
        the learning rate to callbacks.
    weight_decay : float, default=0.02
        Decoupled decay of the kernels, times the learning rate at each step.
    epochs : int, default=14
        Passes over the training rows (at most, with `early_stopping`).
    batch_size : int or "auto", default="auto"
        Rows in a mini-batch. "auto" is 64, or 32, 16 or 8 where fewer than 32 batches would
        make an epoch.
    shuffle : bool, default=True
        Shuffle the rows in every epoch. False takes them in the order of `X`.
    early_stopping : bool, default=False
        Stop when the validation loss has not fallen for `n_iter_no_change` epochs, and restore
        the weights of the best epoch. Under a
        schedule, these are counted once the learning rate has fallen to half of its highest:
        65 % of the `epochs` with the default "one_cycle".
    validation_fraction : float or None, default=None
        Part of the training rows, in [0, 1), stratified by class, that is set aside and
        evaluated after each epoch. None sets none aside, or 0.1 with `early_stopping` or
        ``temperature="validation"``; 0 sets none aside and does not go with these.
    n_iter_no_change : int, default=10
        Epochs without a better validation loss before `early_stopping` stops.
    temperature : float, "validation" or None, default=0.45
        Divisor of the logits after training; below 1 it makes up for the underconfidence that
        label smoothing causes. "validation" finds it on rows that are set aside. The most
        probable class stays the same.
    class_weight : dict, "balanced" or None, default=None
        Weights by class label, multiplied with the sample weights; "balanced" is as in
        :func:`sklearn.utils.class_weight.compute_class_weight`. Keys are labels as they stand
        in `y`; labels without a key weigh 1.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called during training. An epoch runs as one graph execution, so batch-level methods
        are called once an epoch. scikit-learn's callbacks are for `set_callbacks` instead.
    checkpoint : path or None, default=None
        Folder in which `fit` keeps its state, after each epoch, in a separate file. If the
        process is killed, or the fit interrupted, the same `fit` continues from there and ends
        in the same network. The file is removed when `fit` is done. `partial_fit`, of one
        epoch, keeps none.
    warm_start : bool, default=False
        Let `fit` go on from the network of the last fit, for `epochs` more epochs; its layers,
        optimizer and `weight_decay` stay.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, dropout, the order of rows and the validation split.
    verbose : int, default=0
        0 is silent. 1 shows epoch, loss, accuracy, loss and accuracy on rows set aside ("val") and
        times: on a terminal in one line of standard error that is updated in place, by one fit at
        a time; in a notebook, a log file and a worker process in a printed line per epoch. 2
        prints a line per epoch on a terminal, too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted class labels.
    pipeline_ : sklearn.pipeline.Pipeline
        The fitted steps: "reshape", an :class:`~skdigits.preprocessing.ImageReshaper`, and
        "network", the scikeras classifier.
    model_ : keras.Model
        The trained network. Predictions use its weights as the last fit left them.
    history_ : dict of str to list of float
        Values after each epoch: "loss" and "accuracy", measured on the training rows while
        training, and "val_loss" and "val_accuracy" on rows that were set aside or `X_val`. All
        lists are `n_iter_` long, with NaN for an epoch that has no such value.
    temperature_ : float
        What the logits are divided by; 1 without `temperature`.
    n_iter_ : int
        Epochs trained so far, those of `partial_fit` and warm starts included.
    best_iter_ : int
        Epoch, counted from 1 as `n_iter_` is, of the lowest validation loss. Only if the last fit
        had `early_stopping`; the network is that of this epoch.
    training_data_ : dict
        What the last call of `fit` or `partial_fit` was given: ``n_samples`` and ``n_features``
        of the rows of a positive weight, ``class_counts`` (rows by label) and their ``sha256``,
        of features, labels and weights in this order; whether those of the first fit were such
        digits as :func:`skdigits.check_digits` accepts, ``are_digits``; and what it took:
        ``seconds``, and ``cpu_seconds`` of all threads of the process.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during `fit`, if they are all strings.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : A network without convolutions.
    skdigits.evaluate : Metrics of a fitted classifier.
    sklearn.ensemble.VotingClassifier : Average the probabilities of several networks.

    Notes
    -----
    Rows of weight 0 are dropped, rows that agree in features and label are merged with their
    weights summed, and weights are scaled to a mean of 1; see the user guide.

    With scikit-learn 1.9 or later, `set_callbacks` takes callbacks of :mod:`sklearn.callback`,
    such as ``ProgressBar`` and ``ScoringMonitor``. `fit` and `partial_fit` are tasks to them, and
    so is each epoch within. A callback that asks to stop ends training with the epoch.

    References
    ----------
    E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine
    Learning Repository. https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from skdigits import DigitCNNClassifier
    >>> from skdigits.datasets import load_optdigits
    >>> X, y = load_optdigits(subset="train", return_X_y=True)
    >>> clf = DigitCNNClassifier(epochs=10, random_state=0).fit(X[:1000], y[:1000])
    >>> bool(clf.score(X[1000:], y[1000:]) > 0.9)
    True
    >>> clf.predict_proba(X[:2]).shape
    (2, 10)
    """

    # Set by training, in an order that type checkers cannot follow.
    classes_: np.ndarray
    pipeline_: Pipeline
    training_data_: dict[str, Any]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = parameter_constraints(ACTIVATIONS)

    def __init__(
        self,
        *,
        image_shape: Sequence[int] | None = None,
        filters: int | Sequence[int] = (32, 64, 128),
        kernel_size: int = 3,
        activation: str = "relu",
        kernel_initializer: str = "he_normal",
        pool_after: int | Sequence[int] | None = (2,),
        unpadded: int | Sequence[int] = (3,),
        batch_normalization: bool = True,
        conv_dropout: float = 0.0,
        global_pooling: str | None = "max",
        dense_units: int | Sequence[int] = (),
        dense_activation: str = "relu",
        dropout: float = 0.2,
        rescale: float | None = 0.0625,
        augment: str | dict[str, float] | None = "affine",
        label_smoothing: float = 0.1,
        optimizer: str = "adamw",
        learning_rate: float = 0.02,
        learning_rate_schedule: str = "one_cycle",
        weight_decay: float = 0.02,
        epochs: int = 14,
        batch_size: int | str = "auto",
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float | None = None,
        n_iter_no_change: int = 10,
        temperature: float | str | None = 0.45,
        class_weight: dict[Any, float] | str | None = None,
        callbacks: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.image_shape = image_shape
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.pool_after = pool_after
        self.unpadded = unpadded
        self.batch_normalization = batch_normalization
        self.conv_dropout = conv_dropout
        self.global_pooling = global_pooling
        self.dense_units = dense_units
        self.dense_activation = dense_activation
        self.dropout = dropout
        self.rescale = rescale
        self.augment = augment
        self.label_smoothing = label_smoothing
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.temperature = temperature
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def fast(cls, **overrides: Any) -> Self:
        """Return a configuration that takes the least time and is still better than the study.

        Fewer filters than in the defaults, global average pooling, no augmentation, 7 epochs.

        Parameters
        ----------
        **overrides : dict
            Hyper-parameters that replace those of this configuration.

        Returns
        -------
        DigitCNNClassifier
            Not fitted.

        Examples
        --------
        >>> DigitCNNClassifier.fast(random_state=0).epochs
        7
        """
        return cls._configured(FAST, overrides)

    @classmethod
    def reference(cls, **overrides: Any) -> Self:
        """Return the configuration of the study that this project reproduces.

        Three convolutions of 16, 32 and 64 filters, two sigmoid layers of 128 and 512 units,
        dropout of a quarter everywhere, raw block counts and 100 epochs of 128 rows with Adam:
        102,794 parameters on 8x8 images.

        Parameters
        ----------
        **overrides : dict
            Hyper-parameters that replace those of the study.

        Returns
        -------
        DigitCNNClassifier
            Not fitted.

        Examples
        --------
        >>> DigitCNNClassifier.reference(random_state=0).epochs
        100
        """
        return cls._configured(REFERENCE, overrides)

    @classmethod
    def _configured(cls, configuration: dict[str, Any], overrides: dict[str, Any]) -> Self:
        try:
            inspect.signature(cls).bind_partial(**configuration)
        except TypeError as error:
            raise TypeError(
                f"{cls.__name__} lacks a parameter that this configuration sets: {error}. Add it "
                f"to {cls.__name__}.__init__, or call the method of DigitCNNClassifier."
            ) from None
        return cls(**{**configuration, **overrides})

    @explains_keywords
    @fit_context
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images, finite numbers; block counts 0..16 for the digits data.
        y : array-like of shape (n_samples,)
            Class labels of any type that sorts.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; None weighs all rows alike.
        X_val : array-like of shape (n_val, n_features), default=None
            Rows of your own to evaluate after each epoch, such as those of other writers, in place
            of a part of `X`: for the history, `early_stopping` and ``temperature="validation"``.
        y_val : array-like of shape (n_val,), default=None
            Class labels of `X_val`, all of them among those of `y`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Non-negative weights of `X_val`; None weighs all rows alike.

        Returns
        -------
        self : DigitCNNClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data or a hyper-parameter is not valid, or if training diverges: a loss or a
            weight is not finite any more. What an earlier fit has left stays.
        TypeError
            If there is no such keyword; the message says what to set instead.
        OSError
            If `checkpoint` is not a folder that can be written to.
        KeyboardInterrupt
            If Ctrl-C ended training early. Where an epoch has finished, the classifier is fitted as
            of the last of them, and the exception's note says how to go on.

        Warns
        -----
        UserWarning
            If something has no effect: a learning rate that a callback sets under a schedule,
            hyper-parameters that a warm start cannot change. If a feature is far outside of the
            others. If samples of `X_val` are in `X`, too. If `image_shape` is None, and rows of
            more than 32 features make no square image. If the file in `checkpoint` is damaged
            or of another fit: training starts from scratch.
        """
        resume = self.warm_start and self.__sklearn_is_fitted__()
        validation = None
        if X_val is not None or y_val is not None or sample_weight_val is not None:
            if X_val is None or y_val is None:
                raise ValueError("X_val and y_val must be passed together.")
            validation = (X_val, y_val, sample_weight_val)
        return self._train(X, y, sample_weight, resume=resume, validation=validation)

    @explains_keywords
    @fit_context
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one more epoch on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.
        y : array-like of shape (n_samples,)
            Class labels, all of them among the classes.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur. Needed at the first call, unless `fit` came first.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; None weighs all rows alike.

        Returns
        -------
        self : DigitCNNClassifier
            The classifier.

        Raises
        ------
        ValueError
            If the data or a hyper-parameter is not valid, if `classes` is missing at the
            first call, or if training diverges.
        TypeError
            If there is no such keyword; the message says what to set instead.

        Warns
        -----
        UserWarning
            As `fit` does.

        Notes
        -----
        All the rows are trained on: `early_stopping` and `validation_fraction` are for `fit`.
        """
        resume = self.__sklearn_is_fitted__()
        if classes is None and not resume:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is not None:
            classes = np.unique(classes)
            if resume and not np.array_equal(classes, self.classes_):
                raise ValueError(f"classes={classes} are not those of before: {self.classes_}.")
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all rows at once; pass partial_fit a dict of '
                "weights by label, or sample_weight."
            )
        return self._train(X, y, sample_weight, resume=resume, one_epoch=True, classes=classes)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels out of `classes_`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            If it was trained on digits and rows of `X` are none: for each kind of finding of
            :func:`skdigits.check_digits`, such as 0..255, inverted or resized pictures.
        """
        indices = self.predict_proba(X).argmax(axis=1)
        return self.classes_[indices]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype float64
            Rows sum to 1; columns are in the order of `classes_`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            As `predict` does.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        if self.training_data_["are_digits"]:
            warn_of_odd_rows(X)
        # What pipeline_.predict_proba does, without its second validation.
        (_, reshaper), (_, network) = self.pipeline_.steps
        return network.predict_proba(X.reshape(len(X), *reshaper.image_shape_))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype float64
            Logarithms of what `predict_proba` returns; -inf for a probability of 0.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            As `predict` does.
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of the predicted labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.
        y : array-like of shape (n_samples,)
            Their true labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights; None weighs all rows alike.

        Returns
        -------
        float
            Part of the rows, or of their weight, whose label is predicted, in [0, 1].

        Raises
        ------
        ValueError
            If `y` has one column per class, as one-hot labels have.
        """
        check_labels(y)
        return super().score(X, y, sample_weight)

    def feature_maps(self, X: Any) -> dict[str, np.ndarray]:
        """Return what each convolution and pooling layer makes of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        dict of str to ndarray of shape (n_samples, height, width, filters), dtype float64
            By layer name ("conv_1", "pool_1", ...), from the image on. Normalisation and
            activation are included in the layer before them: in the pooling, where a
            convolution is pooled and then normalised.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        return self.pipeline_["network"].feature_maps(self.pipeline_["reshape"].transform(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "pipeline_")

    @property
    def model_(self) -> Any:  # noqa: D102
        return self.pipeline_["network"].model_

    @property
    def temperature_(self) -> float:  # noqa: D102
        return self.pipeline_["network"].temperature_

    @property
    def history_(self) -> dict[str, list[float]]:  # noqa: D102
        return dict(self.pipeline_["network"].history_)

    @property
    def n_iter_(self) -> int:  # noqa: D102
        return len(self.history_["loss"])

    @property
    def best_iter_(self) -> int:  # noqa: D102
        best = self.pipeline_["network"].best_iter_
        if best is None:
            raise AttributeError("best_iter_ is there after a fit with early_stopping=True.")
        return best

    def _make_network(
        self, classes: np.ndarray, image_shape: tuple[int, int, int], seed: int
    ) -> "ScikerasClassifier":
        from skdigits.training import ScikerasClassifier

        parameters: dict[str, Any] = {
            f"model__{name}": value for name, value in network_parameters(self).items()
        }
        # Keras' AdamW insists on a number; the others save a step for None.
        if self.weight_decay or self.optimizer == "adamw":
            parameters["optimizer__weight_decay"] = self.weight_decay
        if self.optimizer == "adamw":
            parameters["optimizer__beta_2"] = _BETA_2_OF_ADAMW
        return ScikerasClassifier(
            classes=classes,
            optimizer=self.optimizer,
            model__image_shape=image_shape,
            model__n_classes=len(classes),
            model__seed=seed,
            **parameters,
        )

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        resume: bool,
        one_epoch: bool = False,
        classes: np.ndarray | None = None,
        validation: tuple[Any, Any, Any] | None = None,
    ) -> Self:
        start, cpu_start = time.perf_counter(), time.process_time()
        # TensorFlow takes seconds to import: not before there is something to train.
        from skdigits.training import Fit, FitData, FitOutcome, naming_validation_rows

        # What validation learns of the features goes to a copy: a fit that fails changes nothing.
        checked = copy.copy(self)
        rows = checked._validated(X, y, sample_weight, reset=not resume)
        if not resume:
            warn_of_strips(rows.X.shape[1], self.image_shape)
        with naming_validation_rows():
            own = None if validation is None else checked._validated(*validation, reset=False)
        epochs = 1 if one_epoch else self.epochs
        metadata = None if sample_weight is None else {"sample_weight": rows.sample_weight}
        task = {"estimator": self, "X": rows.X, "y": rows.y, "metadata": metadata}
        context = self._init_callback_context(max_subtasks=epochs)
        context.call_on_fit_task_begin(**task)

        data = FitData.prepare(
            rows,
            own,
            classes=self.classes_ if resume else classes,
            class_weight=self.class_weight,
            reshaper=self.pipeline_["reshape"] if resume else ImageReshaper(self.image_shape),
            keep_order=not self.shuffle,
        )
        # What the first fit was given decides which rows to predict are odd.
        digits = self.training_data_["are_digits"] if resume else are_digits(rows.X)
        network = self._network_to_train(data, resume=resume, one_epoch=one_epoch)
        features = {name: value for name, value in vars(checked).items() if name in _FEATURES}

        def attributes(outcome: FitOutcome) -> dict[str, Any]:
            steps = [("reshape", data.reshaper), ("network", network.with_outcome(outcome))]
            return features | {
                "classes_": data.classes,
                "pipeline_": Pipeline(steps),
                "training_data_": data.description
                | {
                    "are_digits": digits,
                    "seconds": time.perf_counter() - start,
                    "cpu_seconds": time.process_time() - cpu_start,
                },
            }

        options = self._fit_options(one_epoch, is_validated=own is not None)
        fit = Fit(network=network, data=data, epochs=epochs, resume=resume, **options)
        try:
            fit.run(context, task, attributes)
        except KeyboardInterrupt:
            if fit.has_outcome:
                self._take_over(attributes(fit.outcome()))
            raise
        self._take_over(attributes(fit.outcome()))
        context.call_on_fit_task_end(**task, reconstruction_attributes={})
        return self

    def _take_over(self, attributes: dict[str, Any]) -> None:
        """Set the attributes of a fit, in place of those of an earlier one."""
        for name in _FEATURES - attributes.keys():
            self.__dict__.pop(name, None)
        self.__dict__.update(attributes)

    def _validated(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> "Rows":
        """Validate rows, labels and weights; with `reset`, take note of the features."""
        from skdigits.training import Rows

        # As they are: a fit makes float32 of them as it reads them, part by part.
        X, y = validate_rows(self, X, y, reset=reset, dtype=_REAL)
        check_classification_targets(y)
        sample_weight = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        return Rows(X, y, sample_weight)

    def _network_to_train(
        self, data: "FitData", *, resume: bool, one_epoch: bool
    ) -> "ScikerasClassifier":
        """Make a new network, or copy the one to continue, and set the present parameters."""
        if resume:
            network = copy.copy(self.pipeline_["network"])
            self._warn_of_what_stays(network)
        else:
            shape = data.reshaper.image_shape_
            network = self._make_network(data.classes, shape, self._draw_seed())
        schedule = "constant" if one_epoch else self.learning_rate_schedule
        is_lower = one_epoch and self.learning_rate_schedule != "constant"
        return network.set_params(
            optimizer__learning_rate=self.learning_rate * (_PARTIAL_FIT_FACTOR if is_lower else 1),
            learning_rate_schedule=schedule,
            verbose=self.verbose,
            **{name: getattr(self, name) for name in TRAINING_PARAMETERS},
        )

    def _draw_seed(self) -> int:
        return check_random_state(self.random_state).randint(np.iinfo(np.int32).max)

    def _warn_of_what_stays(self, network: "ScikerasClassifier") -> None:
        """Warn of changed hyper-parameters that have no effect on a network that trains further."""
        present = self._make_network(self.classes_, network.model__image_shape, network.seed)
        given = self.pipeline_["reshape"].image_shape
        new, old = (x.get_params(deep=False) for x in (present, network))
        new["image_shape"], old["image_shape"] = self.image_shape, given
        changed = [
            name.rpartition("__")[2]
            for name in dict.fromkeys([*new, *old])
            if name.startswith(("model__", "optimizer", "image_shape"))
            and name not in _NOT_COMPARED
            and not np.array_equal(new.get(name, 0.0), old.get(name, 0.0))
        ]
        if isinstance(self.random_state, Integral) and self._draw_seed() != network.seed:
            changed.append("random_state")
        if changed:
            warnings.warn(
                f"{', '.join(sorted(changed))}: changed since the network was made, which has no "
                "effect on further training. Fit with warm_start=False to use the new values.",
                UserWarning,
                stacklevel=caller_stacklevel(),
            )

    def _fit_options(self, one_epoch: bool, *, is_validated: bool) -> dict[str, Any]:
        """Return the options of a fit besides its data and epochs."""
        from skdigits.training import check_callbacks

        fraction, checkpoint, patience = self.validation_fraction or None, self.checkpoint, None
        if one_epoch:  # partial_fit sets nothing aside, keeps nothing and does not stop
            fraction = checkpoint = None
        elif is_validated:
            if fraction is not None:
                raise ValueError(
                    f"validation_fraction={fraction} sets rows aside where X_val are there to be "
                    "evaluated; pass one of the two."
                )
        elif self.early_stopping or self.temperature == "validation":
            fraction = fraction_to_set_aside(self)
        if self.early_stopping and not one_epoch:
            patience = self.n_iter_no_change
        return {
            "batch_size": self.batch_size,
            "validation_fraction": fraction,
            "patience": patience,
            "callbacks": check_callbacks(self.callbacks),
            "checkpoint": checkpoint,
            "draws_seed": self.random_state is None,
        }
