"""In which order results of the CuPy backend lie in memory: as the NumPy backend's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flambeau.backend.selection import find_place


def _drawn(
    draw: np.random.Generator, shape: tuple[int, ...], dtype: str, fits: bool = False
) -> Callable[[Any, Any], Any]:
    """What makes an operand that broadcasts to ``shape``, or has it: out of kernels and what makes an array in C order."""
    order = [int(dim) for dim in draw.permutation(len(shape))]
    own = [1 if draw.random() < 0.25 and not fits else size for size in shape]
    numbers, expands = np.ones([own[dim] for dim in order], dtype), draw.random() < 0.3

    def operand(kernels: Any, array: Any) -> Any:
        turned = kernels.permute(array(numbers, dtype), tuple(order.index(dim) for dim in range(len(shape))))
        return kernels.expand(turned, shape) if expands else turned

    return operand


def _reach(array: Any) -> list[int]:
    """The strides that say where something lies."""
    return [stride for stride, size in zip(array.strides, array.shape, strict=True) if size > 1]


KERNELS = {
    "add": ("float32", "float32"), "maximum": ("int32", "int32"), "where": ("bool", "int32", "int32"),
    "clamp": ("int32", "int32", "int32"),
}  # fmt: skip
"""Kernels, and the dtypes of their operands."""


@pytest.mark.parametrize("name", KERNELS)
def test_results_lie_as_numpys(cupy_backend: Any, name: str) -> None:
    draw, place = np.random.default_rng(1), find_place("cpu")
    sides = [
        (cupy_backend.kernels, cupy_backend.backend.ufuncs(0), cupy_backend.array),
        (place.kernels, place.ufuncs, np.array),
    ]
    for _ in range(300):
        shape = tuple(int(size) for size in draw.integers(2, 5, draw.integers(2, 5)))
        made = [_drawn(draw, shape, dtype, name == "clamp" and not at) for at, dtype in enumerate(KERNELS[name])]
        found = []
        for kernels, ufuncs, array in sides:
            kernel = ufuncs[name] if name in ufuncs else getattr(kernels, name)
            found.append(_reach(kernel(*[operand(kernels, array) for operand in made])))
        assert found[0] == found[1]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["lgamma", "erfinv", "floor_divide"])
def test_expanded_halves_are_computed_in_c_order(cupy_backend: Any, name: str, dtype: str) -> None:
    import ml_dtypes  # noqa: F401

    array = cupy_backend.kernels.expand(cupy_backend.array([[0.5, 0.25]], dtype), (5, 2))
    operands = [array] * (2 if name == "floor_divide" else 1)
    assert cupy_backend.backend.ufuncs(0)[name](*operands).flags.c_contiguous
