"""Running sums and products along a dimension."""

from __future__ import annotations

from .._tensor import Tensor, from_array
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..shapes import normalize_dim
from ._declare import primitive
from ._reduce import converted

__all__ = ["cumsum"]


def _cumsum_input(grad: Tensor, dim: int) -> Tensor:
    from .joining import flip

    return flip(cumsum(flip(grad, dim), dim), dim)


@primitive(derivatives={"input": _cumsum_input}, out=True, inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Add up along a dimension, keeping every partial sum. Source of the semantics: ``torch.cumsum``.

    Example:
        >>> import flambeau as torch
        >>> torch.cumsum(torch.tensor([1, 2, 3]), 0)
        tensor([1, 3, 6])
    """
    source = converted(input, dtype)
    dim = normalize_dim(dim, len(source._array.shape))
    if not source._array.shape:
        return from_array(source._type.kernels.clone(source._array, True), source._type)
    return from_array(source._type.kernels.cumsum(source._array, dim), source._type)
