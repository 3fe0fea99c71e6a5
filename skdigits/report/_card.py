"""Render the model card of a model file: what it is, how well it reads, and what it is for."""

import hashlib
import math
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from skdigits._runs import LOADERS
from skdigits.network import weight_shapes
from skdigits.persistence import Predictor, load_predictor
from skdigits.report._formatting import command_line, doubtful_labels, templates

__all__ = ["render_card"]

# Subsets of the packaged data by the SHA-256 that a fit without weights describes them with.
_PACKAGED = {
    "cd65760856f6029c0c8800a4aa329f6fda0856f4d5c3ab19d355b93c8afa4e70": "the training subset "
    "(30 writers)",
    "223a9df11ae241d4db7b8cb29a2a6e7afbeeaa06775774cd3e9fc8387c9e719e": "the test subset "
    "(13 writers)",
    "17a9163d9fe785ce85cde5831baf0c64170a9671855df38ea45c51576de5ac89": "all samples (43 writers)",
}

# Scores that ``skdigits train`` stores; other programs may store anything.
_OF_TRAIN = {"settings", "split", "test", "cross_validation", "time"}

# Scores of an evaluation, as ``save_model(clf, path, scores=evaluate(clf, X, y))`` stores them.
_OF_EVALUATION = {
    "n_samples",
    "accuracy",
    "accuracy_interval",
    "log_loss",
    "calibration_error",
    "labels",
    "recall",
    "support",
    "confusion_matrix",
}

# Punctuation with a meaning within a line, also for GitHub and MyST: formulas, names, roles,
# bare addresses. Other punctuation has one at the beginning of a line only.
_MARKUP = re.compile(r"([\\`*_\[\]<>|&#~!$@{}]|:(?=//))")


class _Markdown(str):
    """A string that is already Markdown."""

    __slots__ = ()


def render_card(path: str | os.PathLike[str]) -> str:
    """Return the model card of a model file, in Markdown, from what the file holds.

    Whatever the file does not hold is reported as not recorded. TensorFlow is not imported.

    Parameters
    ----------
    path : str or path-like
        File written by :func:`skdigits.save_model`. ``skdigits train``, and `scores` that are the
        result of :func:`skdigits.evaluate`, store the scores that a card reports.

    Returns
    -------
    str
        CommonMark with tables: the model, its data, splits, scores with their spread, intended
        use, limits, time, and how to reproduce it.

    Raises
    ------
    skdigits.exceptions.ModelFileError
        If the file is not a valid model file.
    OSError
        If it cannot be read.

    See Also
    --------
    skdigits.load_predictor : Load a model; its `metadata` describe the file.

    References
    ----------
    M. Mitchell et al. (2019). Model Cards for Model Reporting. Conference on Fairness,
    Accountability, and Transparency, 220-229. https://doi.org/10.1145/3287560.3287596

    Examples
    --------
    >>> from skdigits.report import render_card
    >>> print(render_card("digits.skdigits"))  # doctest: +SKIP
    # Model card: digits.skdigits
    ...
    """
    path = Path(path)
    predictor = load_predictor(path)
    metadata = predictor.metadata
    environment = templates(finalize=_escape, keep_trailing_newline=True)
    environment.filters["code"] = _code
    facts = metadata | {
        "file": {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        "shape": "x".join(map(str, predictor.image_shape_)),
        "layers": _layers(predictor),
        "data": metadata["training_data"],
        "subset": _PACKAGED.get(metadata["training_data"]["sha256"]),
    }
    facts |= dict.fromkeys(
        ("settings", "test", "doubtful", "folds", "other_scores", "time", "command")
    )
    scores = metadata["scores"]
    if isinstance(scores, dict) and scores.keys() >= _OF_TRAIN:
        facts |= _scores_of_train(scores)
    elif isinstance(scores, dict) and scores.keys() == _OF_EVALUATION:
        facts |= {"test": scores, "class_rows": _classes(scores)}
    elif scores is not None:
        facts["other_scores"] = scores if isinstance(scores, dict) else {"scores": scores}
    text = environment.get_template("model_card.md.j2").render(facts)
    return re.sub(r"\n{3,}", "\n\n", text)


def _scores_of_train(scores: dict[str, Any]) -> dict[str, Any]:
    """Return what the template needs of the scores that ``skdigits train`` has measured."""
    settings, test = scores["settings"], scores["test"]
    names = ("data", "subset", "config", "epochs", "random_state", "cv")
    return {
        "settings": settings,
        "split": scores["split"],
        "test": test,
        "doubtful": doubtful_labels() if test and settings["data"] in LOADERS else "",
        "class_rows": test and _classes(test),
        "folds": scores["cross_validation"],
        "time": scores["time"],
        # No command sets hyper-parameters: the table below has them.
        "command": None
        if settings.get("parameters")
        else command_line("train -o FILE", settings, names),
    }


def _classes(test: dict[str, Any]) -> list[tuple[str, int, float | None, str]]:
    """Return label, number of samples, recall and mistakes of each class."""
    rows = []
    for label, support, recall, counts in zip(
        test["labels"], test["support"], test["recall"], test["confusion_matrix"], strict=True
    ):
        mistakes = [
            f"{other} ({count})"
            for other, count in zip(test["labels"], counts, strict=True)
            if count and other != label
        ]
        rows.append((str(label), support, recall, ", ".join(mistakes)))
    return rows


def _layers(predictor: Predictor) -> list[tuple[str, str, int]]:
    """Return name, type and number of parameters of each layer."""
    shapes = weight_shapes(
        predictor.layers_, predictor.image_shape_, len(predictor.metadata["classes"])
    )
    n_parameters: Counter[str] = Counter()
    for weight, shape in shapes.items():
        n_parameters[weight.rpartition("/")[0]] += math.prod(shape)
    names = [layer["config"]["name"] for layer in predictor.layers_]
    return [
        (name, layer["class_name"], n_parameters[name])
        for name, layer in zip(names, predictor.layers_, strict=True)
    ]


def _escape(value: Any) -> Any:
    """Escape a string for the middle of a line of Markdown, tables included."""
    if not isinstance(value, str) or isinstance(value, _Markdown):
        return value
    return _MARKUP.sub(r"\\\1", _in_one_line(value))


def _code(value: Any) -> _Markdown:
    """Return a code span that is also valid in a table."""
    text = _in_one_line(str(value)).replace("|", r"\|") or " "
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return _Markdown(f"{fence}{space}{text}{space}{fence}")


def _in_one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
