"""Tensors drawn at random for the comparison with PyTorch."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

__all__ = ["Drawn", "drawn_tensors", "made", "values_of"]

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")

Drawn = tuple[str, tuple[int, ...], tuple[int, ...], list[float]]


@st.composite
def drawn_tensors(draw: st.DrawFn, dtypes: tuple[str, ...] = DTYPES) -> Drawn:
    """A dtype, a shape without dims of size 0, an order of the dims in memory, and numbers with many ties."""
    dtype = draw(st.sampled_from(dtypes))
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    order = tuple(draw(st.permutations(range(len(shape)))))
    values = st.sampled_from([0, 1, 2, 3, 5])
    if "float" in dtype:
        values = st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0, 0.5, 2.5, -1.0])
    count = math.prod(shape)
    return dtype, shape, order, draw(st.lists(values, min_size=count, max_size=count))


def made(t: ModuleType, drawn: Drawn) -> Any:
    """The tensor that was drawn."""
    dtype, shape, order, numbers = drawn
    x = t.tensor(numbers, dtype=getattr(t, dtype)).reshape([shape[d] for d in order])
    return x.permute(sorted(range(len(order)), key=order.__getitem__))


def values_of(tensor: Any) -> list[str]:
    """The elements in C order as texts, in which nan is equal to nan."""
    return [repr(value) for value in tensor.reshape(-1).tolist()]
