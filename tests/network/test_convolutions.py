"""Each way to convolve gives what SciPy's correlation gives, and is taken where it pays."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy.signal import correlate

from skdigits.network._convolutions import Tiles, Whole, Windows, way_of


def random(*shape):
    return np.random.default_rng(0).normal(size=shape)


def convolved(images, kernel, *, is_padded):
    side = len(kernel)
    padding = ((side - 1) // 2, side // 2) if is_padded else (0, 0)
    padded = np.pad(images, [(0, 0), padding, padding, (0, 0)])
    maps = [
        [correlate(image, kernel[..., f], mode="valid")[..., 0] for f in range(kernel.shape[3])]
        for image in padded
    ]
    return np.moveaxis(maps, 1, -1)


@pytest.mark.parametrize("n", [1, 9])
@pytest.mark.parametrize(
    ("size", "is_padded"),
    [
        *itertools.product([(1, 1), (1, 7), (4, 4), (5, 4), (9, 14)], [True]),
        *itertools.product([(5, 5), (6, 6), (9, 14)], [False]),
    ],
)
@pytest.mark.parametrize("side", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("way", [Windows, Tiles])
def test_it_is_that_of_scipy(way, side, size, is_padded, n):
    images, kernel = random(n, *size, 2), random(side, side, 2, 3)
    maps = way(kernel, *size, is_padded=is_padded)(images)
    expected = convolved(images, kernel, is_padded=is_padded)
    np.testing.assert_allclose(maps, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "size", "way"),
    [
        ((3, 3, 1, 32), (8, 8), Windows),  # of one channel, tiles would be most of the work
        ((3, 3, 32, 64), (8, 8), Tiles),
        ((3, 3, 64, 128), (4, 4), Tiles),
        ((3, 3, 64, 128), (5, 5), Windows),  # four tiles for one and a half
        ((3, 3, 64, 128), (1, 40), Windows),
        ((5, 5, 32, 64), (8, 8), Tiles),
        ((1, 1, 32, 64), (8, 8), Windows),
        ((7, 7, 32, 64), (8, 8), Windows),
        ((3, 3, 512, 512), (32, 32), Windows),  # its matrices would fill the cache
        ((3, 3, 32, 64), (2, 2), Whole),
    ],
)
def test_the_way_is_the_one_with_the_least_work(kernel, size, way):
    assert way_of(kernel, *size, is_padded=True) is way


@pytest.mark.parametrize("way", [Windows, Tiles])
def test_a_row_has_the_same_maps_among_any_others(way):
    images = random(20, 8, 8, 8)
    convolve = way(random(3, 3, 8, 8), 8, 8, is_padded=True)
    together = convolve(images)
    alone = np.concatenate([convolve(image[None]) for image in images])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-12)
    images[1:] *= 1e12
    np.testing.assert_allclose(convolve(images)[0], together[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", [Whole, Windows, Tiles])
def test_memory_is_no_more_than_a_few_times_the_sizes(way):
    size = (2, 2) if way is Whole else (32, 32)
    kernel, images = random(3, 3, 16, 64), random(1, *size, 16)
    tracemalloc.start()
    way(kernel, *size, is_padded=True)(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 8 * max(way.sizes(kernel.shape, *size))
