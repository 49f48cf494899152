"""Layers that compare two tensors, vector by vector."""

from __future__ import annotations

from flambeau._tensor import Tensor

from .. import functional
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class PairwiseDistance(Module):
    """Compute the norm of differences along the last dimension. Source of the semantics: ``torch.nn.PairwiseDistance``.

    Args:
        p: the exponent of the norm.
        eps: what is added to every difference.
        keepdim: whether the last dimension stays, with size 1.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.PairwiseDistance(p=1, eps=0.0)(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2))
        tensor([7.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """Compute the cosine of the angle between vectors along ``dim``. Source of the semantics: ``torch.nn.CosineSimilarity``.

    Args:
        dim: where the vectors lie.
        eps: what lengths are at least taken for.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CosineSimilarity()(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]]))
        tensor([0.9600])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)
