"""Write files that are whole or not there at all, and say in which folder data are kept."""

import os
import re
import socket
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

__all__ = ["check_writable", "data_home", "replacing"]

_COUNT = count()
_HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"

# No writer takes that long; what is older was left by one that was killed.
_ABANDONED_AFTER = 24 * 3600.0


def data_home() -> Path:
    """Return the folder for copies of data sets and for the default model; it may not exist yet.

    It is what the environment variable ``SKDIGITS_DATA`` says, else scikit-learn's
    :func:`~sklearn.datasets.get_data_home`, written again here: importing scikit-learn takes
    longer than predicting, and it would make the folder.
    """
    home = os.environ.get("SKDIGITS_DATA") or os.environ.get("SCIKIT_LEARN_DATA")
    return Path(home or Path("~", "scikit_learn_data")).expanduser()


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Check that files can be written to a folder, before the work that leads to them.

    Nothing is left behind: a folder that does not exist is not created.

    OSError is raised if there cannot be such a folder, or nothing can be written to it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._files import check_writable
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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Return a name beside `path` to write to; what is there takes the place of `path`.

    If the block raises, Ctrl-C included, `path` stays as it was and nothing is left beside it.
    If the process is killed, or the power fails, `path` is what it was or what it was to become;
    what is left beside it goes when the same file is next written. Several writers do not get
    into each other's way: the last one wins.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._files import replacing
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "greeting.txt"
    ...     with replacing(file) as part:
    ...         _ = part.write_text("hello")
    ...     [path.name for path in Path(folder).iterdir()]
    ['greeting.txt']
    """
    _remove_abandoned(path)
    part = path.with_name(f"{path.name}.{_HOST}-{os.getpid()}-{next(_COUNT)}.part")
    try:
        yield part
        _flush(part)
        part.replace(path)
    except OSError as error:
        if error.filename in {None, str(part)}:  # not the name that nobody has asked for
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the disk hold what was written, before the name does."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(path: Path) -> None:
    name = re.compile(re.escape(path.name) + r"\.([0-9a-f]{8})-(\d+)-\d+\.part")
    for part in path.parent.glob("*.part"):
        if made_by := name.fullmatch(part.name):
            host, process = made_by.groups()
            with suppress(OSError):  # another writer may have removed it
                if (host == _HOST and not _runs(int(process))) or (
                    time.time() - part.stat().st_mtime > _ABANDONED_AFTER
                ):
                    part.unlink()


def _runs(process: int) -> bool:
    if os.name == "nt":  # a signal of 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
