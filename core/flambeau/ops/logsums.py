"""Sums of numbers that are given by their logarithms."""

from __future__ import annotations

from collections.abc import Sequence

from .. import dtypes
from .._tensor import Tensor
from ..shapes import normalize_dims
from ._declare import composite
from .extremes import amax
from .movement import reshape
from .reductions import sum

__all__ = ["logsumexp"]


@composite(out=True)
def logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """Compute log(sum(exp(x))) along ``dim`` without overflow. Source of the semantics: ``torch.logsumexp``.

    Example:
        >>> import flambeau as torch
        >>> torch.logsumexp(torch.tensor([0.0, 0.0]), 0)
        tensor(0.6931)
    """
    from .selection import where

    dims = normalize_dims(dim, input.dim())
    if not input._type.floats:
        input = input.to(dtypes.float32)
    if 0 in (input._array.shape[d] for d in dims):
        return sum(input.exp(), dims, keepdim).log()
    top = amax(input.detach(), dims, True)
    top = where(top.abs() == float("inf"), 0.0, top)
    total = sum((input - top).exp(), dims, keepdim).log()
    return total + (top if keepdim else reshape(top, total.shape))
