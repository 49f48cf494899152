"""Element-wise functions of whole numbers."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import only
from flambeau._dispatch.declare import elementwise
from flambeau._tensor import Tensor, from_array

__all__ = ["gcd", "lcm"]

_WHOLE = "integers have no derivative"


def _any(type_: Any, condition: Any) -> bool:
    found = type_.kernels.any(condition, tuple(range(len(condition.shape))), False)
    return bool(from_array(found, type_.boolean).item())


def _euclid(type_: Any, a: Any, b: Any) -> Any:
    """Euclid's algorithm on all elements at once; those that are through keep their divisor."""
    kernels, zero, one = type_.kernels, type_.number(0), type_.number(1)
    a, b = kernels.add(a, kernels.mul(b, zero)), kernels.add(b, kernels.mul(a, zero))  # of one shape
    while _any(type_, b):
        through = kernels.eq(b, zero)
        rest = kernels.fmod(a, kernels.where(through, one, b))
        a, b = kernels.where(through, a, b), kernels.where(through, zero, rest)
    return kernels.abs(a)


def _multiple(type_: Any, a: Any, b: Any) -> Any:
    kernels = type_.kernels
    divisor = kernels.gcd(a, b)
    divisor = kernels.where(kernels.eq(divisor, type_.number(0)), type_.number(1), divisor)  # it is 0 where both are
    # The absolute values come first: a multiple that does not fit wraps around, and keeps its sign then, as PyTorch's does.
    return kernels.mul(kernels.abs(kernels.floor_divide(a, divisor)), kernels.abs(b))


@elementwise(not_differentiable=_WHOLE, check=only(dtypes.INTEGRAL, "gcd"), domain="integers", default=_euclid)
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """Give the greatest common divisor, which is not negative; of zeros 0. Source: ``torch.gcd``.

    Example:
        >>> import flambeau as torch
        >>> torch.gcd(torch.tensor([12, -9, 0]), torch.tensor([18, 6, 5]))
        tensor([6, 3, 5])
    """


@elementwise(not_differentiable=_WHOLE, check=only(dtypes.INTEGRAL, "lcm"), domain="integers", default=_multiple)
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """Give the least common multiple, which is not negative; of a zero 0. Source: ``torch.lcm``.

    Example:
        >>> import flambeau as torch
        >>> torch.lcm(torch.tensor([4, -9, 0]), torch.tensor([6, 6, 5]))
        tensor([12, 18,  0])
    """
