"""Reductions, which make one element of the elements along some dims, and running sums and products."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import accumulate
from typing import Any

from flambeau.backend import Shape

from .. import ieee
from ..dtypes import Buffer
from ..elementwise import Kernel
from ..storage import MinimalArray, fresh, lines, map_lines

__all__ = ["sum", "prod", "amax", "amin", "argmax", "argmin", "any", "all", "cumsum", "cumprod"]


def _reduction(function: Callable[[Buffer], Any], result: str | None = None) -> Kernel:
    """The kernel that applies ``function`` to every buffer of elements along ``dims``."""

    def kernel(a: MinimalArray, dims: Shape, keepdim: bool) -> MinimalArray:
        values = map(function, lines(a, dims))
        return fresh(values, _reduced_shape(a.shape, dims, keepdim), result or a.dtype, a.device)

    return kernel


def _reduced_shape(shape: Shape, dims: Shape, keepdim: bool) -> Shape:
    if keepdim:
        return tuple(1 if d in dims else size for d, size in enumerate(shape))
    return tuple(size for d, size in enumerate(shape) if d not in dims)


def _position_of(best: Callable[[Any, Any], Any]) -> Kernel:
    """The kernel that finds where along ``dim`` the element is that ``best`` chooses."""

    def position(line: Buffer) -> int:
        value = reduce(best, line)
        # A nan is not equal to itself: it is found by that.
        return line.index(value) if value == value else next(i for i, x in enumerate(line) if x != x)

    reduction = _reduction(position, "int64")
    return lambda a, dim, keepdim: reduction(a, (dim,), keepdim)


def _largest(line: Buffer) -> Any:
    return reduce(ieee.maximum, line)


def _smallest(line: Buffer) -> Any:
    return reduce(ieee.minimum, line)


sum = _reduction(builtins.sum)
prod = _reduction(math.prod)
amax = _reduction(_largest)
amin = _reduction(_smallest)
argmax = _position_of(ieee.maximum)
argmin = _position_of(ieee.minimum)
any = _reduction(builtins.any, "bool")
all = _reduction(builtins.all, "bool")


def cumsum(a: MinimalArray, dim: int) -> MinimalArray:
    """The running sum along ``dim``."""
    return map_lines(accumulate, a, dim)


def cumprod(a: MinimalArray, dim: int) -> MinimalArray:
    """The running product along ``dim``."""
    return map_lines(_running_product, a, dim)


def _running_product(line: Buffer) -> Iterable[Any]:
    return accumulate(line, operator.mul)
