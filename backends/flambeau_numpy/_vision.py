"""Sampling of images and volumes: a sparse matrix, whose rows take what is around a place, times the elements.

Each row has 1, 2 or 4 elements along every dimension, with weights that are products of those along the dimensions. The
elements are rows of channels, with a border of zeros for what is outside: then no place needs to be asked where it is.
The transposed matrix gives the gradient of the elements. For what is computed see :mod:`flambeau.ops.nn.vision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import isfinite, prod
from typing import Any, NamedTuple

import numpy as np

from flambeau.backend import Shape

__all__ = ["KERNELS"]

_BILINEAR, _NEAREST, _BICUBIC = range(3)
_ZEROS, _BORDER, _REFLECTION = range(3)

_BLOCK, _PIECE = 1 << 14, 1 << 13
"""Places that go together, and elements that are transposed at once: what is held for them stays in the cache."""


class _Way(NamedTuple):
    """How to sample: the options, the sizes of the image and of the border around it, which elements a place takes."""

    mode: int
    padding: int
    align_corners: bool
    lengths: Shape
    border: int
    taps: range
    slopes: bool

    def sizes(self) -> Shape:
        """Of the image with its border."""
        return tuple(length + 2 * self.border for length in self.lengths)

    def inner(self) -> tuple[slice, ...]:
        """Where in that the image is."""
        return (slice(self.border, -self.border),) * len(self.lengths)


class _Axis(NamedTuple):
    """Along one dimension, for each place and tap, (taps, places): the element in the border, its weight and the slope of it."""

    elements: np.ndarray
    weights: np.ndarray
    slopes: np.ndarray | None


def _way(input: np.ndarray, mode: int, padding: int, align_corners: bool, slopes: bool = False) -> _Way:
    border, taps = {_BILINEAR: (2, range(2)), _NEAREST: (1, range(1)), _BICUBIC: (4, range(-1, 3))}[mode]
    return _Way(mode, padding, align_corners, input.shape[2:], border, taps, slopes)


def _grid_sample(input: np.ndarray, grid: np.ndarray, mode: int, padding: int, align_corners: bool) -> np.ndarray:
    """The kernel of this name."""
    way = _way(input, mode, padding, align_corners)
    batch, channels = input.shape[:2]
    rows = _bordered(input, way)
    result = np.empty((batch, channels, prod(grid.shape[1:-1])), input.dtype)
    for images, places, axes in _blocks(way, grid):
        index = _indices(way, axes, places)
        some = rows[images].reshape(-1, channels)
        if mode == _NEAREST:
            sampled = some.take(index[:, 0], axis=0)
        else:
            sampled = _sums(some, index, _weights(axes, index.shape, input.dtype))
        _in_channels(sampled, result[images, :, places])
    return result.reshape(batch, channels, *grid.shape[1:-1])


def _grid_sample_backward(
    grad: np.ndarray, input: np.ndarray, grid: np.ndarray, mode: int, padding: int, align_corners: bool, of_input: bool,
    of_grid: bool,
) -> tuple[np.ndarray | None, np.ndarray | None]:  # fmt: skip
    """The kernel of this name."""
    way = _way(input, mode, padding, align_corners, of_grid and mode != _NEAREST)
    slopes = _in_rows(grad.reshape(*grad.shape[:2], -1))
    rows = _bordered(input, way) if way.slopes else None
    to_rows = np.zeros((len(input), prod(way.sizes()), input.shape[1]), input.dtype) if of_input else None
    to_grid = np.zeros(grid.shape, grid.dtype) if of_grid else None
    for images, places, axes in _blocks(way, grid):
        some = slopes[images, places].reshape(-1, slopes.shape[2])
        if to_rows is not None:
            index, target = _indices(way, axes, places), to_rows[images]
            matrix = _matrix(index, _weights(axes, index.shape, input.dtype), target.shape[0] * target.shape[1])
            target += (matrix.T @ some).reshape(target.shape)
        if rows is not None and to_grid is not None:
            found = _of_grid(some, rows[images].reshape(-1, rows.shape[2]), way, axes, places)
            to_grid.reshape(len(grid), -1, grid.shape[-1])[images, places] = found.reshape(
                -1, places.stop - places.start, grid.shape[-1]
            )
    return None if to_rows is None else _unbordered(to_rows, way), to_grid


# -- rows of channels ------------------------------------------------------------------------------------


def _bordered(input: np.ndarray, way: _Way) -> np.ndarray:
    """The elements and a border of zeros, as rows of channels: (N, elements, C)."""
    rows = np.zeros((len(input), *way.sizes(), input.shape[1]), input.dtype)
    for image, target in zip(input, rows, strict=True):
        inner = target[way.inner()]
        for piece in _pieces(image[0].size, len(image), len(inner)):
            inner[piece] = image[:, piece].transpose(*range(1, image.ndim), 0)
    return rows.reshape(len(input), -1, input.shape[1])


def _unbordered(rows: np.ndarray, way: _Way) -> np.ndarray:
    """The opposite: (N, C, …)."""
    images = np.empty((len(rows), rows.shape[2], *way.lengths), rows.dtype)
    for image, source in zip(images, rows.reshape(len(rows), *way.sizes(), -1), strict=True):
        inner = source[way.inner()]
        for piece in _pieces(image[0].size, len(image), len(inner)):
            image[:, piece] = inner[piece].transpose(image.ndim - 1, *range(image.ndim - 1))
    return images


def _in_rows(images: np.ndarray) -> np.ndarray:
    """What is (N, C, P) as (N, P, C)."""
    batch, channels, count = images.shape
    if channels == 1:
        return images.reshape(batch, count, 1)
    rows = np.empty((batch, count, channels), images.dtype)
    for image, target in zip(images, rows, strict=True):
        for piece in _pieces(count, channels, count):
            target[piece] = image[:, piece].T
    return rows


def _in_channels(rows: np.ndarray, target: np.ndarray) -> None:
    """Writes rows of channels, of one image after the other, into (N, C, P)."""
    batch, channels, count = target.shape
    for image, source in zip(target, rows.reshape(batch, count, channels), strict=True):
        for piece in _pieces(count, channels, count):
            image[:, piece] = source[piece].T


def _pieces(size: int, channels: int, count: int) -> Iterator[slice]:
    """A dimension of ``count`` of an image of that ``size``, in pieces that stay in the cache."""
    step = max(_PIECE * count // (size * channels), 1)
    return (slice(start, start + step) for start in range(0, count, step))


# -- places ----------------------------------------------------------------------------------------------


def _axis(way: _Way, coordinate: np.ndarray, dim: int) -> _Axis:
    length = way.lengths[dim]
    place, scale = _place(way, coordinate, length)
    if way.mode == _NEAREST:
        return _Axis(_element(way, np.rint(place), length)[None], np.ones((1, len(place)), place.dtype), None)
    first = np.floor(place)
    slopes = None
    if way.mode == _BILINEAR:
        weights = np.empty((2, len(place)), place.dtype)
        np.subtract(place, first, out=weights[1])
        np.subtract(1, weights[1], out=weights[0])
        if way.slopes:
            slopes = np.stack([-scale, scale])
    else:
        part = place - first
        weights = _cubic(part)
        if way.slopes:
            slopes = _cubic_slopes(part) * scale
    taps = np.array(way.taps)[:, None]
    if way.mode == _BICUBIC and way.padding != _ZEROS:
        there = first + taps.astype(place.dtype)
        return _Axis(_element(way, np.trunc(_padded(way, there, length)[0]), length), weights, slopes)
    return _Axis(_element(way, first, length) + taps.astype("int32"), weights, slopes)


def _place(way: _Way, coordinate: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the grid says, with the padding, and the slope of that if slopes are asked for."""
    if way.mode != _BICUBIC and way.padding != _ZEROS:
        edge = -1.0 if len(way.lengths) == 2 else 1.0
        ends = (1.0, -1.0) if way.padding == _BORDER else (edge, edge)
        coordinate = _numbers(coordinate, edge, *ends)
    place: np.ndarray = coordinate + 1
    if way.align_corners:
        place /= 2
        place *= length - 1
    else:
        place *= length
        place -= 1
        place /= 2
    if way.mode != _BICUBIC and way.padding == _ZEROS and len(way.lengths) == 3:
        place = _numbers(place, -9.0, -9.0, -9.0)
    turn = None
    if way.mode != _BICUBIC:
        place, turn = _padded(way, place, length)
    scale = (length - 1 if way.align_corners else length) / 2
    if not way.slopes:
        return place, place
    return place, np.full_like(place, scale) if turn is None else turn * scale


