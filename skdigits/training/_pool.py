"""Keep a few objects that are expensive to make, and lend them for reuse."""

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["TRACED_NETWORKS", "Pool", "clear_cache"]


class Pool:
    """Lends objects by key, each to one borrower at a time.

    A returned object is kept for the next borrower of the same key; the one that has been idle
    longest is dropped when there are more than `size`. Nested and parallel borrowers of one key
    get different objects, so that none of them waits. A forked child process starts with an empty
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
        """Lend an object within the block.

        The object is kept if it is still sound, also if the block raises an error: the next
        borrower sets its state. After an interrupt, which may come anywhere, it is dropped.
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
                # A clear() or a fork may have replaced the list in the meantime.
                if is_whole and idle is self._idle and is_sound(thing):
                    idle.append((key, thing))
                    del idle[: -self.size]

    def clear(self) -> None:
        """Drop all objects; those that are lent are dropped when they are returned."""
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
        # Keep the parent's objects alive: freeing them may wait for a lock that the parent holds.
        self._of_the_parent = self._idle
        self.clear()


# Each takes some megabytes. A search fits all folds of a candidate before the next candidate, so
# that a few suffice, also for several searches in parallel.
TRACED_NETWORKS = Pool(size=8)


def clear_cache() -> None:
    """Free the traced networks that are kept for further fits.

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
