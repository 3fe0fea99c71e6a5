"""Convolutions give what SciPy's correlation gives, in windows and in tiles."""

import tracemalloc

import numpy as np
import pytest
from scipy.signal import correlate

from skdigits.network import _convolutions
from skdigits.network._convolutions import convolution, values_per_sample


def random(*shape):
    return np.random.default_rng(0).normal(size=shape)


def correlated(images, kernel, *, is_padded):
    side = len(kernel)
    padding = ((side - 1) // 2, side // 2) if is_padded else (0, 0)
    padded = np.pad(images, [(0, 0), padding, padding, (0, 0)])
    maps = [
        [correlate(image, kernel[..., f], mode="valid")[..., 0] for f in range(kernel.shape[3])]
        for image in padded
    ]
    return np.moveaxis(maps, 1, -1)


@pytest.mark.parametrize("in_tiles", [False, True])
@pytest.mark.parametrize("side", [1, 2, 3, 5])
def test_maps_are_those_of_scipy(side, in_tiles, monkeypatch):
    monkeypatch.setattr(_convolutions, "_pays_in_tiles", lambda *shape: in_tiles)
    for size, is_padded in [((1, 7), True), ((5, 4), True), ((9, 14), True), ((9, 14), False)]:
        images, kernel = random(9, *size, 2), random(side, side, 2, 3)
        convolve = convolution(kernel, *size, is_padded=is_padded)
        expected = correlated(images, kernel, is_padded=is_padded)
        np.testing.assert_allclose(convolve(images), expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(convolve(images[:1]), expected[:1], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "size", "in_tiles"),
    [
        ((3, 3, 1, 32), (8, 8), False),  # transforming tiles of one channel is most of the work
        ((3, 3, 32, 64), (8, 8), True),
        ((3, 3, 64, 128), (5, 5), False),  # four tiles for one and a half
        ((3, 3, 512, 512), (32, 32), False),  # its matrices do not fit into the cache
        ((7, 7, 32, 64), (8, 8), False),  # larger than a tile
    ],
)
def test_tiles_are_used_where_they_save_work(kernel, size, in_tiles):
    assert _convolutions._pays_in_tiles(kernel, *size) == in_tiles


def test_a_sample_has_the_same_maps_among_any_others():
    images = random(20, 8, 8, 32)
    convolve = convolution(random(3, 3, 32, 64), 8, 8, is_padded=True)
    alone = convolve(images[:1])
    images[1:] *= 1e12
    np.testing.assert_allclose(convolve(images)[:1], alone, rtol=0, atol=1e-11)


@pytest.mark.parametrize("kernel", [(3, 3, 2, 64), (3, 3, 32, 64)])
def test_memory_is_no_more_than_a_few_times_the_values_per_sample(kernel):
    images = random(1, 32, 32, kernel[2])
    convolve = convolution(random(*kernel), 32, 32, is_padded=True)
    tracemalloc.start()
    convolve(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 8 * values_per_sample(kernel, 32, 32)
