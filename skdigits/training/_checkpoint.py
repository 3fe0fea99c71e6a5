"""Keep the state of a fit in a file: a process that is killed loses one epoch, not all."""

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
from skdigits.training._callbacks import DivergenceError, EpochLogs
from skdigits.training._early_stopping import EarlyStopping, StoppingState
from skdigits.training._traced_network import NetworkState

__all__ = ["Checkpoint", "CheckpointWriter", "FitState", "claim_checkpoint", "fit_digest"]

_FORMAT = 1


class FitState(NamedTuple):
    """All that a fit needs to continue after an epoch.

    `logs` are those of each finished epoch; `is_stopped` says whether the last of them was to be
    the last of all, however many there could be.
    """

    seed: int
    logs: list[dict[str, float]]
    is_stopped: bool
    network: NetworkState
    stopping: StoppingState | None


class Checkpoint:
    """The file of one fit, which nobody else writes.

    `digest` is that of the fit, from :func:`fit_digest`; `found` is what an earlier process has
    left, or None; with `is_done`, training is finished and the file of no more use.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self.is_done = False
        self._digest = digest
        self.found = self._read()

    def write(self, state: FitState) -> None:
        """Put a state in place of the one before."""
        lists = {"weights": state.network.weights, "optimizer": state.network.optimizer}
        document: dict[str, Any] = {
            "format": "skdigits checkpoint",
            "fit": self._digest,
            "seed": state.seed,
            "logs": [list(logs.items()) for logs in state.logs],  # JSON's keys are sorted
            "is_stopped": state.is_stopped,
            "stopping": None,
        }
        if state.stopping is not None:
            document["stopping"] = state.stopping.numbers
            lists["best_weights"] = state.stopping.best_weights or []
        arrays: dict[str, np.ndarray] = {}
        for name, values in lists.items():
            arrays |= _container.by_number(name, values)
        data = _container.dump(document, arrays)
        with replacing(self.path) as part:
            part.write_bytes(data)

    def _read(self) -> FitState | None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return self._parse(data)
        except Exception as error:
            warnings.warn(
                f"The checkpoint {str(self.path)!r} is not used, and the fit begins anew: {error}",
                UserWarning,
                stacklevel=2,
            )
            return None

    def _parse(self, data: bytes) -> FitState:
        document, arrays = _container.parse(data)
        if document.get("fit") != self._digest:
            raise ValueError("it is of another fit.")
        numbers = document["stopping"]
        best_weights = _container.in_order("best_weights", arrays) or None
        return FitState(
            seed=document["seed"],
            logs=[dict(items) for items in document["logs"]],
            is_stopped=document["is_stopped"],
            network=NetworkState(
                _container.in_order("weights", arrays), _container.in_order("optimizer", arrays)
            ),
            stopping=None if numbers is None else StoppingState(numbers, best_weights),
        )


class CheckpointWriter(keras.callbacks.Callback):
    """Write the state of a fit after each epoch; to be called after all other callbacks.

    Where that cannot be done, as when the disk is full, the fit goes on, and is warned of once.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        seed: int,
        finished: EpochLogs,
        stopping: EarlyStopping | None,
    ) -> None:
        super().__init__()
        self._checkpoint = checkpoint
        self._seed = seed
        self._finished = finished
        self._stopping = stopping
        self._is_warned = False

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write what the epoch has made of the network."""
        state = FitState(
            seed=self._seed,
            logs=self._finished.logs,
            is_stopped=bool(self.model.stop_training),
            network=self.model.state(),
            stopping=None if self._stopping is None else self._stopping.state(),
        )
        try:
            self._checkpoint.write(state)
        except OSError as error:
            if not self._is_warned:
                self._is_warned = True
                warnings.warn(
                    f"The checkpoint {str(self._checkpoint.path)!r} could not be written after "
                    f"epoch {len(state.logs)} ({error.strerror or error}). The fit goes on, and "
                    "writes it again when it can; were it killed now, it would resume from the "
                    "last epoch that was written.",
                    UserWarning,
                    stacklevel=caller_stacklevel(),
                )

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Take note that training has come to its end, which Ctrl-C would have prevented."""
        self._checkpoint.is_done = True


@contextmanager
def claim_checkpoint(folder: str | os.PathLike[str], digest: str) -> Iterator[Checkpoint]:
    """Have a file of a fit's own within the block: one that was left behind, or a new one.

    Fits with the same digest, side by side in threads or processes, each have a file of their
    own. The file is removed after the block if training is done then. If it is not, or if the
    process ends, the next fit with this digest finds it. A file that is damaged or of another fit
    is warned of and replaced; OSError is raised if the folder cannot be written to.
    """
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
        checkpoint = Checkpoint(path, digest)
        yield checkpoint
        if checkpoint.is_done:
            path.unlink(missing_ok=True)
    except DivergenceError:  # the same fit would diverge again
        path.unlink(missing_ok=True)
        raise
    finally:
        # Before it is released: whoever locks a file that has no name any more tries again.
        with suppress(OSError):  # Windows removes it with the release
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _lock_one(folder: Path, name: str) -> tuple[Path, FileLock]:
    """Lock a file that was left behind by a process that is no more, or the first free name."""
    left = sorted(folder.glob(f"{name}-*.checkpoint"))
    new = (folder / f"{name}-{number}.checkpoint" for number in itertools.count())
    for path in itertools.chain(left, new):
        lock = FileLock(path.with_suffix(".lock"))
        with suppress(Timeout):  # its process lives
            lock.acquire(blocking=False)
            return path, lock
    raise AssertionError  # there are endless numbers


def fit_digest(description: Mapping[str, Any], arrays: Iterable[np.ndarray]) -> str:
    """Return a SHA-256 digest of all that determines a fit, the libraries' versions included.

    `arrays` are the rows and, where the fit continues an earlier one, its state.

    Examples
    --------
    >>> import numpy as np
    >>> digest = fit_digest({"epochs": 3}, [np.zeros(2)])
    >>> digest == fit_digest({"epochs": 3}, [np.zeros(2)])
    True
    >>> digest == fit_digest({"epochs": 4}, [np.zeros(2)])
    False
    """
    versions = [("skdigits", __version__)] + [
        (module.__name__, module.__version__) for module in (np, sklearn, keras, tf)
    ]
    digest = hashlib.sha256(repr([_FORMAT, versions, sorted(description.items())]).encode())
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
