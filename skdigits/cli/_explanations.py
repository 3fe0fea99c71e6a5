"""A figure for each picture: what became of it, and what was read."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skdigits._files import replacing
from skdigits.cli._picture_files import STDIN
from skdigits.displays import DigitImageEncoderDisplay, NumberReadingDisplay
from skdigits.pictures import NumberReading, read_image
from skdigits.preprocessing import DigitImageEncoder

__all__ = ["Explanations"]

_DPI = 150


class Explanations:
    """Writes figures into a folder, each under a name of its own.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.
    polarity : str
        What ink is, as for :class:`~skdigits.preprocessing.DigitImageEncoder`.

    Raises
    ------
    OSError
        If the folder cannot be made.
    """

    def __init__(self, folder: Path, *, polarity: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._encoder = DigitImageEncoder(polarity=polarity)
        self._taken: set[str] = set()

    def write(self, name: str, picture: Any, read: NumberReading | str) -> Path:
        """Write the figure of a picture and give its path; an older one is replaced.

        Parameters
        ----------
        name : str
            As on the command line.
        picture : file or bytes
            The picture.
        read : NumberReading or str
            What was read in it: several digits, or one.
        """
        display: NumberReadingDisplay | DigitImageEncoderDisplay
        if isinstance(read, NumberReading):
            ax = Figure(figsize=(8, 5), layout="constrained").add_subplot()
            display = NumberReadingDisplay(image=read_image(picture), reading=read).plot(ax)
        else:
            ax = Figure(figsize=(12.6, 2.2), layout="constrained").add_subplot()
            display = DigitImageEncoderDisplay.from_image(self._encoder, picture, ax=ax)
            display.figure_.suptitle(read)
        path = self._folder / self._free_name(name)
        with replacing(path) as part:
            display.figure_.savefig(part, dpi=_DPI, format="png")
        return path

    def _free_name(self, name: str) -> str:
        stem = "stdin" if name == STDIN else Path(name).stem
        # Not the picture's own name, which may be in the same folder.
        free, number = f"{stem}_explained.png", 1
        while free.lower() in self._taken:
            number += 1
            free = f"{stem}_{number}_explained.png"
        self._taken.add(free.lower())
        return free
