"""Keep results on disk, each with the settings that it belongs to, and do only what is missing."""

import hashlib
import json
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skdigits._files import replacing
from skdigits.persistence import load_model, save_model

if TYPE_CHECKING:
    from skdigits.classifier import DigitCNNClassifier

__all__ = ["KeptResults"]

Key = TypeVar("Key")
Settings = dict[str, Any]
Result = dict[str, Any]


class KeptResults:
    """Keep results in a folder, which is made; None keeps nothing.

    A result is found again under its name and the same settings alone. Settings and results
    are what JSON can hold.

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
        self._folder = folder

    def complete(
        self,
        settings: Mapping[Key, Settings],
        name: Callable[[Key], str],
        work: Callable[[list[Key]], Generator[tuple[Key, Result], None, None]],
    ) -> tuple[dict[Key, Result], set[Key]]:
        """Return all results by key, and the keys of those that an earlier run has left.

        ``name`` names the file of a key. ``work`` is called with the missing keys; it yields
        each with its result, which is kept at once.
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
        """Write a result with its settings, whole or not at all."""
        if self._folder is None:
            return
        record = {"settings": settings, "result": result}
        with replacing(self._path(name)) as part:
            text = json.dumps({**record, "sha256": _digest(record)}, allow_nan=False)
            part.write_text(text + "\n", encoding="utf-8")

    def read(self, name: str, settings: Settings) -> Result | None:
        """Return the result of the same settings; None without one, with a warning if damaged."""
        if self._folder is None:
            return None
        path = self._path(name)
        try:
            record = json.loads(path.read_bytes())
            if record.pop("sha256") != _digest(record):
                raise ValueError("its checksum is not that of its content")
            if record["settings"] == json.loads(json.dumps(settings)):
                return record["result"]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            warnings.warn(f"{path} is damaged ({error}); it is worked out anew.", stacklevel=2)
        return None

    def keep_fit(
        self, name: str, settings: Settings, fitted: "DigitCNNClassifier", seconds: float
    ) -> None:
        """Write a fitted classifier as a model file, and beside it the seconds of its fit."""
        if self._folder is None:
            return
        # What is said of a model must never stand beside another one.
        self._path(name).unlink(missing_ok=True)
        model = self._path(name, ".skdigits")
        save_model(fitted, model)
        self.keep(name, settings, {"fit_seconds": seconds, "model_sha256": _sha256(model)})

    def read_fit(self, name: str, settings: Settings) -> tuple["DigitCNNClassifier", float] | None:
        """Return the fitted classifier of the same settings, and the seconds of its fit."""
        kept = self.read(name, settings)
        if kept is None:
            return None
        model = self._path(name, ".skdigits")
        try:
            if _sha256(model) != kept["model_sha256"]:
                raise ValueError("it is not the model that was written")
            return load_model(model), kept["fit_seconds"]
        except (OSError, ValueError) as error:
            warnings.warn(f"{model} is damaged ({error}); it is trained anew.", stacklevel=2)
        return None

    def _path(self, name: str, suffix: str = ".json") -> Path:
        assert self._folder is not None
        return self._folder / f"{name}{suffix}"


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
