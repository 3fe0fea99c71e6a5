"""Convolve maps, padded or not, in the way that takes the least time for them."""

import math
from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

__all__ = ["Way", "output_size", "way_of"]

Shape = tuple[int, ...]

# Of a tile of a map, with the pixels around that its part of the convolution needs.
_TILE_SIDE = 6
_POINTS = np.array([0.0, 0.75, -0.75, 1.5, -1.5])  # and infinity; others cost more precision

# Transforming tiles takes time as well, and with fewer of them reading the matrices does.
_WORTHWHILE = 1.5
_FEWEST_TILES = 8

# Of the matrices that a kernel becomes for tiles: larger ones leave a core's cache.
_MOST_VALUES = 2**21


def output_size(side: int, rows: int, columns: int, *, is_padded: bool) -> tuple[int, int]:
    """Return the size of the maps that a kernel of that side makes of maps of another."""
    lost = 0 if is_padded else side - 1
    return rows - lost, columns - lost


class Way(ABC):
    """A way to convolve maps of `rows` and `columns` with a square kernel.

    Parameters
    ----------
    kernel : ndarray of shape (side, side, channels, filters)
        Float64.
    rows, columns : int
        Of the maps.
    is_padded : bool
        Whether what comes out is as large as the maps, instead of smaller by ``side - 1``.
    """

    def __init__(self, kernel: np.ndarray, rows: int, columns: int, *, is_padded: bool) -> None:
        self._kernel = kernel
        self._size = rows, columns
        self._before = (len(kernel) - 1) // 2 if is_padded else 0
        self._output_size = output_size(len(kernel), rows, columns, is_padded=is_padded)

    @abstractmethod
    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Compute: from (n, rows, columns, channels) to the same, or less, with filters last."""

    @staticmethod
    @abstractmethod
    def sizes(kernel: Shape, rows: int, columns: int) -> tuple[int, int]:
        """Return how many values there are on the way to one map of that size, and in matrices."""

    def _places(self, side: int, step: int) -> np.ndarray:
        """Return the pixels in squares of a side, a step apart; one too many is the padding."""
        rows, columns = self._size
        pixels = np.arange(rows * columns).reshape(rows, columns)
        widths = [
            (self._before, -(-output // step) * step - step + side - self._before - length)
            for length, output in zip(self._size, self._output_size, strict=True)
        ]
        padded = np.pad(pixels, widths, constant_values=rows * columns)
        squares = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
        return squares[::step, ::step]


class Whole(Way):
    """Every pixel reaches every other: one product, without the padding."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) @ self._matrix).reshape(*x.shape[:3], -1)

    @cached_property
    def _matrix(self) -> np.ndarray:
        down, right = (
            np.arange(side)[:, None] - np.arange(side) + (len(self._kernel) - 1) // 2
            for side in self._size
        )
        taps = self._kernel[down[:, None, :, None], right[None, :, None, :]]
        taps = taps.transpose(0, 1, 4, 2, 3, 5)
        return taps.reshape(math.prod(taps.shape[:3]), -1)

    @staticmethod
    def sizes(kernel: Shape, rows: int, columns: int) -> tuple[int, int]:
        _, _, channels, filters = kernel
        pixels = rows * columns
        return pixels * max(channels, filters), pixels**2 * channels * filters


