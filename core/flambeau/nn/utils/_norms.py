"""Norms of weights: all along all dimensions but one, and the largest singular value."""

from __future__ import annotations

from flambeau._tensor import Tensor

from .. import modules

__all__ = ["as_matrix", "norm_except", "output_dim", "weight_of"]


def norm_except(weight: Tensor, dim: int) -> Tensor:
    """The norm along all dimensions but ``dim``, which stay with size 1; along all, 0-d, if ``dim`` is -1."""
    if dim == -1:
        return weight.norm(2)
    others = [other for other in range(weight.dim()) if other != dim % weight.dim()]
    return weight.norm(2, others, keepdim=True) if others else weight.abs()


def weight_of(direction: Tensor, length: Tensor, dim: int) -> Tensor:
    """The weight of a direction and a length."""
    return direction * (length / norm_except(direction, dim))


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight with ``dim`` in front, and the others joined."""
    if dim:
        weight = weight.permute(dim, *(other for other in range(weight.dim()) if other != dim))
    return weight.reshape(weight.size(0), -1)


def output_dim(module: modules.Module) -> int:
    """The dimension of a layer's weight that stands for its outputs."""
    transposed = (modules.ConvTranspose1d, modules.ConvTranspose2d, modules.ConvTranspose3d)
    return 1 if isinstance(module, transposed) else 0
