"""Show the progress of a fit: on one line of the terminal, or in a line for each epoch."""

import multiprocessing
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

from skdigits._tensorflow import keras

__all__ = ["ProgressLine"]

# A terminal has room for one line that is written repeatedly.
_ON_SCREEN = threading.Lock()


class ProgressLine(keras.callbacks.Callback):
    """Show the epoch, loss, accuracy and times of a fit within a ``with`` block.

    With `verbose` 1 on a terminal, it is one line of standard error that is updated in place, for
    one fit of the process at a time. Elsewhere (a notebook, a log file, a worker process, which
    shares the terminal of its parent) and with 2, a line for each epoch is printed. What cannot be
    written is left out.

    `epochs` are the numbers of the epochs, from 0, of which an earlier process has finished
    `done`.
    """

    def __init__(self, epochs: range, *, verbose: int, done: int) -> None:
        super().__init__()
        self._epochs = epochs
        self._shown = verbose > 0
        self._may_update = verbose == 1
        self._first = epochs.start + done
        self._in_place = False
        self._began = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        if self._may_update and _is_terminal():
            self._in_place = self._shown = _ON_SCREEN.acquire(blocking=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._in_place:
            self._in_place = False
            _ON_SCREEN.release()
            _write("\n", sys.stderr)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the metrics of an epoch."""
        if not self._shown:
            return
        seconds = time.perf_counter() - self._began
        line = f"epoch {epoch + 1}/{self._epochs.stop} {_in_words(logs or {})} {seconds:.1f} s"
        if self._in_place:
            left = seconds / (epoch + 1 - self._first) * (self._epochs.stop - epoch - 1)
            _write(f"\r{line}, {left:.0f} s left  ", sys.stderr)
        else:
            _write(f"{line}\n", sys.stdout)


def _is_terminal() -> bool:
    if multiprocessing.current_process().name != "MainProcess":
        return False  # workers would overwrite each other's lines
    with suppress(Exception):
        return sys.stderr.isatty()
    return False


def _write(text: str, file: IO[str]) -> None:
    # The file may be missing, closed, full, or an object of an IDE without some methods, which is
    # no reason to lose a fit.
    with suppress(Exception):
        file.write(text)
        file.flush()


def _in_words(logs: dict[str, Any]) -> str:
    words = [f"{name} {logs[name]:.4f}" for name in ("loss", "accuracy") if name in logs]
    validation = [f"{logs[name]:.4f}" for name in ("val_loss", "val_accuracy") if name in logs]
    return " ".join([*words, *(["val", *validation] if validation else [])])
