"""Open the pictures named on the command line: files, folders and standard input."""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from skdigits.exceptions import PictureError

__all__ = ["STDIN", "open_picture", "picture_files"]

STDIN = "-"

# Largest file in bytes: twice an uncompressed picture of the most pixels that are read, in colours.
_MAX_BYTES = 300_000_000
# Largest picture from standard input, which is held in memory.
_MAX_STDIN_BYTES = 64_000_000

_SUFFIXES = (
    *(".avif", ".bmp", ".dib", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".mpo", ".pbm", ".pgm"),
    *(".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
)


# Files of a folder that are named when they are passed over; the others are counted.
_NAMED = 3


def picture_files(
    names: Iterable[str], warn: Callable[[str, str], None]
) -> Iterator[tuple[str, Exception | None]]:
    """Yield the files to read in the order of `names`, each with None, or an error instead.

    A folder stands for the pictures in it and its subfolders, sorted; links to folders are not
    followed. `warn` receives a folder and a sentence that names its other files.
    """
    for name in names:
        try:
            is_folder = name != STDIN and Path(name).is_dir()
        except OSError as error:  # the name is too long, or leads through a closed folder
            yield name, error
            continue
        if not is_folder:
            yield name, None
            continue
        errors: list[OSError] = []
        others: list[str] = []
        files = list(_in_folder(name, errors, others))
        if others:
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            warn(name, f"Passed over, not named as pictures: {', '.join(others[:_NAMED])}{more}.")
        yield from ((file, None) for file in files)
        yield from ((str(error.filename or name), error) for error in errors)
        if not files and not errors:
            yield name, PictureError("No pictures are in this folder.")


def _in_folder(folder: str, errors: list[OSError], others: list[str]) -> Iterator[str]:
    for place, folders, files in os.walk(folder, onerror=errors.append):
        for file in sorted(files):
            if Path(file).suffix.lower() in _SUFFIXES:
                yield str(Path(place, file))
            elif not file.startswith("."):  # file managers hide their own files in this way
                others.append(str(Path(place, file).relative_to(folder)))
        folders.sort()


def open_picture(name: str) -> BinaryIO:
    """Open a file, or read standard input; nothing else, and never without an end.

    It is an OSError if it cannot be opened, and a PictureError if it is not a regular file, is
    empty or too large.
    """
    if name == STDIN:
        data = sys.stdin.buffer.read(_MAX_STDIN_BYTES + 1)
        _check_size(len(data), _MAX_STDIN_BYTES)
        return io.BytesIO(data)
    # Opening a named pipe would wait for a program to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(name, flags), "rb")
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(
                "This is a pipe or a device, not a file. To read a picture from a pipe, name "
                f"{STDIN} for standard input."
            )
        _check_size(status.st_size, _MAX_BYTES)
    except BaseException:
        file.close()
        raise
    return file


def _check_size(size: int, most: int) -> None:
    if not size:
        raise PictureError("There is nothing in it, 0 bytes; expected a picture.")
    if size > most:
        raise PictureError(f"It has more than {most // 1_000_000} MB, the most that is read.")
