"""A comparison as files and on the terminal."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich import box
from rich.console import Console
from rich.table import Table

from skdigits._files import replacing
from skdigits._parameters import CONFIGURATIONS
from skdigits.comparison import ComparisonResult
from skdigits.report._write import json_ready

__all__ = ["draw_comparison", "print_comparison", "write_comparison"]

_SPLITS = {
    "hold_out": "hold-out (shuffled)",
    "unseen_writers": "unseen writers",
    "cross_validation": "cross-validation (shuffled)",
}
_SHOWN = (0, 1, 4, 5, 6, 7)  # columns that fit into 80 characters
_OURS, _OTHERS = "C1", "C0"


def write_comparison(result: ComparisonResult, output: str | os.PathLike[str]) -> list[Path]:
    """Write a comparison as a table, a figure and ``comparison.json`` into a folder.

    Each file appears whole or not at all, and replaces what had its name:
    ``comparison.csv`` is :meth:`~skdigits.comparison.ComparisonResult.to_frame`,
    ``comparison.md`` the same for readers, ``comparison.png`` shows the accuracies, and
    ``comparison.json``, which comes last, has everything.

    Parameters
    ----------
    result : ComparisonResult
        What the comparison found.
    output : str or path-like
        The folder.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits.comparison import run_comparison
    >>> from skdigits.report import write_comparison
    >>> result = run_comparison(models=["knn", "svc"], cv=2)
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_comparison(result, folder)]
    ['comparison.csv', 'comparison.md', 'comparison.png', 'comparison.json']
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"comparison.{ending}" for ending in ("csv", "md", "png", "json")]
    csv, markdown, png, everything = files
    with replacing(csv) as part:
        result.to_frame().to_csv(part)
    with replacing(markdown) as part:
        part.write_text(_markdown(result), encoding="utf-8")
    with replacing(png) as part:
        draw_comparison(result).savefig(part, format="png", dpi=150)
    with replacing(everything) as part:
        text = json.dumps(json_ready(result.to_dict()), indent=2, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")
    return files


def print_comparison(result: ComparisonResult, files: Sequence[Path], *, console: Console) -> None:
    """Print what a comparison found, what of it is from earlier runs, and where the rest is.

    Parameters
    ----------
    result : ComparisonResult
        What the comparison found.
    files : sequence of Path
        The files that it has written.
    console : rich.console.Console
        Where to print.

    Examples
    --------
    >>> from rich.console import Console
    >>> from skdigits.comparison import run_comparison
    >>> from skdigits.report import print_comparison
    >>> result = run_comparison()  # doctest: +SKIP
    >>> print_comparison(result, [], console=Console())  # doctest: +SKIP
    """
    for split in result.splits:
        header, *lines = ([line[column] for column in _SHOWN] for line in _cells(result, split))
        table = Table(
            title=f"{_SPLITS[split]}: {len(result.test_rows[split])} images",
            title_justify="left",
            box=box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
        )
        for column in header:
            table.add_column(column, justify="right" if column != "model" else "left")
        for line in lines:
            table.add_row(*line, style="bold" if line[0] in CONFIGURATIONS else None)
        console.print(table, "")
    console.print(_legend(result), highlight=False)
    reused = [words for model in result.models if (words := _reused(result, model))]
    if reused:
        console.print(f"From an earlier run: {', '.join(reused)}.", highlight=False)
    if files:
        console.print(f"{result.seconds:.0f} s. Written to {files[0].parent}:", highlight=False)
    for file in files:
        console.print(f"  {file.name}", highlight=False)


def draw_comparison(result: ComparisonResult) -> Figure:
    """Draw the models' accuracies on each split, with standard errors, the best on top.

    They are sorted by the accuracy on unseen writers, else in the cross-validation.

    Parameters
    ----------
    result : ComparisonResult
        What the comparison found.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each split; this package's models have another colour and filled dots.
    """
    last = result.splits[-1]
    deciding = "unseen_writers" if "unseen_writers" in result.splits else last
    models = sorted(result.models, key=lambda name: result.row(name, deciding).accuracy)
    n_splits = len(result.splits)
    figure = Figure(figsize=(2.5 + 3 * n_splits, 1.8 + 0.3 * len(models)), layout="constrained")
    panels = figure.subplots(1, n_splits, sharey=True, squeeze=False)[0]
    for ax, split in zip(panels, result.splits, strict=True):
        for height, model in enumerate(models):
            row = result.row(model, split)
            ours = model in CONFIGURATIONS
            ax.errorbar(
                100 * row.accuracy,
                height,
                xerr=100 * row.accuracy_se,
                fmt="o",
                color=_OURS if ours else _OTHERS,
                markerfacecolor=_OURS if ours else "white",
                capsize=3,
            )
        ax.set(
            title=f"{_SPLITS[split]}\n{len(result.test_rows[split])} images",
            xlabel="Accuracy (%) ± standard error",
            yticks=np.arange(len(models)),
            ylim=(-0.5, len(models) - 0.5),
        )
        ax.grid(alpha=0.3)
    panels[0].set_yticklabels(models)
    for text, model in zip(panels[0].get_yticklabels(), models, strict=True):
        text.set_fontweight("bold" if model in CONFIGURATIONS else "normal")
    dots = [
        Line2D([], [], marker="o", color=_OURS, label="skdigits"),
        Line2D([], [], marker="o", color=_OTHERS, markerfacecolor="white", label="scikit-learn"),
    ]
    figure.legend(handles=dots, loc="outside lower center", ncols=2)
    return figure


def _reused(result: ComparisonResult, model: str) -> str:
    splits = [split for split in result.splits if result.row(model, split).reused]
    if len(splits) == len(result.splits):
        return model
    return f"{model} ({' and '.join(_SPLITS[split] for split in splits)})" if splits else ""


def _markdown(result: ComparisonResult) -> str:
    settings = result.settings
    parts = [f"# Comparison: {settings['data']}, seed {settings['random_state']}"]
    for split in result.splits:
        header, *lines = _cells(result, split)
        rule = ["---", *["---:"] * (len(header) - 1)]
        table = "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *lines))
        parts.append(f"## {_SPLITS[split]}: {len(result.test_rows[split])} images\n\n{table}")
    parts.append(_legend(result))
    return "\n\n".join(parts) + "\n"


def _cells(result: ComparisonResult, split: str) -> list[list[str]]:
    """Return a split's table as words, its header first."""
    header = [
        "model",
        "accuracy",
        "± se",
        "wrong",
        "difference",
        "p",
        "log-loss",
        "fit s",
        "predict s",
    ]
    lines = []
    for model in result.models:
        row, difference, p_value = result.row(model, split), "", ""
        if model != result.models[0]:
            paired = result.difference(model, split)
            difference = f"{paired.points:+.2f} ± {paired.standard_error:.2f}"
            p_value = f"{paired.p_value:.2g}"
        lines.append(
            [
                model,
                f"{100 * row.accuracy:.2f} %",
                f"{100 * row.accuracy_se:.2f}",
                str(len(row.wrong)),
                difference,
                p_value,
                "" if np.isnan(row.log_loss) else f"{row.log_loss:.4f}",
                f"{row.fit_seconds:.2f}",
                f"{row.predict_seconds:.3f}",
            ]
        )
    return [header, *lines]


def _legend(result: ComparisonResult) -> str:
    first = result.models[0]
    against = (
        f"Differences in accuracy are to {first}, in percent points, with the standard error of "
        "the paired rows; p is that of McNemar's exact test. "
        if len(result.models) > 1
        else ""
    )
    return (
        f"{against}Seconds are those of one fit and, in the files, of predicting its test images; "
        f"of {result.settings['cv']} folds the mean."
    )
