"""Draw a figure for each picture: what became of it, and what was read."""

import os
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skdigits._files import replacing
from skdigits.cli._picture_files import STDIN
from skdigits.displays import DigitImageEncoderDisplay, NumberReadingDisplay
from skdigits.pictures import DigitReading, NumberReading

__all__ = ["Explanations"]

_DPI = 150

# Bytes of a picture's name that leave room for a number and "_explained.png": file systems allow
# 255 in all.
_LONGEST_STEM = 230


class Explanations:
    """Write figures into a folder, which is made if it is not there, each under its own name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._taken: set[str] = set()

    def write(self, name: str, picture: Any, reading: DigitReading | NumberReading) -> Path:
        """Write the figure of a picture, an array in 0..1, and return its path.

        `name` is that on the command line. A figure of an earlier run is replaced.
        """
        display: NumberReadingDisplay | DigitImageEncoderDisplay
        if isinstance(reading, NumberReading):
            ax = Figure(figsize=(8, 5), layout="constrained").add_subplot()
            display = NumberReadingDisplay(picture=picture, reading=reading).plot(ax)
        else:
            ax = Figure(figsize=(12.6, 2.2), layout="constrained").add_subplot()
            display = DigitImageEncoderDisplay(steps=reading.steps or {}).plot(ax)
            display.figure_.suptitle(f"{reading.label} ({reading.probabilities.max():.1%})")
        path = self._folder / self._free_name(name)
        with replacing(path) as part:
            display.figure_.savefig(part, dpi=_DPI, format="png")
        return path

    def _free_name(self, name: str) -> str:
        stem = "stdin" if name == STDIN else Path(name).stem
        while len(os.fsencode(stem)) > _LONGEST_STEM:
            stem = stem[:-1]
        # Not the picture's own name, which may be in the same folder.
        free, number = f"{stem}_explained.png", 1
        while free.lower() in self._taken:
            number += 1
            free = f"{stem}_{number}_explained.png"
        self._taken.add(free.lower())
        return free
