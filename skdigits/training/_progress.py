"""Show the progress of a fit: on one line of the terminal, or in a line for each epoch."""

import multiprocessing
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from skdigits._tensorflow import keras

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["ProgressLine"]

# A terminal has room for one line that is written again and again.
_ON_SCREEN = threading.Lock()


class ProgressLine(keras.callbacks.Callback):
    """Show the epoch, loss, accuracy and times of a fit within a ``with`` block.

    On a terminal it is one line of standard error that is written again and again. It gives way
    to another fit of this process, and to another display of rich's such as scikit-learn's
    ``ProgressBar``. Elsewhere (a notebook, a log file, a worker process, which shares the
    terminal of its parent) a line for each epoch is printed.

    `epochs` are the numbers of the epochs, from 0, of which an earlier process has finished
    `done`; `console` is where to show them, standard error by default.
    """

    def __init__(
        self, epochs: range, *, shown: bool, done: int = 0, console: "Console | None" = None
    ) -> None:
        super().__init__()
        self._epochs = epochs
        self._shown = shown
        self._done = done
        self._console = console
        self._progress: Progress | None = None
        self._prints = False
        self._began = 0.0

    def __enter__(self) -> Self:
        self._prints = self._shown and self._console is None and not _is_terminal()
        self._began = time.perf_counter()
        console = (self._console or _console_on_screen()) if self._shown else None
        if console is not None and _ON_SCREEN.acquire(blocking=False):
            try:
                self._progress = _make_progress(console)
                self._progress.add_task(
                    "",
                    total=len(self._epochs),
                    completed=self._done,
                    epoch=self._epoch(self._done),
                    metrics="",
                )
                self._progress.start()
            except BaseException:
                self._progress = None
                _ON_SCREEN.release()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            try:
                self._progress.stop()
            finally:
                self._progress = None
                _ON_SCREEN.release()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the metrics of an epoch."""
        done = epoch - self._epochs.start + 1
        if self._prints:
            seconds = time.perf_counter() - self._began
            line = f"epoch {epoch + 1}/{self._epochs.stop} {_in_words(logs or {})} {seconds:.1f} s"
            print(line, flush=True)
        if self._progress is not None:
            self._progress.update(
                self._progress.task_ids[0],
                completed=done,
                epoch=self._epoch(done),
                metrics=_in_words(logs or {}),
            )

    def _epoch(self, done: int) -> str:
        number = min(self._epochs.start + done + 1, self._epochs.stop)
        return f"epoch {number}/{self._epochs.stop}"


def _is_terminal() -> bool:
    if multiprocessing.current_process().name != "MainProcess":
        return False  # workers would write over each other's lines
    return sys.stderr is not None and sys.stderr.isatty()


def _console_on_screen() -> "Console | None":
    if not _is_terminal():
        return None
    from rich.console import Console
    from rich.file_proxy import FileProxy

    # What rich puts in place of standard error while it displays something.
    return None if isinstance(sys.stderr, FileProxy) else Console(stderr=True)


def _make_progress(console: "Console") -> "Progress":
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    def text(template: str) -> TextColumn:
        return TextColumn(template, markup=False, table_column=Column(no_wrap=True))

    return Progress(
        text("{task.fields[epoch]}"),
        BarColumn(bar_width=20),  # gives way where the line is long
        text("{task.fields[metrics]}"),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        text("left"),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
        console=console,
        # What is printed meanwhile goes above the line, but not from a file to the terminal.
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
    )


def _in_words(logs: dict[str, Any]) -> str:
    words = [f"{name} {logs[name]:.4f}" for name in ("loss", "accuracy") if name in logs]
    validation = [f"{logs[name]:.4f}" for name in ("val_loss", "val_accuracy") if name in logs]
    return " ".join([*words, *(["val", *validation] if validation else [])])
