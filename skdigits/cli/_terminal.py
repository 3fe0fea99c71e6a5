"""What every command says to the terminal in the same way: progress, errors, warnings."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["in_one_line", "problems_in_one_line", "progress_bars", "warnings_in_one_line"]


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Return a function that shows on stderr how much of how much of a step is done."""
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
def problems_in_one_line() -> Iterator[None]:
    """Say what goes wrong, and what is warned of, in a line; what goes wrong ends the command."""
    with warnings_in_one_line():
        try:
            yield
        except (OSError, ValueError) as error:
            raise click.ClickException(in_one_line(error)) from error


@contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Say what is warned of in a line on stderr."""
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        yield


def in_one_line(error: Exception) -> str:
    """Say what an error says, without breaking the line."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split())


def _show_warning(message: Warning | str, *place: Any) -> None:
    click.echo(f"Warning: {message}", err=True)
