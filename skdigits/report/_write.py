"""Write the files of a study or a comparison into a folder, each whole or not at all."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skdigits._files import check_writable, replacing
from skdigits.comparison import ComparisonResult
from skdigits.report._comparison import comparison_markdown, draw_comparison
from skdigits.report._figures import FIGURES
from skdigits.report._html import render_report
from skdigits.study import StudyResult

__all__ = ["check_writable", "json_ready", "write_comparison", "write_report"]


def write_report(result: StudyResult, output: str | os.PathLike[str]) -> list[Path]:
    """Write the figures of a study (PNG), ``report.html`` and ``results.json`` into a folder.

    ``report.html`` is :func:`render_report`: one page that can be handed out by itself. Each
    file appears whole or not at all, and replaces the previous one of its name;
    ``results.json`` is written last.

    Parameters
    ----------
    result : StudyResult
        Results of the study.
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
    >>> from skdigits.report import write_report
    >>> from skdigits.study import run_study
    >>> write_report(run_study(quick=True), "skdigits-study")  # doctest: +SKIP
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        *(_write_figure(folder / f"{name}.png", draw(result)) for name, draw in FIGURES.items()),
        _write_text(folder / "report.html", render_report(result)),
        _write_json(folder / "results.json", result.to_dict()),
    ]


def write_comparison(result: ComparisonResult, output: str | os.PathLike[str]) -> list[Path]:
    """Write a comparison as tables, a figure and ``comparison.json`` into a folder.

    Each file appears whole or not at all, and replaces the previous one of its name:
    ``comparison.csv`` is :meth:`~skdigits.comparison.ComparisonResult.to_frame`,
    ``comparison.md`` has the same for readers, ``comparison.png`` shows the accuracies, and
    ``comparison.json``, which is written last, has everything.

    Parameters
    ----------
    result : ComparisonResult
        Results of the comparison.
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
    return [
        _write(folder / "comparison.csv", result.to_frame().to_csv),
        _write_text(folder / "comparison.md", comparison_markdown(result)),
        _write_figure(folder / "comparison.png", draw_comparison(result)),
        _write_json(folder / "comparison.json", result.to_dict()),
    ]


def json_ready(value: Any) -> Any:
    """Replace what JSON does not have: nan by null, NumPy's numbers by Python's."""
    if isinstance(value, dict):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _write(path: Path, write: Callable[[Path], object]) -> Path:
    with replacing(path) as part:
        write(part)
    return path


def _write_text(path: Path, text: str) -> Path:
    return _write(path, lambda part: part.write_text(text, encoding="utf-8"))


def _write_figure(path: Path, figure: Figure) -> Path:
    return _write(path, lambda part: figure.savefig(part, format="png", dpi=150))


def _write_json(path: Path, results: dict[str, Any]) -> Path:
    return _write_text(path, json.dumps(json_ready(results), indent=2, allow_nan=False) + "\n")
