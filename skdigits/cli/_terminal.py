"""Write to the terminal what all commands say alike: progress, interrupts, errors, warnings."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

__all__ = [
    "in_one_line",
    "naming_what_is_kept",
    "problems_in_one_line",
    "progress_bars",
    "warnings_in_one_line",
]


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows on stderr the units of a step done, and their total."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description:18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks = {}

    def progress(step: str, done: int, total: int) -> None:
        bar.start()
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total)
        bar.update(tasks[step], completed=done)

    try:
        yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def naming_what_is_kept(folder: Path | None, pattern: str) -> Iterator[None]:
    """Name the folder after Ctrl-C, if files of this pattern were kept in it."""
    try:
        yield
    except KeyboardInterrupt:
        if folder is not None and any(folder.glob(pattern)):
            click.echo(f"What is finished is kept in {folder}.", err=True)
        raise


@contextmanager
def problems_in_one_line() -> Iterator[None]:
    """Print errors and warnings in a line each; an error ends the command."""
    with warnings_in_one_line():
        try:
            yield
        except (OSError, ValueError) as error:
            raise click.ClickException(in_one_line(error)) from error


@contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Print each warning in a line on stderr."""
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        yield


def in_one_line(error: Exception) -> str:
    """Return the message of an error without line breaks."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split())


def _show_warning(message: Warning | str, *place: Any) -> None:
    click.echo(f"Warning: {message}", err=True)
