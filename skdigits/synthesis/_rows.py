"""Encode drawings as rows of counts, in several processes, each with its own seed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed
from sklearn.utils import check_random_state, gen_even_slices

from skdigits.pictures import PictureEncoding

__all__ = ["encode_drawings"]


def encode_drawings(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    things: Sequence[Any] | np.ndarray,
    *,
    n_jobs: int | None,
    random_state: int | np.random.RandomState | None,
) -> np.ndarray:
    """Draw each of the things, and return counts of shape (n_things, 64).

    `draw` makes ink, bools, of a thing. What it draws at random follows from `random_state` and
    the thing's place, whatever `n_jobs`.
    """
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    parts = gen_even_slices(len(things), min(len(things), 4 * cpu_count()) or 1)
    rows = Parallel(n_jobs=n_jobs)(
        delayed(_encoded)(draw, things[part], seed, part.start) for part in parts
    )
    return np.concatenate([np.empty((0, 64)), *rows])


def _encoded(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    things: Sequence[Any] | np.ndarray,
    seed: int,
    start: int,
) -> np.ndarray:
    encode = PictureEncoding().encode_ink
    return np.array(
        [
            encode(draw(thing, np.random.default_rng([seed, number])))
            for number, thing in enumerate(things, start)
        ]
    )
