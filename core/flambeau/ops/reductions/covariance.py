"""Covariance and correlation of variables."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name
from flambeau.errors import level_of_caller
from flambeau.ops.creation.ranges import arange
from flambeau.ops.elementwise.complex_parts import adjoint, complex, imag, real
from flambeau.ops.movement.shapes import reshape
from flambeau.shapes import as_int

from .sums import sum

__all__ = ["corrcoef", "cov"]


@composite()
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Estimate the covariance matrix of variables (rows) from observations (columns). Source: ``torch.cov``.

    ``fweights`` (integers) say how often each observation was made, ``aweights`` how much it matters.

    Raises:
        RuntimeError: there are more than two dims, the dtype is bool, or the weights do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    return _covariance(input, correction, fweights, aweights)


def _covariance(input: Tensor, correction: int, fweights: Tensor | None, aweights: Tensor | None) -> Tensor:
    correction = as_int(correction, "correction")
    if input.dim() > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    if input.dtype is dtypes.bool:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = reshape(input, (1, -1)) if input.dim() < 2 else input
    weights = _weights(rows._array.shape[1], fweights, aweights)
    weighted = rows if weights is None else rows * weights
    total: Any = rows._array.shape[1] if weights is None else sum(weights)
    if weights is not None and float(total) == 0.0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    freedom: Any = total - correction
    if weights is not None and aweights is not None and correction:
        freedom = total - correction * sum(weights * aweights) / total
    if float(freedom) <= 0.0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
        freedom = 0
    deviation = rows - (sum(weighted, 1) / total).unsqueeze(1)
    right = deviation if weights is None else deviation * weights
    matrix: Tensor = deviation @ adjoint(right) / freedom
    return matrix.squeeze()


def _weights(count: int, fweights: Tensor | None, aweights: Tensor | None) -> Tensor | None:
    """The product of the weights that are given, after their checks."""
    if fweights is not None:
        _check_weights("fweights", fweights, count, "integral", fits=fweights._type.integers)
    if aweights is not None:
        _check_weights("aweights", aweights, count, "floating point", fits=aweights.dtype.is_floating_point)
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


def _check_weights(name: str, weights: Tensor, count: int, kind: str, *, fits: bool) -> None:
    if weights.dim() > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.dim()} dimensions"
        )
    if not fits:
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with {scalar_type_name(weights.dtype)} dtype"
        )
    if weights.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {count}"
        )
    if bool((weights < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


@composite()
def corrcoef(input: Tensor) -> Tensor:
    """Estimate Pearson's correlation coefficients of variables (rows). Source of the semantics: ``torch.corrcoef``.

    Raises:
        RuntimeError: there are more than two dims, or the dtype is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    if input.dim() > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    covariance = _covariance(input, 1, None, None)
    if not covariance.dim():
        return covariance / covariance
    each = arange(covariance._array.shape[0], device=input.device)
    deviation = real(covariance[each, each]).sqrt()
    coefficients: Tensor = covariance / deviation.unsqueeze(1) / deviation
    if coefficients._type.complex:
        return complex(real(coefficients).clamp(-1.0, 1.0), imag(coefficients).clamp(-1.0, 1.0))
    return coefficients.clamp(-1.0, 1.0)
