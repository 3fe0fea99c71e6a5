"""Write progress, interrupts, errors and warnings to the terminal, for all commands."""

import io
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

_FROM_SCRATCH = "Nothing is finished: the same command starts from scratch."


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a sentence on what is kept and how to go on."""


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows on stderr the units of a step done, their total and times.

    If stderr is not a terminal, it prints a line for each step that is done.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with ExitStack() as stack:
        console = Console(file=stack.enter_context(_standard_error()))
        bars = Progress(
            TextColumn("{task.description:18}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
        )
        if not bars.disable:  # rich before 14.3 prints an empty line otherwise
            stack.callback(bars.stop)
        tasks: dict[str, TaskID] = {}
        printed: set[str] = set()

        def progress(step: str, done: int, total: int) -> None:
            bars.start()
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done)
            if bars.disable and done == total and step not in printed:
                printed.add(step)
                seconds = bars.tasks[tasks[step]].elapsed or 0
                with suppress(OSError):  # a full disk, which does not end the work
                    console.print(f"{step}: {done}/{total}, {seconds:.0f} s", highlight=False)

        yield progress


@contextmanager
def _standard_error() -> Iterator[IO[str]]:
    """Duplicate standard error, which skdigits redirects while it imports TensorFlow."""
    try:
        duplicate = os.dup(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):  # not the process's, such as in a notebook
        yield sys.stderr or io.StringIO()
        return
    own = os.fdopen(duplicate, "w", encoding=sys.stderr.encoding, errors="replace")
    try:
        yield own
    finally:
        with suppress(OSError):
            own.close()


@contextmanager
def naming_what_is_kept(
    folder: Path | None, pattern: str = "*", *, otherwise: str = _FROM_SCRATCH
) -> Iterator[None]:
    """Print how to continue after Ctrl-C or the death of a worker.

    The same command continues from `folder`, if it has files of this pattern.
    """
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:
        how = otherwise
        if folder is not None and any(folder.glob(pattern)):
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
        except (ImportError, OSError, ValueError) as error:
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
    with suppress(OSError):
        click.echo(f"Warning: {message}", err=True)
