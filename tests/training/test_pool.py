"""A pool lends a thing to one borrower at a time, and lends it again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import skdigits
from skdigits.training._pool import TRACED_NETWORKS, Pool


def borrow(pool, key):
    """Borrow a thing, give it back, and say which it was."""
    with pool.borrow(key, make=object) as thing:
        return thing


def test_what_came_back_is_lent_again():
    pool = Pool(size=2)
    assert borrow(pool, "a") is borrow(pool, "a")
    assert len(pool) == 1


def test_nested_borrowers_of_one_key_get_separate_things():
    pool = Pool(size=2)
    with pool.borrow("a", make=object) as outer, pool.borrow("a", make=object) as inner:
        assert inner is not outer
    assert len(pool) == 2


def test_threads_that_borrow_at_once_never_share():
    pool = Pool(size=2)
    borrow(pool, "a")
    both = threading.Barrier(2, timeout=10)

    def hold(_):
        with pool.borrow("a", make=object) as thing:
            both.wait()
            return thing

    with ThreadPoolExecutor(2) as executor:
        one, two = executor.map(hold, range(2))
    assert one is not two


def test_the_thing_that_has_waited_longest_goes():
    pool = Pool(size=2)
    first = {key: borrow(pool, key) for key in "abab"}  # a waits longer than b
    borrow(pool, "c")
    assert len(pool) == 2
    assert borrow(pool, "b") is first["b"]
    assert borrow(pool, "a") is not first["a"]


def test_a_block_that_raises_gives_back_what_is_sound():
    pool = Pool(size=2)
    with pytest.raises(ValueError, match="x"), pool.borrow("a", make=object) as first:
        raise ValueError("x")
    assert borrow(pool, "a") is first
    with (
        pytest.raises(ValueError, match="x"),
        pool.borrow("b", make=object, is_sound=lambda thing: False),
    ):
        raise ValueError("x")
    assert len(pool) == 1


def test_a_block_that_is_interrupted_gives_nothing_back():
    pool = Pool(size=2)
    with pytest.raises(KeyboardInterrupt), pool.borrow("a", make=object):
        raise KeyboardInterrupt
    assert len(pool) == 0


def test_a_thing_that_cannot_be_made_leaves_the_pool_as_it_was():
    pool = Pool(size=2)
    with pytest.raises(ZeroDivisionError), pool.borrow("a", make=lambda: 1 / 0):
        pass
    assert len(pool) == 0
    assert borrow(pool, "a") is borrow(pool, "a")


def test_clearing_forgets_what_waits_and_what_is_lent():
    pool = Pool(size=2)
    waiting = borrow(pool, "a")
    with pool.borrow("b", make=object) as lent:
        pool.clear()
        assert len(pool) == 0
    assert len(pool) == 0
    assert borrow(pool, "a") is not waiting
    assert borrow(pool, "b") is not lent


def test_a_forked_child_begins_empty_and_is_not_blocked_by_a_lock_held_at_the_fork(run_python):
    code = """
import os, signal
from skdigits.training._pool import Pool
pool = Pool(size=2)
with pool.borrow("a", make=object) as ours:
    pass
with pool._lock:
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # ends a child that waits for the lock
        found = len(pool)
        with pool.borrow("a", make=object) as thing:
            pass
        os._exit(0 if found == 0 and thing is not ours and len(pool) == 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(pool))
"""
    assert run_python(code).split() == ["0", "1"]


def test_clear_cache_lets_the_training_networks_go(digits, tiny):
    clf = tiny(epochs=1).fit(*digits)
    before = clf.predict_proba(digits[0])
    assert len(TRACED_NETWORKS) > 0
    skdigits.clear_cache()
    assert len(TRACED_NETWORKS) == 0
    assert (clf.predict_proba(digits[0]) == before).all()
