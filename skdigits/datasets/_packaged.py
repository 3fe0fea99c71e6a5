"""Read the copy of optdigits that comes with skdigits, and what is known about it."""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "METADATA",
    "N_TRAIN",
    "SHA256",
    "Table",
    "description",
    "digest",
    "packaged_bitmaps",
    "packaged_table",
    "sample_pictures",
]

# Each row holds 64 counts 0..16 and the label 0..9; the training subset comes first.
Table = npt.NDArray[np.uint8]

N_TRAIN = 3823
SHA256 = "a88fcce34a8912ee99fb04893ce831c603fcf73799df3c49e93ec05a736beef2"
METADATA: dict[str, Any] = {
    "name": "Optical Recognition of Handwritten Digits",
    "uci_id": 80,
    "doi": "10.24432/C50P49",
    "url": "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    "licence": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    "creators": ["E. Alpaydin", "C. Kaynak"],
    "year": 1998,
    "num_instances": 5620,
    "num_features": 64,
    "citation": (
        "Alpaydin, E. and Kaynak, C. (1998). Optical Recognition of Handwritten Digits "
        "[Dataset]. UCI Machine Learning Repository. https://doi.org/10.24432/C50P49"
    ),
}


@cache
def packaged_table() -> Table:
    """Read the packaged (5620, 65) table once; it is shared and therefore read-only."""
    file = resources.files("skdigits.datasets") / "data" / "optdigits.npz"
    with file.open("rb") as stream, np.load(stream) as stored:
        table = np.ascontiguousarray(stored["table"])
    table.flags.writeable = False
    return table


@cache
def packaged_bitmaps() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Read the bitmaps, (5620, 32, 32), once, and which of them there are; both are read-only."""
    file = resources.files("skdigits.datasets") / "data" / "optdigits_bitmaps.npz"
    with file.open("rb") as stream, np.load(stream) as stored:
        rows, packed = stored["rows"], stored["bitmaps"]
    n_rows = len(packaged_table())
    bitmaps, has_bitmap = np.zeros((n_rows, 32, 32), np.uint8), np.zeros(n_rows, bool)
    bitmaps[rows] = np.unpackbits(packed, axis=1).reshape(-1, 32, 32)
    has_bitmap[rows] = True
    bitmaps.flags.writeable = has_bitmap.flags.writeable = False
    return bitmaps, has_bitmap


@cache
def description() -> str:
    """Read the description of the data set."""
    file = resources.files("skdigits.datasets") / "descr" / "optdigits.rst"
    return file.read_text(encoding="utf-8")


def sample_pictures(*, several: bool = False) -> list[Path]:
    """Return the files of the sample pictures that come with skdigits.

    They show bitmaps of the data set as people photograph and scan digits, to try things with.
    The packaged model was trained on these very bitmaps, so reading them right says nothing of its
    accuracy. Licence: CC BY 4.0.

    Parameters
    ----------
    several : bool, default=False
        Whether to return pictures of several digits instead of those of one digit.

    Returns
    -------
    list of pathlib.Path
        Files, sorted by name. The name begins with the digit or the number that it shows.

    See Also
    --------
    skdigits.pictures.read_digit : Read the digit in a picture.
    skdigits.pictures.read_number : Read the digits in a picture.

    Examples
    --------
    >>> from skdigits.datasets import sample_pictures
    >>> [path.name for path in sample_pictures(several=True)]
    ['5620-several.jpg']
    """
    folder = Path(str(resources.files("skdigits.datasets") / "samples"))
    return sorted(path for path in folder.glob("*-*") if ("-several" in path.name) == several)


def digest(table: Table) -> str:
    """Return the SHA-256 of a table; `SHA256` is that of the data in the published order."""
    return hashlib.sha256(table.tobytes()).hexdigest()