def _numbers(a: np.ndarray, missing: float, high: float, low: float) -> np.ndarray:
    """The array with numbers in the place of nan and of both infinities; itself where their sum shows that there are none."""
    return a if isfinite(a.sum()) else np.nan_to_num(a, nan=missing, posinf=high, neginf=low)


def _element(way: _Way, place: np.ndarray, length: int) -> np.ndarray:
    """The number of an element in the border; taps of what is far outside are in the border, of nan anywhere."""
    low, high = -way.border - way.taps[0], length - 1 + way.border - way.taps[-1]
    if way.mode == _BICUBIC and way.padding != _ZEROS:
        low, high = -1, length
    elements: np.ndarray = np.fmin(np.fmax(place, low), high).astype("int32")
    elements += np.int32(way.border)
    return elements


def _padded(way: _Way, place: np.ndarray, length: int) -> tuple[np.ndarray, Any]:
    """Places as the padding has them, and whether they then go with what they were, against it, or stand still."""
    if way.padding == _ZEROS:
        return place, None
    turn: Any = 1.0
    if way.padding == _REFLECTION:
        low, high = (0.0, length - 1.0) if way.align_corners else (-0.5, length - 0.5)
        place, turn = _reflected(place, low, high)
    if way.slopes:
        turn = turn * ((place > 0) & (place < length - 1)).astype(place.dtype)
    return np.minimum(np.maximum(place, 0), length - 1), turn


