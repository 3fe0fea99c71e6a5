"""Train the model that is used where none is named, once, and keep it on this machine."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdigits._files import data_home
from skdigits._version import __version__
from skdigits.persistence import Predictor, load_predictor

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["default_configuration", "default_model", "default_model_path"]

# Another number makes every machine train anew: for a change of what is trained within a version.
_FORMAT = 2

# Longest wait for another process that trains, in seconds.
_PATIENCE = 600.0


def default_model_path() -> Path:
    """Return the file in which :func:`default_model` keeps its model.

    Returns
    -------
    Path
        In the folder of the data sets' cache: the environment variable ``SKDIGITS_DATA``, else
        scikit-learn's :func:`~sklearn.datasets.get_data_home`. There may be no file yet.
    """
    return data_home() / "skdigits_models" / f"default-{__version__}-{_FORMAT}.skdigits"


def default_model(progress: Callable[[str], Any] | None = None) -> Predictor:
    """Return a classifier of digits that needs no training, apart from the first time.

    It is the default network, trained on all 5620 packaged rows with wider augmentation for 20
    epochs, because it is meant for digits of other hands and slants. No rows are left to measure
    it on; figures are in the documentation.

    Parameters
    ----------
    progress : callable, default=None
        Called with a line of text before anything that takes seconds.

    Returns
    -------
    Predictor
        With ``predict``, ``predict_proba`` and ``classes_``, 0 to 9. It predicts without
        TensorFlow, which is only imported to train.

    Raises
    ------
    OSError
        If the model cannot be kept; the message names the folder.

    Warns
    -----
    UserWarning
        If the file is damaged. A model is trained anew.

    See Also
    --------
    default_model_path : Return the file; remove it to have the model trained anew.
    skdigits.load_predictor : Load a model of one's own.

    Examples
    --------
    >>> from skdigits.default_model import default_model
    >>> model = default_model(print)  # doctest: +SKIP
    Training the default model, once: some twenty seconds. It is kept in ...
    >>> model.predict(X)  # doctest: +SKIP
    """
    path = default_model_path()
    try:
        return load_predictor(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except ValueError as error:
        warnings.warn(f"The default model is trained anew: {error}", stacklevel=2)
    say = progress or (lambda line: None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _train_once(path, say)
    except OSError as error:
        raise OSError(
            f"The default model cannot be kept in {path.parent} ({error}). Choose a writable "
            "folder with the environment variable SKDIGITS_DATA, or name a model file."
        ) from error


def _train_once(path: Path, say: Callable[[str], Any]) -> Predictor:
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say("Another process trains the default model; waiting for it.")
        lock.acquire(timeout=_PATIENCE)
    try:
        # Another process may have trained it while this one waited.
        with suppress(FileNotFoundError, ValueError):
            return load_predictor(path)
        say(f"Training the default model, once: some twenty seconds. It is kept in {path}.")
        from skdigits.datasets import load_optdigits
        from skdigits.persistence import save_model

        save_model(default_configuration().fit(*load_optdigits(return_X_y=True)), path)
        return load_predictor(path)
    finally:
        lock.release()


def default_configuration() -> "DigitCNNClassifier":
    """Return what :func:`default_model` trains.

    Returns
    -------
    DigitCNNClassifier
        Not fitted.
    """
    from skdigits.classifier import DigitCNNClassifier

    wide = {"shift": 0.7, "rotation": 20, "zoom": 0.1, "shear": 0.1}
    return DigitCNNClassifier(augment=wide, epochs=20, random_state=0)
