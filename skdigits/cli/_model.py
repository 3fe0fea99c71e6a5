"""Load the model that reads pictures: a named one, or the default."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdigits.persistence import Predictor

__all__ = ["load_reader"]


def load_reader(path: Path | None) -> "Predictor":
    """Load a model of 64 counts; None loads the default one."""
    if path is None:
        from skdigits.default_model import default_model

        return default_model()
    from skdigits.persistence import load_predictor

    model = load_predictor(path)
    if model.n_features_in_ != 64:
        raise ValueError(
            f"{path} is a model of {model.n_features_in_} features; pictures become 64 counts. "
            "Name a model that was trained on counts."
        )
    if model.outlier_label_ is None and "-1" in map(str, model.classes_.tolist()):
        warnings.warn(
            f'The class -1 of {path} is read like a digit. If it means "not a digit", save the '
            "model with save_model(clf, path, outlier_label=-1).",
            UserWarning,
            stacklevel=2,
        )
    return model
