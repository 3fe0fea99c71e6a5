"""The model that is used where none is named: it comes with skdigits."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from skdigits.persistence import Predictor, load_predictor

if TYPE_CHECKING:
    import numpy as np

    from skdigits.classifier import DigitCNNClassifier

__all__ = [
    "OUTLIER_LABEL",
    "default_model",
    "default_model_path",
    "make_default_model",
]

_FILE = "default.skdigits"

# Numbers of training samples. Real samples count more than synthetic ones.
_COPIES_OF_ROWS = 3
_COPIES_OF_BITMAPS = 9
_DRAWN = 42_000
_NONDIGITS = 20_000

# Label of the class "not a digit": scikit-learn's label of outliers.
OUTLIER_LABEL = -1


def default_model_path() -> Path:
    """Return the file of :func:`default_model`, within the package.

    A package that is imported from a zip file does not have it.
    """
    return Path(__file__).with_name(_FILE)


def default_model() -> Predictor:
    """Return a classifier of handwritten digits, ready to predict.

    It is the network of the defaults, trained by :func:`make_default_model`: on all 5620 packaged
    rows, on their bitmaps distorted, and on digits drawn in styles that the data set lacks; and on
    letters, signs and scribbles, so that it recognises what is not a digit. No rows are left
    to measure it on; figures on other people's pictures are in the documentation.

    Returns
    -------
    Predictor
        With ``predict``, ``predict_proba``, ``novelty`` and ``classes_``, 0 to 9. It needs no
        TensorFlow.

    See Also
    --------
    make_default_model : Train it again.
    skdigits.load_predictor : Load a model from a file.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.default_model import default_model
    >>> X, y = load_optdigits(return_X_y=True)
    >>> default_model().predict(X[:5])
    array([0, 0, 7, 4, 6])
    """
    with as_file(files(__name__) / _FILE) as path:  # a copy, if the package is in a zip file
        return load_predictor(path)


def make_default_model(path: str | Path, *, n_jobs: int | None = None) -> None:
    """Train the default model and write it to a file: the one that is packaged was made so.

    On one machine, the weights are the same bit for bit each time. It takes some two minutes on
    two cores, half of them to make the rows.

    Parameters
    ----------
    path : path-like
        Model file to write.
    n_jobs : int or None, default=None
        Number of processes that make rows.

    Raises
    ------
    OSError
        If the file cannot be written.

    See Also
    --------
    default_model : Load the packaged one.

    Examples
    --------
    >>> from skdigits.default_model import make_default_model
    >>> make_default_model("default.skdigits", n_jobs=-1)  # doctest: +SKIP
    """
    from skdigits.persistence import save_model

    clf = _configuration().fit(*_training_rows(n_jobs=n_jobs))
    save_model(clf, path, outlier_label=OUTLIER_LABEL)


def _configuration() -> "DigitCNNClassifier":
    from skdigits.classifier import DigitCNNClassifier

    return DigitCNNClassifier(epochs=6, batch_size=64, random_state=4)


def _training_rows(
    *, subset: str = "all", random_state: int = 0, n_jobs: int | None = None
) -> tuple["np.ndarray", "np.ndarray"]:
    """Return counts and labels: copies of the samples, distorted bitmaps, drawn digits, non-digits.

    The samples and the bitmaps are those of a subset of the data set. The result does not depend
    on the number of processes.
    """
    import numpy as np

    from skdigits.datasets import load_optdigits
    from skdigits.synthesis import distort_bitmaps, draw_digits, draw_nondigits

    digits = load_optdigits(subset=subset, bitmaps=True)
    has = digits.has_bitmap
    distorted = distort_bitmaps(
        digits.bitmaps[has], n_copies=_COPIES_OF_BITMAPS, n_jobs=n_jobs, random_state=random_state
    )
    drawn, y_drawn = draw_digits(_DRAWN, n_jobs=n_jobs, random_state=random_state + 1)
    others = draw_nondigits(_NONDIGITS, n_jobs=n_jobs, random_state=random_state + 2)
    X = [*[digits.data] * _COPIES_OF_ROWS, distorted, drawn, others]
    y = [
        *[digits.target] * _COPIES_OF_ROWS,
        np.tile(digits.target[has], _COPIES_OF_BITMAPS),
        y_drawn,
        np.full(len(others), OUTLIER_LABEL),
    ]
    return np.vstack(X), np.concatenate(y)
