"""Files that are whole or not there at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; what is there takes the place of `path`.

    If the block raises, Ctrl-C included, `path` stays as it was and nothing is left beside it.
    The caller sees to it that there is one writer at a time.

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
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
