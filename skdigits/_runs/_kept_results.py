"""Results on disk, each with the settings that it belongs to."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

from skdigits._files import replacing

__all__ = ["keep", "read_kept"]


def keep(path: Path, settings: dict[str, Any], result: dict[str, Any]) -> None:
    """Write a result with its settings, whole or not at all; both are what JSON can hold."""
    record = {"settings": settings, "result": result}
    with replacing(path) as part:
        text = json.dumps({**record, "sha256": _digest(record)}, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8")


def read_kept(path: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """Return the result of the same settings; None if there is none.

    Warns
    -----
    UserWarning
        If there is a file that cannot be read or is not what was written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits._runs._kept_results import keep, read_kept
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "knn.json"
    ...     keep(path, {"seed": 1}, {"wrong": [3]})
    ...     read_kept(path, {"seed": 1}), read_kept(path, {"seed": 2})
    ({'wrong': [3]}, None)
    """
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


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
