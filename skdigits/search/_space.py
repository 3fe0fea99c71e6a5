"""Define the space that a search draws from: network, training and preprocessing."""

from typing import Any

__all__ = ["default_point", "draw_parameters"]


def draw_parameters(trial: Any) -> dict[str, Any]:
    """Draw hyper-parameters of the classifier for an Optuna trial.

    Only width, pooling and batch size change the traced graph, so that most trials reuse one.

    Examples
    --------
    >>> import optuna
    >>> from skdigits.search._space import default_point, draw_parameters
    >>> trial = optuna.trial.FixedTrial(default_point() | {"width": 16})
    >>> draw_parameters(trial)["filters"]
    (16, 32, 64)
    """
    from skdigits.training import AFFINE

    width = trial.suggest_categorical("width", (16, 32, 48))
    distortion = trial.suggest_float("distortion", 0.0, 2.0)
    return {
        "filters": (width, 2 * width, 4 * width),
        "global_pooling": trial.suggest_categorical("global_pooling", ("average", "max")),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "augment": {name: distortion * reach for name, reach in AFFINE.items()},
        "label_smoothing": trial.suggest_float("label_smoothing", 0.0, 0.25),
        "learning_rate": trial.suggest_float("learning_rate", 0.003, 0.1, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 0.001, 0.2, log=True),
        "batch_size": trial.suggest_categorical("batch_size", ("auto", 128)),
    }


def default_point() -> dict[str, Any]:
    """Return the classifier's defaults as a point of the space.

    Examples
    --------
    >>> from skdigits.search._space import default_point
    >>> point = default_point()
    >>> point["width"], point["distortion"], point["learning_rate"]
    (32, 1.0, 0.02)
    """
    from skdigits.classifier import DigitCNNClassifier

    defaults = DigitCNNClassifier().get_params()
    names = ("global_pooling", "dropout", "label_smoothing", "learning_rate", "weight_decay")
    point = {name: defaults[name] for name in (*names, "batch_size")}
    return point | {"width": defaults["filters"][0], "distortion": 1.0}
