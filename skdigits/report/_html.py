"""Render a study as ``report.html``, one page of HTML that needs no other file."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from skdigits._runs import LOADERS
from skdigits.datasets import find_doubtful_labels
from skdigits.evaluation import ClassificationEvaluation
from skdigits.report._figures import Drawing, doubtful_fit, saliency_row, seen_row
from skdigits.report._formatting import METRICS, command_line, fold_rows, metric_rows, templates
from skdigits.study import StudyResult

__all__ = ["render_page"]


def render_page(result: StudyResult, figures: Mapping[str, Drawing]) -> str:
    """Return a study as one page of HTML, figures included, that loads nothing."""
    environment = templates(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["base64"] = lambda png: base64.b64encode(png).decode("ascii")
    return environment.get_template("report.html.j2").render(_context(result), figures=figures)


def _context(result: StudyResult) -> dict[str, Any]:
    settings, names = result.settings, ("data", "config", "cv", "epochs", "random_state")
    evaluations = {"hold-out": result.hold_out.evaluation}
    if result.unseen_writers is not None:
        evaluations["unseen writers"] = result.unseen_writers.evaluation
    doubtful = doubtful_fit(result)
    is_wrong = doubtful.predicted != doubtful.y
    # Row, label, what it looks like and prediction of images whose label is doubtful.
    doubtful_labels = [
        (row, doubtful.y[row], looks_like, doubtful.predicted[row])
        for row, looks_like in find_doubtful_labels(doubtful.X, doubtful.y).items()
    ]
    return {
        "result": result,
        "seen_label": result.hold_out.y[seen_row(result)],
        "evaluations": evaluations,
        "metric_rows": metric_rows(evaluations.values()),
        "mistakes_of": _mistakes,
        "fold_rows": fold_rows(result.cross_validation),
        "doubtful": doubtful,
        "n_mistakes": int(is_wrong.sum()),
        "doubtful_labels": doubtful_labels,
        "n_doubtful": int(is_wrong[[row for row, *_ in doubtful_labels]].sum()),
        "salient": saliency_row(doubtful),
        "is_known": settings["data"] in LOADERS,
        "metrics": METRICS,
        "command": command_line("study --quick" if settings["quick"] else "study", settings, names),
    }


def _mistakes(evaluation: ClassificationEvaluation) -> list[tuple[Any, Any, int]]:
    """Return true label, predicted label and count of each kind of mistake, frequent ones first."""
    matrix, labels = evaluation.confusion_matrix, evaluation.labels
    found = [
        (labels[true], labels[predicted], int(matrix[true, predicted]))
        for true, predicted in np.argwhere(matrix)
        if true != predicted
    ]
    return sorted(found, key=lambda mistake: -mistake[2])
