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
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    @contextmanager
    def borrow(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        is_sound: Callable[[Any], bool] = lambda thing: True,
    ) -> Iterator[Any]:
        """Lend a thing for the time of the block.

        It comes back unless it is not sound any more, also when the block raises an error: the
        next borrower sets it to a state of his own. An interrupt may come anywhere in its making.
        """
        generation = self._generation
        thing = self._take(key)
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
                # There may have been a clear() or a fork meanwhile.
                if is_whole and generation is self._generation and is_sound(thing):
                    self._idle.append((key, thing))
                    del self._idle[: -self.size]

    def clear(self) -> None:
        """Let everything go, what is lent included as soon as it comes back."""
        with self._lock:
            self._idle.clear()
            self._generation = object()

    def __len__(self) -> int:
        return len(self._idle)

    def _take(self, key: Hashable) -> Any:
        with self._lock:
            for position in reversed(range(len(self._idle))):
                if self._idle[position][0] == key:
                    return self._idle.pop(position)[1]
        return None

    def _begin_anew(self) -> None:
        # To free TensorFlow's things in a child may be to wait for a lock of the parent's.
        self._of_the_parent = self._idle
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Hashable, Any]] = []
        self._generation = object()


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
