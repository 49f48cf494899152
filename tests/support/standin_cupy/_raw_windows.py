"""NumPy renderings of the raw kernels over windows and grids, by their names without dtype."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ._raw_rows import computed, met, taps

__all__ = ["RENDERINGS"]

Host = Any


def _planes(array: Host, sizes: Host, inner: int) -> Host:
    """(planes, elements, inner); a view."""
    return array.reshape(-1, int(np.prod(sizes)), int(inner))


def _window_largest(count: int, inner: int, a: Host, plan: Host, values: Host, places: Host) -> None:
    x = _planes(a, plan["size"][0], inner)
    best = np.empty((x.shape[0], int(np.prod(plan["out"][0])), int(inner)), a.dtype)
    at = np.full(best.shape, -1)
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        found, before = x[:, elements], best[:, inside]
        larger = (at[:, inside] < 0) | (found > before) | (found != found)
        best[:, inside] = np.where(larger, found, before)
        at[:, inside] = np.where(larger, elements[:, None], at[:, inside])
    values[...] = best.reshape(values.shape)
    if places is not None:
        places[...] = at.reshape(values.shape)


def _window_sums(count: int, inner: int, a: Host, plan: Host, result: Host) -> None:
    x = computed(_planes(a, plan["size"][0], inner))
    total = np.zeros((x.shape[0], int(np.prod(plan["out"][0])), int(inner)), x.dtype)
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        total[:, inside] += x[:, elements]
    result[...] = total.reshape(result.shape)


def _window_backward(count: int, inner: int, grad: Host, places: Host, plan: Host, result: Host) -> None:
    g = computed(_planes(grad, plan["out"][0], inner))
    at = None if places is None else _planes(places, plan["out"][0], inner)
    total = np.zeros((g.shape[0], int(np.prod(plan["size"][0])), int(inner)), g.dtype)
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        here = g[:, inside]
        total[:, elements] += here if at is None else np.where(at[:, inside] == elements[:, None], here, 0)
    result[...] = total.reshape(result.shape)


def _sampling(name: str) -> Any:
    """The NumPy backend's kernel: what is rendered is how it is called."""
    return import_module("flambeau_numpy._vision").KERNELS[name]


def _options(way: Host) -> tuple[Any, ...]:
    return int(way["mode"][0]), int(way["padding"][0]), bool(way["corners"][0])


def _grid_sample(count: int, channels: int, places: int, input: Host, grid: Host, way: Host, result: Host) -> None:
    result[...] = _sampling("grid_sample")(input, grid, *_options(way))


def _grid_sample_backward(
    count: int, channels: int, places: int, grad: Host, input: Host, grid: Host, way: Host, to_input: Host, to_grid: Host
) -> None:  # fmt: skip
    wanted = to_input is not None, to_grid is not None
    found = _sampling("grid_sample_backward")(grad, input, grid, *_options(way), *wanted)
    for target, slope in zip((to_input, to_grid), found, strict=True):
        if target is not None:
            target[...] = slope


def _grid_sample_input_in_order(
    count: int, channels: int, places: int, grad: Host, grid: Host, way: Host, to_input: Host
) -> None:
    found = _sampling("grid_sample_backward")(grad, to_input, grid, *_options(way), True, False)
    to_input[...] = found[0]


RENDERINGS: dict[str, Callable[..., None]] = {
    "window_largest": _window_largest, "window_sums": _window_sums, "window_backward": _window_backward,
    "grid_sample": _grid_sample, "grid_sample_backward": _grid_sample_backward,
    "grid_sample_input_in_order": _grid_sample_input_in_order,
}  # fmt: skip
