"""Describe a comparison: rows of its tables, their legend, and a figure."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from skdigits._parameters import CONFIGURATIONS
from skdigits._runs import LOADERS
from skdigits.comparison import ComparisonResult
from skdigits.report._formatting import doubtful_labels, markdown_table, percent

__all__ = [
    "SPLITS",
    "comparison_legend",
    "comparison_markdown",
    "comparison_rows",
    "draw_comparison",
    "split_title",
]

SPLITS = {
    "hold_out": "hold-out (shuffled)",
    "unseen_writers": "unseen writers",
    "cross_validation": "cross-validation (shuffled)",
}
_OURS: dict[str, Any] = {"color": "C1", "markerfacecolor": "C1"}
_OTHERS: dict[str, Any] = {"color": "C0", "markerfacecolor": "white"}


def draw_comparison(result: ComparisonResult) -> Figure:
    """Draw the accuracies of the models on each split with their standard errors.

    The models are sorted by their accuracy on unseen writers or, without any, in the
    cross-validation, with the best on top. Those of this package have another colour.
    """
    deciding = "unseen_writers" if "unseen_writers" in result.splits else "cross_validation"
    models = sorted(result.models, key=lambda name: result.row(name, deciding).accuracy)
    n_splits = len(result.splits)
    figure = Figure(figsize=(2.5 + 3 * n_splits, 1.8 + 0.3 * len(models)), layout="constrained")
    panels = figure.subplots(1, n_splits, sharey=True, squeeze=False)[0]
    for ax, split in zip(panels, result.splits, strict=True):
        for height, model in enumerate(models):
            row, style = result.row(model, split), {"fmt": "o", "capsize": 3}
            style |= _OURS if model in CONFIGURATIONS else _OTHERS
            ax.errorbar(100 * row.accuracy, height, xerr=100 * row.accuracy_se, **style)
        ax.set(
            title=split_title(result, split, "\n"),
            xlabel="Accuracy (%) ± standard error",
            yticks=np.arange(len(models)),
            ylim=(-0.5, len(models) - 0.5),
        )
        ax.grid(alpha=0.3)

    # The axes share the names of the models; a legend explains the colours.
    panels[0].set_yticklabels(models)
    dots = [
        Line2D([], [], marker="o", label="skdigits", **_OURS),
        Line2D([], [], marker="o", label="scikit-learn", **_OTHERS),
    ]
    figure.legend(handles=dots, loc="outside lower center", ncols=2)
    return figure


def comparison_markdown(result: ComparisonResult) -> str:
    """Return the tables of all splits and their legend in Markdown."""
    settings = result.settings
    parts = [f"# Comparison: {settings['data']}, seed {settings['random_state']}"]
    for split in result.splits:
        table = markdown_table(comparison_rows(result, split))
        parts.append(f"## {split_title(result, split)}\n\n{table}")
    parts.append(comparison_legend(result))
    return "\n\n".join(parts) + "\n"


def split_title(result: ComparisonResult, split: str, separator: str = ": ") -> str:
    """Return the name of a split and the number of its images."""
    return f"{SPLITS[split]}{separator}{len(result.test_rows[split])} images"


def comparison_rows(result: ComparisonResult, split: str) -> list[dict[str, str]]:
    """Return the table of a split: a row for each model, its cells by column."""
    rows = []
    for model in result.models:
        row, difference, p_value = result.row(model, split), "", ""
        if model != result.models[0]:
            paired = result.difference(model, split)
            difference = f"{paired.points:+.2f} ± {paired.standard_error:.2f}"
            p_value = f"{paired.p_value:.2g}"
        rows.append(
            {
                "model": model,
                "accuracy": percent(row.accuracy),
                "± se": f"{100 * row.accuracy_se:.2f}",
                "wrong": str(len(row.wrong)),
                "difference": difference,
                "p": p_value,
                "log-loss": "" if np.isnan(row.log_loss) else f"{row.log_loss:.4f}",
                "fit s": f"{row.fit_seconds:.2f}",
                "predict s": f"{row.predict_seconds:.3f}",
            }
        )
    return rows


def comparison_legend(result: ComparisonResult) -> str:
    """Return what the columns of the tables mean, in sentences."""
    first = result.models[0]
    differences = (
        f"Differences in accuracy are to {first}, in percentage points, with the standard error "
        "of the paired rows; p is the exact p-value of McNemar's test. "
        if len(result.models) > 1
        else ""
    )
    doubtful = f" {doubtful_labels()}" if result.settings["data"] in LOADERS else ""
    return (
        f"{differences}Seconds are the time of one fit and, in the files, of predicting its test "
        f"images; for the {result.settings['cv']} folds, the mean.{doubtful}"
    )
