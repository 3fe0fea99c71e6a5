"""Load a model file for prediction with NumPy alone."""

import os
from typing import Any

import numpy as np

from skdigits._validation import check_shape
from skdigits.exceptions import DigitsWarning
from skdigits.network import NumpyNetwork, scale_softmax
from skdigits.persistence._model_file import ModelFile, read_model_file
from skdigits.pictures import outlier_index, without_outlier
from skdigits.preprocessing import warn_of_odd_rows

__all__ = ["Predictor", "load_predictor"]

# Number of feature names that a message lists.
_NAMES_SHOWN = 5


class Predictor:
    """Predicts what the classifier in a model file predicts, without TensorFlow.

    Made by :func:`skdigits.load_predictor`. It needs NumPy and threadpoolctl, and imports
    neither TensorFlow, Keras, scikit-learn nor SciPy; a network with the activation
    "gelu" needs SciPy when it predicts. It can be pickled and copied, and used from several
    threads at a time.

    If the file names a class "not a digit" (`outlier_label` of :func:`skdigits.save_model`), that
    class is not predicted. :meth:`novelty` is its probability, and the probabilities of the other
    classes are those given that the sample belongs to one of them.

    Parameters
    ----------
    model : ModelFile
        The content of a file.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted class labels, without `outlier_label_`.
    outlier_label_ : object or None
        Label of the class "not a digit"; None if there is no such class, and so no :meth:`novelty`.
    n_features_in_ : int
        Number of features of a row.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if the classifier was fitted with names.
    image_shape_ : tuple of 3 ints
        Height, width and channels of what a row stands for.
    layers_ : list of dict
        Each layer's ``class_name`` and ``config``, as Keras names them, from the image on.
    weights_ : list of ndarray
        Their weights, float32, in the order of ``keras.Model.get_weights``; the last two are
        divided by the temperature. They include the class "not a digit", if there is one.
    training_data_ : dict
        The classifier's ``training_data_``.
    metadata : dict
        Description of the model in the file, by name:

        format, format_version, created, estimator : str, int, str, str
            Description of the file.
        parameters, trained_with : dict
            Hyper-parameters: those of the classifier when it was saved, and those that the
            network was made and last trained with (a fixed `batch_size`, a tenth of the
            `learning_rate` after ``partial_fit``, and so on).
        classes : list
            Sorted labels.
        preprocessing : dict
            ``image_shape``, ``n_features_in``, ``feature_names_in``, ``rescale``.
        temperature, seed, n_iter : float, int, int
            As the classifier's attributes.
        best_iter : int or None
            The classifier's ``best_iter_``, None if it has none.
        history : dict of str to list of float
            The classifier's ``history_``, with None in place of NaN.
        training_data : dict
            As the attribute.
        outlier_label : object or None
            Label of the class "not a digit", None if there is no such class.
        scores : dict, list or None
            The `scores` of :func:`skdigits.save_model`.
        versions : dict of str to str
            Versions of Python and of the packages that made the model.

    See Also
    --------
    skdigits.load_predictor : Load one from a file.
    skdigits.load_model : Load the classifier, which can go on training.

    Examples
    --------
    >>> from skdigits import load_predictor
    >>> from skdigits.default_model import default_model_path
    >>> model = load_predictor(default_model_path())
    >>> model.classes_
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    >>> [layer["class_name"] for layer in model.layers_][:3]
    ['Rescaling', 'Conv2D', 'BatchNormalization']
    """

    def __init__(self, model: ModelFile) -> None:
        self.classes_ = model.classes
        self.metadata = model.metadata
        self.outlier_label_ = self.metadata["outlier_label"]
        self._outlier_index = outlier_index(self)
        if self._outlier_index is not None:
            self.classes_ = np.delete(model.classes, self._outlier_index)
        preprocessing = self.metadata["preprocessing"]
        self.n_features_in_: int = preprocessing["n_features_in"]
        self.image_shape_ = model.image_shape
        if preprocessing["feature_names_in"] is not None:
            self.feature_names_in_ = np.array(preprocessing["feature_names_in"], dtype=object)
        self.layers_ = model.layers
        self.weights_ = scale_softmax(model.weights, self.metadata["temperature"])
        self.training_data_ = self.metadata["training_data"]
        self._network = NumpyNetwork(self.layers_, self.weights_)

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
        ValueError
            If `X` is not of that shape, has values that are not finite numbers, or has other
            feature names than the classifier was fitted with.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            If rows are no digits, as the classifier's `predict` warns.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype float64
            Rows sum to 1; columns are in the order of `classes_`. The classifier gives the same,
            bit for bit, unless a class is "not a digit".

        Raises
        ------
        ValueError
            As for :meth:`predict`.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            As for :meth:`predict`.
        """
        return self.predict_with_novelty(X)[0]

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), dtype float64
            Logarithms of what :meth:`predict_proba` returns; -inf for a probability of 0.

        Raises
        ------
        ValueError
            As for :meth:`predict`.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            As for :meth:`predict`.
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    def novelty(self, X: Any) -> np.ndarray:
        """Return the probability of the class "not a digit" for each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        ndarray of shape (n_samples,), dtype float64
            From 0 to 1.

        Raises
        ------
        ValueError
            If the model has no such class, and as for :meth:`predict`.
        """
        with DigitsWarning.silenced():  # novelty itself says what is unlike a digit
            _, novelty = self.predict_with_novelty(X)
        if novelty is None:
            raise ValueError(
                'No class of this model is "not a digit". Train a classifier with such a class, '
                "as skdigits.synthesis.draw_nondigits draws it, and name its label: "
                "save_model(clf, path, outlier_label=-1)."
            )
        return novelty

    def predict_with_novelty(self, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the probability of each class and the novelty, from one pass of the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Flat images.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes), dtype float64
            As :meth:`predict_proba` returns them.
        novelty : ndarray of shape (n_samples,), dtype float64, or None
            As :meth:`novelty` returns it; None if no class is "not a digit".

        Raises
        ------
        ValueError
            As for :meth:`predict`.

        Warns
        -----
        skdigits.exceptions.DigitsWarning
            As for :meth:`predict`.
        """
        self._check_names(X)
        rows = self._check_rows(X)
        if self.training_data_["are_digits"]:
            warn_of_odd_rows(rows)
        probabilities = self._network.predict_proba(rows.reshape(-1, *self.image_shape_))
        if self._outlier_index is None:
            return probabilities, None
        return without_outlier(probabilities, self._outlier_index)

    def __repr__(self) -> str:
        return (
            f"<Predictor of {self.n_features_in_} features and {len(self.classes_)} classes: "
            f"{', '.join(map(str, self.classes_[:10]))}{', ...' * (len(self.classes_) > 10)}>"
        )

    def _check_rows(self, X: Any) -> np.ndarray:
        check_shape(X, n_features=self.n_features_in_, owner=type(self).__name__)
        if hasattr(X, "toarray"):  # sparse
            X = X.toarray()
        try:
            with np.errstate(over="ignore"):  # what is too large is infinite, and refused as such
                rows = np.asarray(X)
                if rows.dtype.kind == "c":
                    raise ValueError("Complex data are not supported.")
                rows = np.asarray(rows, dtype=np.float32)
        except TypeError as error:
            raise ValueError(f"X cannot be taken for numbers: {error}") from error
        if rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {rows.shape[1]} features, but this predictor is expecting "
                f"{self.n_features_in_} features as input."
            )
        if not len(rows):
            raise ValueError("X has no rows; at least 1 is needed.")
        if not np.isfinite(rows).all():
            raise ValueError(
                "Input X contains NaN, infinity or a value too large for float32; leave out "
                "such rows, or fill them in."
            )
        return rows

    def _check_names(self, X: Any) -> None:
        expected = getattr(self, "feature_names_in_", None)
        names = [name for name in getattr(X, "columns", ()) if isinstance(name, str)]
        if names and expected is not None and names != expected.tolist():
            raise ValueError(
                "The feature names should match those that were passed during fit, in their "
                f"order: {', '.join(expected[:_NAMES_SHOWN])}, ...; got "
                f"{', '.join(names[:_NAMES_SHOWN])}, ..."
            )


def load_predictor(path: str | os.PathLike[str]) -> Predictor:
    """Load a model file for prediction with NumPy alone, in milliseconds.

    Parameters
    ----------
    path : str or path-like
        File that :func:`skdigits.save_model` has written. It may come from anywhere: nothing in
        it is executed or unpickled.

    Returns
    -------
    Predictor
        With ``predict``, ``predict_proba``, ``predict_log_proba`` and, if a class is "not a digit",
        ``novelty``.

    Raises
    ------
    skdigits.exceptions.ModelFileError
        If the file is no model, is damaged, altered or too large, or is of a newer version.
    OSError
        If there is no such file or it cannot be read.

    See Also
    --------
    skdigits.load_model : Load the classifier, to train it further.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits import DigitCNNClassifier, load_predictor, save_model
    >>> from skdigits.datasets import load_optdigits
    >>> X, y = load_optdigits(return_X_y=True)
    >>> clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X[:200], y[:200])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.skdigits"
    ...     save_model(clf, path)
    ...     predictor = load_predictor(path)
    >>> bool((predictor.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    return Predictor(read_model_file(path))