def _reflected(place: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    span = high - low
    if span == 0:
        return np.zeros_like(place), np.zeros_like(place)
    away = place - low
    distance = np.abs(away)
    turns = np.floor(distance / span)
    rest = np.fmod(distance, span)
    ahead = 1 - 2 * np.fmod(turns, 2)  # 1 where the image goes forward, -1 where it is mirrored
    return np.where(ahead > 0, rest + low, span - rest + low), np.copysign(ahead, ahead * away)


_A = -0.75
"""Of Keys' cubic filters."""


def _cubic(part: np.ndarray) -> np.ndarray:
    """The weights of the elements around a place that is ``part`` behind the second of them."""

    def near(x: np.ndarray) -> np.ndarray:
        return np.asarray(((_A + 2) * x - (_A + 3)) * x * x + 1)

    def far(x: np.ndarray) -> np.ndarray:
        return np.asarray(((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A)

    return np.stack([far(part + 1), near(part), near(1 - part), far(2 - part)])


def _cubic_slopes(part: np.ndarray) -> np.ndarray:
    def near(x: np.ndarray) -> np.ndarray:
        return np.asarray((3 * (_A + 2) * x - 2 * (_A + 3)) * x)

    def far(x: np.ndarray) -> np.ndarray:
        return np.asarray((3 * _A * x - 10 * _A) * x + 8 * _A)

    return np.stack([far(part + 1), near(part), -near(1 - part), -far(2 - part)])


# -- the matrix ------------------------------------------------------------------------------------------


def _blocks(way: _Way, grid: np.ndarray) -> Iterator[tuple[slice, slice, list[_Axis]]]:
    """Which images and places of each of them go together, and their axes: several images, or a part of one."""
    flat = grid.reshape(len(grid), -1, len(way.lengths))
    batch, count = flat.shape[:2]
    together = max(_BLOCK // count, 1)
    for first in range(0, batch, together):
        images = slice(first, min(first + together, batch))
        for start in range(0, count, _BLOCK):
            places = slice(start, min(start + _BLOCK, count))
            some = flat[images, places].reshape(-1, len(way.lengths))
            yield images, places, [_axis(way, some[:, -1 - dim], dim) for dim in range(len(way.lengths))]


def _indices(way: _Way, axes: list[_Axis], places: slice, by_taps: bool = False) -> np.ndarray:
    """Which rows of its images each place takes, (places, taps of all dimensions together); or with these first."""
    sizes, count, each = way.sizes(), axes[0].elements.shape[1], places.stop - places.start
    parts = [axis.elements * np.int32(prod(sizes[dim + 1 :])) for dim, axis in enumerate(axes)]
    if count > each:
        parts[0] += np.repeat(np.arange(count // each, dtype="int32") * np.int32(prod(sizes)), each)
    shape = (count, prod(len(axis.elements) for axis in axes))
    if by_taps:
        return _combined(np.add, parts, np.empty(shape[::-1], "int64").T).T
    return _combined(np.add, parts, np.empty(shape, "int32"))


def _weights(axes: list[_Axis], shape: Shape, dtype: Any) -> np.ndarray:
    return _combined(np.multiply, [axis.weights for axis in axes], np.empty(shape, dtype))


def _combined(function: Any, parts: list[np.ndarray], out: np.ndarray) -> np.ndarray:
    """Into (places, taps of all dimensions together) sums, or products, of one part along each dimension."""
    first, *rest = parts
    for part in rest[:-1]:
        first = function(first[:, None], part).reshape(-1, first.shape[1])
    for number, (one, other) in enumerate(product(first, rest[-1])):
        function(one, other, out=out[:, number])
    return out


_SMALL = 4096
"""Elements up to which the sums of each place go without a matrix, which is an object of many parts."""


def _sums(rows: np.ndarray, index: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each place the sum of the rows that it takes, times their weights."""
    if index.size * rows.shape[1] > _SMALL:
        summed: np.ndarray = _matrix(index, weights, len(rows)) @ rows
        return summed
    taken: Any = rows.take(index, axis=0)
    return np.asarray(np.matmul(weights[:, None, :], taken)[:, 0])


def _matrix(index: np.ndarray, weights: np.ndarray, columns: int) -> Any:
    """The matrix in the layout CSR."""
    import scipy.sparse

    places, taps = index.shape
    pointers: Any = np.arange(0, int(places * taps + 1), int(taps), dtype="int32")
    return scipy.sparse.csr_array((weights.reshape(-1), index.reshape(-1), pointers), shape=(places, columns))


def _of_grid(slopes: np.ndarray, rows: np.ndarray, way: _Way, axes: list[_Axis], places: slice) -> np.ndarray:
    """The gradient of places: by way of those of the weights, channels times what they were multiplied by."""
    of_weights = _of_weights(rows, slopes, _indices(way, axes, places, by_taps=True))
    result = np.empty((len(slopes), len(axes)), slopes.dtype)
    factors = np.empty_like(of_weights)
    for dim in range(len(axes)):
        parts: list[Any] = [axis.slopes if dim == each else axis.weights for each, axis in enumerate(axes)]
        _combined(np.multiply, parts, factors.T)
        factors *= of_weights
        np.add.reduce(factors, axis=0, out=result[:, -1 - dim])
    return result


_FEW = 12
"""Channels up to which one after the other goes faster than the sums over rows."""


def _of_weights(rows: np.ndarray, slopes: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Of each tap and place the sum over the channels of the element times the slope."""
    if slopes.shape[1] > _FEW:
        return np.stack([np.vecdot(rows.take(places, axis=0), slopes) for places in index])
    total = np.zeros(index.shape, rows.dtype)
    for element, slope in zip(rows.T.copy(), slopes.T.copy(), strict=True):
        total += element.take(index) * slope
    return total


KERNELS: dict[str, Callable[..., Any]] = {
    "grid_sample": _grid_sample, "grid_sample_backward": _grid_sample_backward,
}  # fmt: skip
"""By their names."""
