"""The error function, the normal distribution function and their relatives."""

from __future__ import annotations

from math import inf, pi, sqrt

from flambeau._dispatch.declare import FLOATING, composite, elementwise, primitive
from flambeau._dispatch.precision import in_single_formula
from flambeau._tensor import Tensor
from flambeau.ops.elementwise.selection import _where as where

from . import _error_series
from ._series import over_tensors, polynomial

__all__ = ["erf", "erfc", "erfinv"]

_TWO_OVER_ROOT_PI = 2 / sqrt(pi)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad * (_TWO_OVER_ROOT_PI * (-(input * input)).exp())},
)
def erf(input: Tensor) -> Tensor:
    """Compute the error function. Source of the semantics: ``torch.erf``.

    Example:
        >>> import flambeau as torch
        >>> torch.erf(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad * (-_TWO_OVER_ROOT_PI * (-(input * input)).exp())},
    default=over_tensors(_error_series.erfc),
)
def erfc(input: Tensor) -> Tensor:
    """Compute 1 - erf(x), accurately where that is small. Source of the semantics: ``torch.erfc``.

    Example:
        >>> import flambeau as torch
        >>> torch.erfc(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])
    """


def _erfinv_input(grad: Tensor, input: Tensor) -> Tensor:
    return grad * (erfinv(input).square().exp() * (sqrt(pi) / 2))


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _erfinv_input},
    default=over_tensors(_error_series.erfinv),
)
def erfinv(input: Tensor) -> Tensor:
    """Compute the inverse of the error function; infinite at -1 and 1, nan beyond. Source: ``torch.erfinv``.

    Example:
        >>> import flambeau as torch
        >>> torch.erfinv(torch.tensor([0.0, 0.5, -1.0]))
        tensor([0.0000, 0.4769,   -inf])
    """


@in_single_formula
def _erfcx_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """``2 x erfcx(x) - 2 / sqrt(pi)``, and where the two are nearly equal the asymptotic series of the difference."""
    far = input > (50.0 if input.dtype.itemsize == 8 else 10.0)
    near = 2 * where(far, 0.0, input) * where(far, 0.0, result) - _TWO_OVER_ROOT_PI
    part = 1 / where(far, input, inf)
    square = part * part
    return grad * where(far, -_TWO_OVER_ROOT_PI / 2 * square * polynomial(_ERFCX_SLOPE, square), near)


_ERFCX_SLOPE = (945 / 16, -105 / 8, 15 / 4, -3 / 2, 1.0)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _erfcx_input},
    default=over_tensors(_error_series.erfcx),
    method=False,
    inplace=False,
    node="SpecialErfcxBackward0",
)
def erfcx(input: Tensor) -> Tensor:
    """Compute exp(x**2) erfc(x), which stays in range for large x. Source: ``torch.special.erfcx``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.erfcx(torch.tensor([0.0, 10.0]))
        tensor([1.0000, 0.0561])
    """


@composite(method=False, out=True)
def ndtr(input: Tensor) -> Tensor:
    """Compute the normal distribution function, the area to the left of x. Source: ``torch.special.ndtr``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.ndtr(torch.tensor([0.0, 1.0]))
        tensor([0.5000, 0.8413])
    """
    return erfc(input * -sqrt(0.5)) * 0.5


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: grad * (sqrt(2 * pi) * (result * result * 0.5).exp())},
    default=over_tensors(_error_series.ndtri),
    method=False,
    inplace=False,
    node="SpecialNdtriBackward0",
)
def ndtri(input: Tensor) -> Tensor:
    """Compute the inverse of :func:`flambeau.special.ndtr`. Source of the semantics: ``torch.special.ndtri``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.ndtri(torch.tensor([0.0, 0.5, 0.975]))
        tensor([  -inf, 0.0000, 1.9600])
    """


@in_single_formula
def _normal_hazard_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """``-result * (input + result)``, where the sum is found from a series far to the left, where it is a small rest."""
    far = input < (-50.0 if input.dtype.itemsize == 8 else -10.0)
    part = 1 / where(far, input, inf)
    square = part * part
    rest = where(far, -part * polynomial(_HAZARD_REST, square), input + result)
    return grad * -where(result == 0, 0.0, result * where(result == 0, 0.0, rest))


_HAZARD_REST = (-8162.0, 706.0, -74.0, 10.0, -2.0, 1.0)


@primitive(derivatives={"input": _normal_hazard_input}, method=False)
def _normal_hazard(input: Tensor) -> Tensor:
    """The density of the normal distribution over its area to the left: the derivative of :func:`log_ndtr`."""
    source = input.detach()
    return sqrt(2 / pi) / erfcx(source * -sqrt(0.5))


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": in_single_formula(lambda grad, input: grad * _normal_hazard(input))},
    default=over_tensors(_error_series.log_ndtr),
    method=False,
    inplace=False,
    node="SpecialLogNdtrBackward0",
)
def log_ndtr(input: Tensor) -> Tensor:
    """Compute the logarithm of :func:`flambeau.special.ndtr`. Source: ``torch.special.log_ndtr``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.log_ndtr(torch.tensor([0.0, -3.0]))
        tensor([-0.6931, -6.6077])
    """
