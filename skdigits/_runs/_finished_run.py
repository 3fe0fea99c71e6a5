"""Know a finished run again: what it printed, as long as its files are as it left them."""

import hashlib
from pathlib import Path
from typing import Any

from skdigits._runs._kept_results import KeptResults

__all__ = ["FinishedRun"]

_NAME = "finished"


class FinishedRun:
    """The summary of a finished run with these settings, kept among the steps in its folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._runs._finished_run import FinishedRun
    >>> with TemporaryDirectory() as folder:
    ...     report = Path(folder) / "report.html"
    ...     _ = report.write_text("All is well.")
    ...     run = FinishedRun(Path(folder), {"cv": 3})
    ...     run.keep("Accuracy: 1.0", [report])
    ...     kept = run.read()
    ...     _ = report.write_text("Changed.")
    ...     kept, run.read()
    ('Accuracy: 1.0', None)
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._folder, self._settings = folder, settings
        self._steps = folder / "steps"

    def keep(self, summary: str, files: list[Path]) -> None:
        """Keep what was printed, with the digests of `files` and of the steps."""
        steps = [path for path in self._steps.glob("*") if path.stem != _NAME]
        digests = {str(path.relative_to(self._folder)): _digest(path) for path in [*files, *steps]}
        KeptResults(self._steps).keep(_NAME, self._settings, {"summary": summary, "files": digests})

    def read(self) -> str | None:
        """Return what was printed; None without such a run, or where a file is not as it was."""
        if not self._steps.is_dir():
            return None
        kept = KeptResults(self._steps).read(_NAME, self._settings)
        if kept is None:
            return None
        for name, digest in kept["files"].items():
            path = self._folder / name
            if not path.is_file() or _digest(path) != digest:
                return None
        return kept["summary"]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
