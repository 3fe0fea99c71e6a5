"""Lend things that are expensive to make, and keep a few of them to be used again."""

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["TRACED_NETWORKS", "Pool", "clear_cache"]


class Pool:
    """Lends things by key, to one borrower at a time.

    What comes back is kept for the next borrower of the same key; the one that has waited
    longest goes when there are too many. Nested and parallel borrowers of one key get things of
    their own, so nobody waits for anybody. A child process that is forked begins with an empty
    pool.

    Examples
    --------
    >>> from skdigits.training._pool import Pool
    >>> pool = Pool(size=2)
    >>> with pool.borrow("list", make=list) as first:
    ...     first.append(1)
    >>> with pool.borrow("list", make=list) as second:
    ...     second
    [1]
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.clear()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_empty)

    @contextmanager
    def borrow(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        is_sound: Callable[[Any], bool] = lambda thing: True,
    ) -> Iterator[Any]:
        """Lend a thing within the block.

        It comes back if it is still sound, also when the block raises an error: the next borrower
        sets its state. After an interrupt, which may come anywhere, it does not.
        """
        idle, thing = self._idle, self._take(key)
        if thing is None:
            thing = make()
        is_whole = False
        try:
            yield thing
            is_whole = True
        except Exception:
            is_whole = True
            raise
        finally:
            with self._lock:
                # Meanwhile, a clear() or a fork may have replaced the list.
                if is_whole and idle is self._idle and is_sound(thing):
                    idle.append((key, thing))
                    del idle[: -self.size]

    def clear(self) -> None:
        """Let everything go, including what is lent as soon as it comes back."""
        self._lock = threading.Lock()
        self._idle: list[tuple[Hashable, Any]] = []

    def __len__(self) -> int:
        return len(self._idle)

    def _take(self, key: Hashable) -> Any:
        with self._lock:
            for position in reversed(range(len(self._idle))):
                if self._idle[position][0] == key:
                    return self._idle.pop(position)[1]
        return None

    def _start_empty(self) -> None:
        # Freeing TensorFlow's objects in a child may wait for a lock of the parent's.
        self._of_the_parent = self._idle
        self.clear()


# Each is some megabytes. A search fits all folds of a candidate before the next candidate, so
# that few are enough, several searches side by side included.
TRACED_NETWORKS = Pool(size=8)


def clear_cache() -> None:
    """Free the networks that are kept, traced, for the next fit of the same kind.

    Fitted classifiers are not affected. The next fit of each kind takes a second or two longer.

    See Also
    --------
    DigitCNNClassifier : Its fits share the graphs.

    Examples
    --------
    >>> import skdigits
    >>> skdigits.clear_cache()
    """
    TRACED_NETWORKS.clear()
