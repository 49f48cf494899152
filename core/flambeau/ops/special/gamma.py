"""The gamma function's logarithm, its derivatives and its incomplete integrals."""

from __future__ import annotations

from math import factorial, inf, log, nan, pi
from typing import Any

from flambeau import dtypes
from flambeau._dispatch import inplace as _inplace
from flambeau._dispatch.checks import no_derivative, only
from flambeau._dispatch.declare import FLOATING, composite, elementwise, primitive
from flambeau._dispatch.runtime import Number, operands_of
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.shapes import int_argument

from . import _gamma_series
from ._series import over_tensors

__all__ = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]


@elementwise(complex=False, promotion=FLOATING, derivatives={"input": lambda grad, input: grad * input.digamma()})
def lgamma(input: Tensor) -> Tensor:
    """Compute the logarithm of the absolute value of the gamma function. Source: ``torch.lgamma``.

    Example:
        >>> import flambeau as torch
        >>> torch.lgamma(torch.tensor([1.0, 4.0]))
        tensor([0.0000, 1.7918])
    """


def _digamma_input(grad: Tensor, input: Tensor) -> Tensor:
    return grad * polygamma(1, input)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _digamma_input},
    default=over_tensors(_gamma_series.digamma),
)
def digamma(input: Tensor) -> Tensor:
    """Compute the derivative of :func:`flambeau.lgamma`. Source of the semantics: ``torch.digamma``.

    Example:
        >>> import flambeau as torch
        >>> torch.digamma(torch.tensor([1.0, 0.5]))
        tensor([-0.5772, -1.9635])
    """


def _zeta_other(grad: Tensor, input: Any, other: Tensor) -> Tensor:
    slope: Tensor = -input * zeta(input + 1.0, other)
    return grad * slope


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": no_derivative("zeta"), "other": _zeta_other},
    default=over_tensors(_gamma_series.zeta),
    method=False,
    inplace=False,
    node="SpecialZetaBackward0",
)
def zeta(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Compute Hurwitz' zeta function, the sum of (other + k)**-input over k >= 0. Source: ``torch.special.zeta``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.zeta(torch.tensor([2.0, 4.0]), 1)
        tensor([1.6449, 1.0823])
    """


def _polygamma_input(grad: Tensor, n: int, input: Tensor) -> Tensor:
    return grad * polygamma(n + 1, input)


@primitive(derivatives={"input": _polygamma_input}, method=False, node="PolygammaBackward0")
def _polygamma(input: Tensor, n: int) -> Tensor:
    (array,), type_ = operands_of("polygamma", (input,), floating=True)
    kernels, number = type_.kernels, type_.number
    factor = number(float(factorial(n)) * (1 if n % 2 else -1))
    result = kernels.mul(factor, kernels.zeta(number(n + 1.0), array))
    for infinity, limit in _TRIGAMMA_LIMITS if n == 1 else ():
        result = kernels.where(kernels.eq(array, number(infinity)), number(limit), result)
    return from_array(result, type_)


_TRIGAMMA_LIMITS = ((inf, 0.0), (-inf, nan))
"""What PyTorch's function for the first derivative gives of infinite arguments; for the others it has zeta alone."""


@composite(method=False, out=True)
def polygamma(n: int, input: Tensor) -> Tensor:
    """Compute the ``n``-th derivative of :func:`flambeau.digamma`. Source of the semantics: ``torch.polygamma``.

    Raises:
        RuntimeError: ``n`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])
    """
    n = int_argument("polygamma", "n", 1, n)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return digamma(input) if n == 0 else _polygamma(input, n)


@method("polygamma")
def _polygamma_method(self: Tensor, n: int) -> Tensor:
    """Compute the ``n``-th derivative of the digamma function at this tensor: :func:`flambeau.polygamma`."""
    return polygamma(n, self)


@method("polygamma_")
def _polygamma_inplace(self: Tensor, n: int) -> Tensor:
    """In-place form of :func:`flambeau.polygamma`: writes the result into this tensor and returns it."""
    n = int_argument("polygamma_", "n", 1, n)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return self.digamma_() if n == 0 else _inplace.apply(_polygamma.row, self, (n,), {})  # type: ignore[attr-defined]


@composite(inplace=True, out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Compute the logarithm of the multivariate gamma function of dimension ``p``. Source: ``torch.mvlgamma``.

    Raises:
        RuntimeError: ``p`` is not positive, or ``input`` is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.mvlgamma(torch.tensor([1.5, 3.0]), 2)
        tensor([0.4516, 1.5502])
    """
    if input.dtype is dtypes.bool:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    p = int_argument("mvlgamma", "p", 1, p)
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    input = input.contiguous()  # the order in which PyTorch's sum of the terms comes
    total = lgamma(input)
    for step in range(1, p):
        total = total + lgamma(input - 0.5 * step)
    return total + p * (p - 1) / 4 * log(pi)


@elementwise(
    complex=False,
    derivatives={
        "input": no_derivative("igamma: input"),
        "other": lambda grad, input, other: grad * ((input - 1) * other.log() - other - input.lgamma()).exp(),
    },
    check=only(dtypes.FLOATING, "igamma"),
    default=over_tensors(_gamma_series.gammainc),
)
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """Compute the regularized lower incomplete gamma function; floats only. Source: ``torch.igamma``.

    Example:
        >>> import flambeau as torch
        >>> torch.igamma(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
        tensor([0.6321, 0.8009])
    """


@elementwise(
    complex=False,
    derivatives={
        "input": no_derivative("igammac: input"),
        "other": lambda grad, input, other: -grad * ((input - 1) * other.log() - other - input.lgamma()).exp(),
    },
    check=only(dtypes.FLOATING, "igammac"),
    default=over_tensors(_gamma_series.gammaincc),
)
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """Compute the regularized upper incomplete gamma function; floats only. Source: ``torch.igammac``.

    Example:
        >>> import flambeau as torch
        >>> torch.igammac(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
        tensor([0.3679, 0.1991])
    """
