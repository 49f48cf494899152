"""Sampling of images and volumes with strange elements, at the corners and on elements, beside sums in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import product
from math import inf, nan, prod
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_sums

_SHAPES = ((1, 2, 2, 2), (1, 2, 2, 2, 3))
"""Of an image and of a volume, and of the grid too."""

_STRANGE = ((), (inf,), (-inf,), (nan,), (30.0, -500.0), (inf, -inf))


def _line(count: int, number: int) -> list[float]:
    """Numbers between -1 and 1 that float32 holds, none of which is a whole one or a half."""
    return [((place * 5 + number) % 13 - 6) / 8 + 1 / 32 for place in range(count)]


def _taps(point: list[float], lengths: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], list[float], list[float]]]:
    """The elements around a point of a grid, (x, y, …): their indices, the weights along each dim and the slopes of these."""
    places = [(number + 1) / 2 * (length - 1) for number, length in zip(reversed(point), lengths, strict=True)]
    firsts = [math.floor(place) for place in places]
    for sides in product((0, 1), repeat=len(lengths)):
        index = tuple(first + side for first, side in zip(firsts, sides, strict=True))
        if all(0 <= number < length for number, length in zip(index, lengths, strict=True)):
            shares = [place - first for place, first in zip(places, firsts, strict=True)]
            weights = [share if side else 1 - share for share, side in zip(shares, sides, strict=True)]
            slopes = [(length - 1) / 2 * (1 if side else -1) for length, side in zip(lengths, sides, strict=True)]
            yield index, weights, slopes


def _sampled(t: Any, x: Any, grid: Any) -> Any:
    return t.nn.functional.grid_sample(x, grid, "bilinear", "zeros", True)


def _check_elements(subject: Subject, shape: tuple[int, ...], dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    channels, lengths = shape[1], shape[2:]
    points = prod(shape) // len(lengths)
    for strange in _STRANGE:
        elements, grads = _line(prod(shape), 3), _line(channels * points, 7)
        elements[1 : 1 + len(strange)] = strange
        x = t.tensor(elements, dtype=kind).reshape(shape).requires_grad_()
        grid = t.tensor(_line(prod(shape), 0), dtype=kind).reshape(shape).requires_grad_()
        y = _sampled(t, x, grid)
        of_x, of_grid = t.autograd.grad(y, (x, grid), t.tensor(grads, dtype=kind).reshape(y.shape))
        results: list[list[float]] = [[] for _ in grads]
        to_x: list[list[float]] = [[0.0] for _ in elements]
        to_grid: list[list[float]] = [[] for _ in elements]
        flat = grid.detach().reshape(points, -1).tolist()
        for (number, point), channel in product(enumerate(flat), range(channels)):
            came = grads[channel * points + number]
            for index, weights, slopes in _taps(point, lengths):
                place = channel * prod(lengths)
                place += sum(each * prod(lengths[dim + 1 :]) for dim, each in enumerate(index))
                results[channel * points + number].append(elements[place] * prod(weights))
                to_x[place].append(came * prod(weights))
                for dim, slope in enumerate(slopes):
                    rest = prod(weights[:dim]) * prod(weights[dim + 1 :])
                    to_grid[(number + 1) * len(lengths) - 1 - dim].append(came * elements[place] * slope * rest)
        for what, found, terms in (("result", y, results), ("image", of_x, to_x), ("grid", of_grid, to_grid)):
            listed = [tuple(each) for each in terms]
            expect_sums(found.flatten().tolist(), listed, DTYPES[dtype], f"the {what} for {strange}")


def _check_on_element(subject: Subject, shape: tuple[int, ...], dtype: str) -> None:
    """In the middle: the neighbours have the weight 0, which makes nan of an infinite gradient."""
    t, kind, dims = subject.torch, getattr(subject.torch, dtype), len(shape) - 2
    x = t.arange(3.0**dims, dtype=kind).reshape(1, 1, *[3] * dims).requires_grad_()
    y = _sampled(t, x, t.zeros(*[1] * (dims + 1), dims, dtype=kind))
    expect_equal(y.item(), (3.0**dims - 1) / 2, "the element")
    for came, beside in ((2.0, 0.0), (inf, nan)):
        (found,) = t.autograd.grad(y, x, t.full_like(y, came), retain_graph=True)
        expected = [
            0.0 if 0 in index else came if set(index) == {1} else beside for index in product(range(3), repeat=dims)
        ]
        expect_equal(
            repr([each + 0.0 for each in found.flatten().tolist()]), repr(expected), f"the gradient for {came}"
        )


def _check_corners(subject: Subject, shape: tuple[int, ...], dtype: str) -> None:
    t, kind, dims = subject.torch, getattr(subject.torch, dtype), len(shape) - 2
    x = t.arange(3.0**dims, dtype=kind).reshape(1, 1, *[3] * dims)
    for corner in product((-1.0, 1.0), repeat=dims):
        grid = t.tensor(corner, dtype=kind).reshape(*[1] * (dims + 1), dims)
        expected = x[(0, 0, *(int(each + 1) for each in reversed(corner)))]
        expect_equal(_sampled(t, x, grid).item(), expected.item(), f"the element at {corner}")


for _shape in _SHAPES:
    for _dtype in DTYPES:
        for _label, _check in (
            ("elements", _check_elements),
            ("middle", _check_on_element),
            ("corners", _check_corners),
        ):
            case(f"grid_sample/edges/{_label}-{len(_shape) - 2}d/{_dtype}", dtypes=(_dtype,))(
                partial(_check, shape=_shape, dtype=_dtype)
            )
