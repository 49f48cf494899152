"""The product of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from operator import mul
from typing import Any

from flambeau.backend import Shape

from ..storage import MinimalArray, broadcast_shape, expanded, fresh, lines

__all__ = ["matmul"]


def matmul(a: MinimalArray, b: MinimalArray) -> MinimalArray:
    """``(…, n, k) @ (…, k, m)``; the leading dims broadcast."""
    batch = broadcast_shape([a.shape[:-2], b.shape[:-2]])
    assert batch is not None, "the contract has been checked"
    shape = (*batch, a.shape[-2], b.shape[-1])
    return fresh(_products(a, b, batch), shape, a.dtype, a.device)


def _products(a: MinimalArray, b: MinimalArray, batch: Shape) -> Iterator[Any]:
    """Every row by every column, in C order, one pair of matrices after the other."""
    last = len(batch) + 1
    n, m = a.shape[-2], b.shape[-1]
    rows = lines(expanded(a, (*batch, *a.shape[-2:])), (last,))
    columns = lines(expanded(b, (*batch, *b.shape[-2:])), (last - 1,))
    for matrix in range(prod(batch)):
        for row in rows[matrix * n : (matrix + 1) * n]:
            for column in columns[matrix * m : (matrix + 1) * m]:
                yield sum(map(mul, row, column))
