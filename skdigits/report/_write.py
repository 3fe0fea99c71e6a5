"""Write the files of a study, a comparison or a search into a folder, each whole or not at all."""

import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skdigits._files import check_writable, replacing
from skdigits._runs import Progress, ignore_progress
from skdigits.comparison import ComparisonResult
from skdigits.persistence import save_model
from skdigits.report._card import render_card
from skdigits.report._comparison import comparison_markdown, draw_comparison
from skdigits.report._figures import FIGURES
from skdigits.report._html import render_report
from skdigits.report._search import draw_search, search_markdown
from skdigits.search import SearchResult
from skdigits.study import StudyResult

__all__ = ["check_writable", "json_ready", "write_comparison", "write_report", "write_search"]


def write_report(
    result: StudyResult, output: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[Path]:
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
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        If a file cannot be written.

    See Also
    --------
    skdigits.study.run_study : Run a study.
    render_report : Return the page alone.

    Examples
    --------
    >>> from skdigits.report import write_report
    >>> from skdigits.study import run_study
    >>> write_report(run_study(quick=True), "skdigits-study")  # doctest: +SKIP
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    return _write_all(
        {
            **{f"{name}.png": partial(_draw, draw, result) for name, draw in FIGURES.items()},
            "report.html": lambda path: _write_text(path, render_report(result)),
            "results.json": lambda path: _write_json(path, result.to_dict()),
        },
        folder,
        progress,
    )


def write_comparison(
    result: ComparisonResult, output: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[Path]:
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
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        If a file cannot be written.

    See Also
    --------
    skdigits.comparison.run_comparison : Compare models.
    print_comparison : Print the table.

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
    return _write_all(
        {
            "comparison.csv": lambda path: _write(path, result.to_frame().to_csv),
            "comparison.md": lambda path: _write_text(path, comparison_markdown(result)),
            "comparison.png": lambda path: _write_figure(path, draw_comparison(result)),
            "comparison.json": lambda path: _write_json(path, result.to_dict()),
        },
        folder,
        progress,
    )


def write_search(
    result: SearchResult, output: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[Path]:
    """Write a search as tables, a figure, the best model, its card and ``search.json``.

    Each file appears whole or not at all, and replaces the previous one of its name:
    ``search.csv`` is :meth:`~skdigits.search.SearchResult.to_frame`, ``search.md`` has the
    leaderboard for readers, ``search.png`` the trials, ``best.skdigits`` is the best network as
    :func:`~skdigits.load_model` takes it, ``best.md`` its card, and ``search.json``, which is
    written last, has everything.

    Parameters
    ----------
    result : SearchResult
        Results of the search.
    output : str or path-like
        The folder.
    progress : callable, default=None
        Called with the name of a step, the number of units done, and their total.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        If a file cannot be written.

    See Also
    --------
    print_search : Print it.
    skdigits.search.digit_search : Search.

    Examples
    --------
    >>> from skdigits.report import write_search
    >>> from skdigits.search import digit_search
    >>> write_search(digit_search(), "skdigits-search")  # doctest: +SKIP
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "best.skdigits"

    def save(path: Path) -> Path:
        save_model(result.model.estimator, path, scores=result.model.scores())
        return path

    return _write_all(
        {
            "search.csv": lambda path: _write(path, result.to_frame().to_csv),
            "search.md": lambda path: _write_text(path, search_markdown(result)),
            "search.png": lambda path: _write_figure(path, draw_search(result)),
            model.name: save,
            "best.md": lambda path: _write_text(path, render_card(model)),
            "search.json": lambda path: _write_json(path, result.to_dict()),
        },
        folder,
        progress,
    )


def json_ready(value: Any) -> Any:
    """Replace what JSON does not have: nan by null, NumPy's numbers and arrays by Python's."""
    if isinstance(value, dict):
        return {str(key): json_ready(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        return [json_ready(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _write_all(
    files: dict[str, Callable[[Path], Path]], folder: Path, progress: Progress | None
) -> list[Path]:
    progress = progress or ignore_progress
    written: list[Path] = []
    for name, write in files.items():
        progress("Figures and report", len(written), len(files))
        written.append(write(folder / name))
    progress("Figures and report", len(written), len(files))
    return written


def _write(path: Path, write: Callable[[Path], object]) -> Path:
    with replacing(path) as part:
        write(part)
    return path


def _write_text(path: Path, text: str) -> Path:
    return _write(path, lambda part: part.write_text(text, encoding="utf-8"))


def _draw(draw: Callable[[StudyResult], Figure], result: StudyResult, path: Path) -> Path:
    return _write_figure(path, draw(result))


def _write_figure(path: Path, figure: Figure) -> Path:
    return _write(path, lambda part: figure.savefig(part, format="png", dpi=150))


def _write_json(path: Path, results: dict[str, Any]) -> Path:
    return _write_text(path, json.dumps(json_ready(results), indent=2, allow_nan=False) + "\n")
