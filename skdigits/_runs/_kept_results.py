"""Keep results on disk, each with the settings it belongs to, and do only what is missing."""

import json
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock, Timeout

from skdigits._files import replacing
from skdigits._runs._provenance import digest
from skdigits.persistence import load_model, load_predictor, save_model

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["KeptResults", "claim_folder"]

Key = TypeVar("Key")
Found = TypeVar("Found")
Settings = dict[str, Any]
Result = dict[str, Any]
Fit = tuple["DigitCNNClassifier", float]


@contextmanager
def claim_folder(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Create a folder, and refuse it to other runs within the block; None does nothing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._runs._kept_results import claim_folder
    >>> with TemporaryDirectory() as folder, claim_folder(folder), claim_folder(folder):
    ...     pass
    Traceback (most recent call last):
    OSError: Another run uses .... Wait until it has ended, or choose another folder.
    """
    if folder is None:
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = FileLock(Path(folder) / "another_run.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise OSError(
            f"Another run uses {folder}. Wait until it has ended, or choose another folder."
        ) from error
    try:
        yield
    finally:
        # Remove the lock's file before its release, so that no other process locks it meanwhile.
        with suppress(OSError):  # Windows removes it with the release
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


class KeptResults:
    """Keep results in a folder, which is created; None keeps nothing.

    A result is found again under its name and the same settings only. Settings and results
    are dicts, lists, strings, numbers, bools and None, as JSON
    returns them. Each result is one file, which appears whole or not at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._runs._kept_results import KeptResults
    >>> with TemporaryDirectory() as folder:
    ...     kept = KeptResults(Path(folder))
    ...     kept.keep("knn", {"cv": 2}, {"wrong": [3]})
    ...     kept.read("knn", {"cv": 2}), kept.read("knn", {"cv": 5})
    ({'wrong': [3]}, None)
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def complete(
        self,
        settings: Mapping[Key, Settings],
        name: Callable[[Key], str],
        work: Callable[[list[Key]], Generator[tuple[Key, Result], None, None]],
    ) -> tuple[dict[Key, Result], set[Key]]:
        """Return all results by key, and the keys of those that an earlier run has left.

        ``name`` names the file of a key. ``work`` is called with the missing keys; it yields
        each with its result, which is written immediately.
        """
        found = {key: self.read(name(key), settings[key]) for key in settings}
        results = {key: result for key, result in found.items() if result is not None}
        reused = set(results)
        with closing(work([key for key in settings if key not in reused])) as finished:
            for key, result in finished:
                self.keep(name(key), settings[key], result)
                results[key] = result
        return {key: results[key] for key in settings}, reused

    def keep(self, name: str, settings: Settings, result: Result) -> None:
        """Write a result with its settings."""
        if self.folder is not None:
            record = {"settings": settings, "result": result}
            text = json.dumps({"sha256": digest(record), **record}, allow_nan=False)
            with replacing(self.folder / f"{name}.json") as part:
                part.write_text(text + "\n", encoding="utf-8")

    def read(self, name: str, settings: Settings) -> Result | None:
        """Return the result with the same settings, or None; warn if its file is damaged."""

        def read(path: Path) -> Result | None:
            record = json.loads(path.read_bytes())
            if record["sha256"] != digest({name: record[name] for name in ("settings", "result")}):
                raise ValueError("its checksum does not match")
            return record["result"] if record["settings"] == settings else None

        return self._read_file(f"{name}.json", read)

    def keep_fit(
        self, name: str, settings: Settings, fitted: "DigitCNNClassifier", seconds: float
    ) -> None:
        """Write a fitted classifier as a model file that also has the seconds of the fit."""
        if self.folder is not None:
            scores = {"settings": settings, "fit_seconds": seconds}
            save_model(fitted, self.folder / f"{name}.skdigits", scores=scores)

    def read_fit(self, name: str, settings: Settings) -> Fit | None:
        """Return the classifier fitted with the same settings, and the seconds of its fit."""

        def read(path: Path) -> Fit | None:
            kept = load_predictor(path).metadata["scores"]
            is_same = kept["settings"] == settings
            return (load_model(path), kept["fit_seconds"]) if is_same else None

        return self._read_file(f"{name}.skdigits", read)

    def _read_file(self, name: str, read: Callable[[Path], Found | None]) -> Found | None:
        if self.folder is None:
            return None
        path = self.folder / name
        try:
            return read(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:  # damaged or of another kind
            message = f"{path} is damaged ({error}); its result is computed again."
            warnings.warn(message, UserWarning, stacklevel=3)
            return None
