"""Write to the terminal what all commands say alike: progress, interrupts, errors, warnings."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

__all__ = [
    "Interrupted",
    "in_one_line",
    "naming_what_is_kept",
    "problems_in_one_line",
    "progress_bars",
    "warnings_in_one_line",
]

_STDERR = 2
_FROM_SCRATCH = "Nothing is finished: the same command starts from scratch."


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a sentence on what is kept and how to go on."""


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows on stderr the units of a step done, their total and times.

    Where that is no terminal, there is a line for each step that is done.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class TimeLeft(TimeRemainingColumn):
        def render(self, task: Task) -> Text:
            return Text() if task.finished else Text("left ") + super().render(task)

    with ExitStack() as stack:
        console = Console(file=stack.enter_context(_standard_error()))
        bar = Progress(
            TextColumn("{task.description:18}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeLeft(compact=True),
            console=console,
            disable=not console.is_terminal,
        )
        if not bar.disable:  # rich before 14.3 prints an empty line otherwise
            stack.callback(bar.stop)
        tasks: dict[str, Any] = {}
        printed = set()

        def progress(step: str, done: int, total: int) -> None:
            bar.start()
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)
            if bar.disable and done == total and step not in printed:
                printed.add(step)
                seconds = bar.tasks[list(tasks).index(step)].elapsed or 0
                console.print(f"{step}: {done}/{total}, {seconds:.0f} s", highlight=False)

        yield progress


@contextmanager
def _standard_error() -> Iterator[IO[str]]:
    """Have a standard error of one's own, for TensorFlow's import keeps the common one quiet."""
    own = None
    with suppress(AttributeError, OSError, ValueError):  # there is none, or not the process's
        if sys.stderr.fileno() == _STDERR:
            own = os.fdopen(os.dup(_STDERR), "w", encoding=sys.stderr.encoding, errors="replace")
    if own is None:
        yield sys.stderr
        return
    with own:
        yield own


@contextmanager
def naming_what_is_kept(
    folder: Path | None, pattern: str = "*", *, otherwise: str = _FROM_SCRATCH
) -> Iterator[None]:
    """Say how to go on after Ctrl-C or the death of a worker.

    That is from `folder`, if it has files of this pattern.
    """
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:
        kept = folder is not None and any(folder.glob(pattern))
        how = otherwise
        if kept:
            how = f"What is finished is kept in {folder}. The same command goes on from there."
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(how) from error
        from skdigits.parallel import is_death_of_worker

        if is_death_of_worker(error):
            raise click.ClickException(
                f"A worker was killed, perhaps for lack of memory: fewer --jobs need less. {how}"
            ) from error
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
