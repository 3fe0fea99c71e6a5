"""Write files as a whole or not at all, and name the folder of cached data."""

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["check_writable", "data_home", "replacing"]


def data_home(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder for copies of data sets, which may not exist yet.

    Without `folder`, the environment variable ``SKDIGITS_DATA`` names it, else it is that of
    scikit-learn's :func:`~sklearn.datasets.get_data_home`, repeated here because that function
    makes the folder. OSError is raised for a user without a home folder.
    """
    folder = folder or os.environ.get("SKDIGITS_DATA") or os.environ.get("SCIKIT_LEARN_DATA")
    path = Path(folder or "~/scikit_learn_data")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise OSError(f"no home folder was found for {path}") from error


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Check that files can be written to a folder, before the work that leads to them.

    Raises OSError if they cannot. A folder that does not exist is not created.
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
    """Yield a path to write to, and rename it to `path` at the end of the block.

    A symbolic link is followed, and the mode of an existing file is kept. If the block raises,
    `path` stays unchanged and the other file is deleted. If the process is killed, `path` has its
    old or its new content, and a file ``*.part`` may be left in its folder. Of several writers at
    the same time the last one wins.

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
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileExistsError(errno.EEXIST, "This is a folder or a device, not a file", str(path))
    # The name of `path` may be as long as the file system allows.
    part = target.with_name(f"{target.name[:50]}.{secrets.token_hex(4)}.part")
    try:
        mode = target.stat().st_mode if target.exists() else None
        part.touch(0o666 if mode is None else 0o600)  # a private file stays private meanwhile
        yield part
        _flush(part)
        if mode is not None:
            with suppress(OSError):  # on file systems without modes
                part.chmod(stat.S_IMODE(mode))
        part.replace(target)
    except OSError as error:
        if error.filename in {None, str(part)}:  # the caller knows the other name
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have the disk store the content before the name."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