class Windows(Way):
    """One product of the squares around the pixels with the kernel."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        n, rows, columns, channels = x.shape
        pixels = np.zeros((n, rows * columns + 1, channels))
        pixels[:, :-1] = x.reshape(n, -1, channels)
        windows = pixels.take(self._window_places, axis=1)
        *taps, filters = self._kernel.shape
        unfolded = windows.reshape(-1, math.prod(taps))
        maps = unfolded @ self._kernel.reshape(-1, filters)
        return maps.reshape(n, *self._output_size, filters)

    @cached_property
    def _window_places(self) -> np.ndarray:
        return self._places(len(self._kernel), 1).ravel()

    @staticmethod
    def sizes(kernel: Shape, rows: int, columns: int) -> tuple[int, int]:
        *taps, filters = kernel
        return rows * columns * max(math.prod(taps), filters), math.prod(kernel)


class Tiles(Windows):
    """Toom and Cook's convolution, tile by tile: a quarter of the multiplications for a side of 3.

    The pixels of a tile, and the kernel, are taken for coefficients of polynomials. These are
    multiplied by their values at a few points, where a convolution is one product of each pair:
    over channels and filters, a matrix product for each point. The error is some 1e-15 of the
    largest value of the tile.

    References
    ----------
    A. Lavin and S. Gray (2016). Fast Algorithms for Convolutional Neural Networks.
    https://arxiv.org/abs/1509.09308
    """

    def __call__(self, x: np.ndarray) -> np.ndarray:
        step, down, right = _grid(len(self._kernel), *self._output_size)
        n_tiles = len(x) * down * right
        if n_tiles < _FEWEST_TILES:
            return super().__call__(x)
        to_points, kernels, to_pixels = self._matrices
        points, channels, filters = kernels.shape
        # To and fro between two pieces of memory: new ones would cost more than the products.
        n, rows, columns, _ = x.shape
        most = max(points * n_tiles, (rows * columns + 1) * n)
        one, other = np.empty((2, most * max(channels, filters)))

        pixels = _part(other, rows * columns + 1, n, channels)
        pixels[:-1] = x.reshape(n, -1, channels).swapaxes(0, 1)
        pixels[-1] = 0
        tiles = _part(one, points * down * right, n, channels)
        pixels.take(self._tile_places, axis=0, out=tiles, mode="clip")
        at_points = _part(other, points, n_tiles, channels)
        np.matmul(to_points, tiles.reshape(points, -1), out=at_points.reshape(points, -1))
        products = _part(one, points, n_tiles, filters)
        np.matmul(at_points, kernels, out=products)
        maps = _part(other, step, step, down, right, n, filters)
        np.matmul(to_pixels, products.reshape(points, -1), out=maps.reshape(step**2, -1))
        maps = maps.transpose(4, 2, 0, 3, 1, 5).reshape(n, down * step, right * step, filters)
        return maps[:, : self._output_size[0], : self._output_size[1]]

    @cached_property
    def _tile_places(self) -> np.ndarray:
        step, _, _ = _grid(len(self._kernel), *self._output_size)
        return self._places(_TILE_SIDE, step).transpose(2, 3, 0, 1).ravel()

    @cached_property
    def _matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what takes tiles to values at points, the kernels there, and what takes back."""
        side, _, channels, filters = self._kernel.shape
        to_points = np.zeros((_TILE_SIDE, _TILE_SIDE))
        for i in range(_TILE_SIDE):
            coefficients = np.poly([*_POINTS[:i], *_POINTS[i + 1 :]])[::-1]
            to_points[i, : len(coefficients)] = coefficients
        scale = np.array([np.prod(p - _POINTS[p != _POINTS]) for p in _POINTS])[:, None]
        of_kernel = _at_infinity_too(np.vander(_POINTS, side, increasing=True) / scale)
        to_pixels = _at_infinity_too(np.vander(_POINTS, _TILE_SIDE + 1 - side, increasing=True)).T
        kernels = np.kron(of_kernel, of_kernel) @ self._kernel.reshape(side**2, -1)
        return (
            np.kron(to_points, to_points),
            kernels.reshape(-1, channels, filters),
            np.kron(to_pixels, to_pixels),
        )

    @staticmethod
    def sizes(kernel: Shape, rows: int, columns: int) -> tuple[int, int]:
        side, _, channels, filters = kernel
        _, down, right = _grid(side, rows, columns)
        points = _TILE_SIDE**2
        return down * right * points * max(channels, filters), points * channels * filters


def way_of(kernel: Shape, rows: int, columns: int, *, is_padded: bool) -> type[Way]:
    """Return the way to maps of that size by kernels of that shape."""
    side, _, channels, filters = kernel
    if is_padded and max(rows, columns) <= (side + 1) // 2:
        return Whole
    if side >= _TILE_SIDE or Tiles.sizes(kernel, rows, columns)[1] > _MOST_VALUES:
        return Windows
    step, down, right = _grid(side, rows, columns)
    points = _TILE_SIDE**2
    of_a_tile = points * (channels * filters + points * channels + step**2 * filters)
    of_windows = rows * columns * math.prod(kernel)
    return Tiles if _WORTHWHILE * down * right * of_a_tile < of_windows else Windows


def _grid(side: int, rows: int, columns: int) -> tuple[int, int, int]:
    """Return the side of a tile's part of the outcome, and how many there are each way."""
    step = _TILE_SIDE + 1 - side
    return step, -(-rows // step), -(-columns // step)


def _part(memory: np.ndarray, *shape: int) -> np.ndarray:
    return memory[: math.prod(shape)].reshape(shape)


def _at_infinity_too(values: np.ndarray) -> np.ndarray:
    """Add the point where a polynomial is its highest coefficient."""
    return np.vstack([values, np.eye(values.shape[1])[-1]])
