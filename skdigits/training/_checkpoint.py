"""Keep the state of a fit in a file, so that a killed process loses one epoch at most."""

import hashlib
import itertools
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sklearn
from filelock import FileLock, Timeout

from skdigits import _container
from skdigits._files import replacing
from skdigits._tensorflow import keras, tf
from skdigits._validation import caller_stacklevel
from skdigits._version import __version__
from skdigits.training._traced_network import NetworkState

__all__ = ["Checkpoint", "FitState", "claim_checkpoint", "fit_digest"]

_FORMAT = 2


class FitState(NamedTuple):
    """Everything that a fit needs to continue after an epoch.

    `logs` are the values of each finished epoch. If `is_stopped`, no epoch is left to train.
    `best_weights` are the weights of the best epoch if the fit stops early, else empty.
    """

    seed: int
    logs: list[dict[str, float]]
    is_stopped: bool
    network: NetworkState
    best_weights: list[np.ndarray]


class Checkpoint:
    """The file of one fit, which no other process writes. Without a path, it does nothing."""

    def __init__(self, path: Path | None, digest: str) -> None:
        self.path = path
        self._digest = digest
        self._is_warned = False

    def read(self) -> FitState | None:
        """Return the state that an earlier process has left of this fit, or None."""
        if self.path is None or not self.path.exists():
            return None
        try:
            document, arrays = _container.parse(self.path.read_bytes())
            if document.get("fit") != self._digest:
                raise ValueError("it belongs to another fit")
        except (OSError, ValueError) as error:
            warnings.warn(
                f"The checkpoint {str(self.path)!r} is not used, and the fit starts from scratch: "
                f"{error}.",
                UserWarning,
                stacklevel=caller_stacklevel(),
            )
            return None
        weights, optimizer, best_weights = (
            _container.in_order(name, arrays) for name in ("weights", "optimizer", "best_weights")
        )
        return FitState(
            seed=document["seed"],
            logs=[dict(items) for items in document["logs"]],
            is_stopped=document["is_stopped"],
            network=NetworkState(weights, optimizer),
            best_weights=best_weights,
        )

    def write(self, state: FitState) -> None:
        """Replace the state in the file; if that fails, as on a full disk, warn once."""
        if self.path is None:
            return
        document = {
            "format": "skdigits checkpoint",
            "fit": self._digest,
            "seed": state.seed,
            "logs": [list(logs.items()) for logs in state.logs],  # JSON's keys are sorted
            "is_stopped": state.is_stopped,
        }
        arrays = {
            **_container.by_number("weights", state.network.weights),
            **_container.by_number("optimizer", state.network.optimizer),
            **_container.by_number("best_weights", state.best_weights),
        }
        data = _container.dump(document, arrays)
        try:
            with replacing(self.path) as part:
                part.write_bytes(data)
        except OSError as error:
            if not self._is_warned:
                self._is_warned = True
                warnings.warn(
                    f"The checkpoint {str(self.path)!r} could not be written after epoch "
                    f"{len(state.logs)} ({error.strerror or error}). The fit continues; if it is "
                    "killed, it resumes from the last epoch that was written.",
                    UserWarning,
                    stacklevel=caller_stacklevel(),
                )

    def remove(self) -> None:
        """Remove the file of a fit that has ended."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


@contextmanager
def claim_checkpoint(folder: str | os.PathLike[str] | None, digest: str) -> Iterator[Checkpoint]:
    """Lock a file for a fit within the block: one that an earlier process has left, or a new one.

    Fits with the same digest that run at the same time, in threads or processes, get separate
    files. OSError is raised if the folder cannot be written to; without a folder, no file is
    written.
    """
    if folder is None:
        yield Checkpoint(None, digest)
        return
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path, lock = _lock_one(folder, digest[:32])
    except OSError as error:
        raise OSError(
            f"checkpoint={str(folder)!r} must be a folder that can be written to: {error}"
        ) from error
    try:
        for half_written in folder.glob(f"{path.name}?*"):
            half_written.unlink(missing_ok=True)
        yield Checkpoint(path, digest)
    finally:
        # Remove the lock's file before its release, so that no other process locks it meanwhile.
        with suppress(OSError):  # Windows removes it with the release
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _lock_one(folder: Path, name: str) -> tuple[Path, FileLock]:
    """Lock a file that a dead process has left, or else the first free name."""
    left = sorted(folder.glob(f"{name}-*.checkpoint"))
    new = (folder / f"{name}-{number}.checkpoint" for number in itertools.count())
    for path in itertools.chain(left, new):
        lock = FileLock(path.with_suffix(".lock"))
        with suppress(Timeout):  # its process is alive
            lock.acquire(blocking=False)
            return path, lock
    raise AssertionError  # the numbers do not end


def fit_digest(description: Mapping[str, Any], arrays: Iterable[np.ndarray]) -> str:
    """Return a SHA-256 digest of everything that determines a fit, library versions included.

    `arrays` are the samples and, where the fit continues an earlier one, its state.
    """
    versions = [("skdigits", __version__)] + [
        (module.__name__, module.__version__) for module in (np, sklearn, keras, tf)
    ]
    digest = hashlib.sha256(repr([_FORMAT, versions, sorted(description.items())]).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
