"""The container of a model file: a zip archive of a few known parts, none of them compressed.

What is not compressed cannot blow up, and what is read is no larger than the file. Reading takes
nothing for granted: the parts must be the known ones, once each, one after the other from the
first byte to the last, with nothing between them, and no more than a limit in all.
"""

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from skdigits._files import replacing
from skdigits.exceptions import ModelFileError

__all__ = ["MAX_BYTES", "OPTIONAL_PARTS", "PARTS", "read_archive", "write_archive"]

PARTS = ("metadata.json", "network.json", "history.json", "weights.safetensors")
OPTIONAL_PARTS = ("optimizer.safetensors",)

MAX_BYTES = 256 * 2**20

# What zip puts around the parts: a header before each, an entry for each, and an end.
_HEADER, _ENTRY, _END = 30, 46, 22
_END_FORMAT = struct.Struct("<4s4H2LH")
_MOST_ENTRIES = len(PARTS + OPTIONAL_PARTS)

_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    zipfile.LargeZipFile,
)


def write_archive(path: str | os.PathLike[str], parts: Mapping[str, bytes]) -> None:
    """Write an archive, whole or not at all: a file that is there stays until it is replaced.

    Parameters
    ----------
    path : str or path-like
        File to write.
    parts : mapping of str to bytes
        Content by name: each of `PARTS`, and `OPTIONAL_PARTS` where they are wanted.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in (*PARTS, *OPTIONAL_PARTS):
            if name in parts:
                # ZipInfo has a fixed date: the same model makes the same bytes.
                archive.writestr(zipfile.ZipInfo(name), parts[name])
    with replacing(Path(path)) as part:
        part.write_bytes(buffer.getvalue())


def read_archive(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> dict[str, bytes]:
    """Read all parts of an archive that :func:`write_archive` has written.

    Parameters
    ----------
    path : str or path-like
        File to read.
    max_bytes : int
        Size of the largest file to read.

    Returns
    -------
    dict of str to bytes
        Content by name.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    skdigits.exceptions.ModelFileError
        If it is larger than `max_bytes`, or is not such an archive.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits.persistence._archive import PARTS, read_archive, write_archive
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.skdigits"
    ...     write_archive(path, dict.fromkeys(PARTS, b"content"))
    ...     read_archive(path)["history.json"]
    b'content'
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size) if size <= max_bytes else b""
    if size > max_bytes:
        raise ModelFileError(
            f"{path} has more than {max_bytes} bytes, which is the most that is read; pass a "
            "larger max_bytes if you trust where it comes from."
        )
    try:
        return _read(data)
    except _DAMAGE as error:
        raise ModelFileError(
            f"{path} is no sound model file: {str(error).rstrip('.')}. Get a whole copy, or save "
            "the model again with skdigits.save_model."
        ) from error


def _read(data: bytes) -> dict[str, bytes]:
    _check_ends(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = [entry.orig_filename for entry in entries]
        if len(names) > len(set(names)):
            raise ValueError(f"it has a part twice: {', '.join(map(repr, names))}")
        for name in names:
            if name not in PARTS + OPTIONAL_PARTS:
                raise ValueError(f"it has a part that does not belong there: {name!r}")
        if missing := [name for name in PARTS if name not in names]:
            raise ValueError(f"it lacks the part {missing[0]!r}")
        place = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            name = entry.orig_filename
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
                raise ValueError(f"its part {name!r} is compressed")
            if entry.flag_bits or entry.extra or entry.comment:
                raise ValueError(f"its part {name!r} is encrypted or has options of zip")
            if entry.header_offset != place:
                raise ValueError("its parts overlap, or there is something between them")
            place += _HEADER + len(name) + entry.file_size
        if place != archive.start_dir or len(data) != (
            place + sum(_ENTRY + len(name) for name in names) + _END
        ):
            raise ValueError("the sizes of its parts do not add up to its own")
        return {name: archive.read(name) for name in names}


def _check_ends(data: bytes) -> None:
    """Refuse what zipfile would look into for long, or with much memory."""
    if not data.startswith(b"PK\x03\x04"):
        raise ValueError("it does not begin as a zip archive does")
    signature, *_, entries, size, _, comment = _END_FORMAT.unpack(data[-_END:].rjust(_END, b"\0"))
    if signature != b"PK\x05\x06" or comment:
        raise ValueError("it does not end as a zip archive does: it is truncated, or more follows")
    if entries > _MOST_ENTRIES or size > 1024 or data[-_END - 20 :].startswith(b"PK\x06\x07"):
        raise ValueError("it has more parts than belong there")
