"""Write the files of a study, a comparison or a search into a folder, each whole or not at all."""

import json
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from skdigits._files import replacing
from skdigits._runs import Progress, ignore_progress
from skdigits.comparison import ComparisonResult
from skdigits.persistence import save_model
from skdigits.report._card import render_card
from skdigits.report._comparison import comparison_markdown, draw_comparison
from skdigits.report._figures import FIGURES, Drawing, draw_png, figure_names
from skdigits.report._html import render_page
from skdigits.report._search import draw_search, search_markdown
from skdigits.search import SearchResult
from skdigits.study import StudyResult

__all__ = ["json_ready", "write_comparison", "write_report", "write_search"]

_STEP = "Figures and report"


def write_report(
    result: StudyResult, output: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[Path]:
    """Write the figures of a study (PNG), ``report.html`` and ``results.json`` into a folder.

    ``report.html`` is one page with all figures, which loads no other file. Each file appears
    whole or not at all, and replaces the previous one of its name; ``results.json`` is written
    last.

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

    Examples
    --------
    >>> from skdigits.report import write_report
    >>> from skdigits.study import run_study
    >>> write_report(run_study(quick=True), "skdigits-study")  # doctest: +SKIP
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    progress = progress or ignore_progress
    names = figure_names(result)
    n_steps = len(names) + 1
    drawings: dict[str, Drawing] = {}
    for name in names:
        progress(_STEP, len(drawings), n_steps)
        drawings[name] = draw_png(FIGURES[name](result))
    progress(_STEP, len(drawings), n_steps)
    files: dict[str, Callable[[Path], object]] = {
        f"{name}.png": partial(Path.write_bytes, data=drawings[name].png) for name in names
    }
    files["report.html"] = lambda part: _write_text(part, render_page(result, drawings))
    files["results.json"] = lambda part: _write_json(part, result.to_dict())
    written = _write_all(files, folder, None)
    progress(_STEP, n_steps, n_steps)
    return written


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
            "comparison.csv": lambda part: result.to_frame().to_csv(part),
            "comparison.md": lambda part: _write_text(part, comparison_markdown(result)),
            "comparison.png": lambda part: part.write_bytes(draw_png(draw_comparison(result)).png),
            "comparison.json": lambda part: _write_json(part, result.to_dict()),
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
    skdigits.search.digit_search : Search.

    Examples
    --------
    >>> from skdigits.report import write_search
    >>> from skdigits.search import digit_search
    >>> write_search(digit_search(), "skdigits-search")  # doctest: +SKIP
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    model, scores = result.model.estimator, result.model.scores()
    return _write_all(
        {
            "search.csv": lambda part: result.to_frame().to_csv(part),
            "search.md": lambda part: _write_text(part, search_markdown(result)),
            "search.png": lambda part: part.write_bytes(draw_png(draw_search(result)).png),
            "best.skdigits": lambda part: save_model(model, part, scores=scores),
            "best.md": lambda part: _write_text(part, render_card(folder / "best.skdigits")),
            "search.json": lambda part: _write_json(part, result.to_dict()),
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
    files: dict[str, Callable[[Path], object]], folder: Path, progress: Progress | None
) -> list[Path]:
    progress = progress or ignore_progress
    for n_written, (name, write) in enumerate(files.items()):
        progress(_STEP, n_written, len(files))
        with replacing(folder / name) as part:
            write(part)
    progress(_STEP, len(files), len(files))
    return [folder / name for name in files]


def _write_text(part: Path, text: str) -> None:
    part.write_text(text, encoding="utf-8")


def _write_json(part: Path, results: dict[str, Any]) -> None:
    _write_text(part, json.dumps(json_ready(results), indent=2, allow_nan=False) + "\n")
