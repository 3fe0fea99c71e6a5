"""The folder that a study leaves behind."""

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from skdigits._files import replacing
from skdigits.report._figures import FIGURES
from skdigits.report._html import render_report
from skdigits.study import StudyResult

__all__ = ["check_writable", "write_report"]


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make sure, before the work whose results shall be kept, that they can be.

    Nothing is left behind: a folder that does not exist yet is not made.

    Parameters
    ----------
    folder : str or path-like
        A folder, there already or not.

    Raises
    ------
    OSError
        If there cannot be such a folder, or nothing can be written to it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits.report import check_writable
    >>> with TemporaryDirectory() as existing:
    ...     check_writable(f"{existing}/new/newer")
    """
    nearest = Path(folder).absolute()
    while not nearest.exists():
        nearest = nearest.parent
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise OSError(
            f"Cannot write to {os.fspath(folder)} ({error.strerror}). Choose a folder that is "
            "writable, or a new one."
        ) from error


def write_report(result: StudyResult, output: str | os.PathLike[str]) -> list[Path]:
    """Write a study's figures (PNG), ``report.html`` and ``results.json`` into a folder.

    ``report.html`` is :func:`render_report`: one page that can be handed out by itself. Each
    file appears whole or not at all, and replaces what had its name; ``results.json`` comes
    last.

    Parameters
    ----------
    result : StudyResult
        What the study found.
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
    files = []
    for name, draw in FIGURES.items():
        path = folder / f"{name}.png"
        with replacing(path) as part:
            draw(result).savefig(part, format="png", dpi=150)
        files.append(path)
    path = folder / "report.html"
    with replacing(path) as part:
        part.write_text(render_report(result), encoding="utf-8")
    files.append(path)
    path = folder / "results.json"
    with replacing(path) as part:
        text = json.dumps(json_ready(result.to_dict()), indent=2, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")
    return [*files, path]


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
