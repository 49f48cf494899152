"""Modified Bessel functions of the first kind."""

from __future__ import annotations

from flambeau._dispatch.declare import FLOATING, elementwise
from flambeau._dispatch.precision import in_single_formula
from flambeau._tensor import Tensor
from flambeau.ops.elementwise.selection import _where as where
from flambeau.type_info import finfo

from . import _bessel_series
from ._series import over_tensors

__all__ = ["i0"]


@in_single_formula
def _i0_input(grad: Tensor, input: Tensor) -> Tensor:
    return grad * i1(input)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _i0_input},
    default=over_tensors(_bessel_series.modified(0)),
)
def i0(input: Tensor) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 0. Source: ``torch.i0``.

    Example:
        >>> import flambeau as torch
        >>> torch.i0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """


@in_single_formula
def _i0e_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    return grad * (i1e(input) - input.sgn() * result)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _i0e_input},
    default=over_tensors(_bessel_series.modified_scaled(0)),
    method=False,
    inplace=False,
    node="SpecialI0EBackward0",
)
def i0e(input: Tensor) -> Tensor:
    """Compute exp(-abs(x)) i0(x). Source of the semantics: ``torch.special.i0e``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.i0e(torch.tensor([0.0, 1000.0]))
        tensor([1.0000, 0.0126])
    """


def _at_zero(input: Tensor) -> Tensor:
    """Where the quotient of the function and its argument is its limit, and too small to be computed; at nan, as in PyTorch."""
    near: Tensor = ~(input.abs() > finfo(input.dtype).eps)
    return near


@in_single_formula
def _i1_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    at_zero = _at_zero(input)
    return grad * where(at_zero, 0.5, i0(input) - result / where(at_zero, 1.0, input))


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _i1_input},
    default=over_tensors(_bessel_series.modified(1)),
    method=False,
    inplace=False,
    node="SpecialI1Backward0",
)
def i1(input: Tensor) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 1. Source: ``torch.special.i1``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.i1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """


@in_single_formula
def _i1e_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    at_zero = _at_zero(input)
    divisor = where(at_zero, 1.0, input)
    return grad * where(at_zero, 0.5, i0e(input) - result * (input.sgn() + 1 / divisor))


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _i1e_input},
    default=over_tensors(_bessel_series.modified_scaled(1)),
    method=False,
    inplace=False,
    node="SpecialI1EBackward0",
)
def i1e(input: Tensor) -> Tensor:
    """Compute exp(-abs(x)) i1(x). Source of the semantics: ``torch.special.i1e``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.i1e(torch.tensor([0.0, 1000.0]))
        tensor([0.0000, 0.0126])
    """
