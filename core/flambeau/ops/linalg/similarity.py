"""How near the vectors of two tensors are to each other, pair by pair."""

from __future__ import annotations

from flambeau._dispatch.declare import composite
from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.dtypes import scalar_type_name
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.reductions.sums import sum
from flambeau.promotion import result_dtype
from flambeau.shapes import float_argument, normalize_dim

from .norms import norm, vector_norm_of

__all__ = ["cosine_similarity", "pairwise_distance"]


@composite(method=False)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Compute the cosine of the angle between vectors along ``dim``. Source of the semantics: ``torch.cosine_similarity``.

    Args:
        x1, x2: of shapes that broadcast; one at least is floating.
        dim: where the vectors lie; the result does not have it.
        eps: what lengths are at least taken for; the gradient does not know of that.

    Raises:
        RuntimeError: neither is floating, one is complex, or ``eps`` is negative.
        IndexError: there is no such dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.cosine_similarity(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]]))
        tensor([0.9600])
    """
    dtype = result_dtype([x1, x2])
    if not dtype.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {scalar_type_name(dtype)}")
    eps = float_argument("cosine_similarity", "eps", 4, eps)
    if eps < 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    x1, x2 = broadcast_tensors(x1.to(dtype), x2.to(dtype))
    dim = normalize_dim(dim, x1.dim())
    first, second = (vector_norm_of(each, 2, dim, True).clone() for each in (x1, x2))
    with no_grad():
        first.clamp_min_(eps)
        second.clamp_min_(eps)
    return sum((x1 / first) * (x2 / second), dim)


@composite(method=False)
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Compute the norm of differences along the last dimension. Source of the semantics: ``torch.pairwise_distance``.

    Args:
        x1, x2: of shapes that broadcast.
        p: the exponent of the norm.
        eps: what is added to every difference, so that there is a gradient where it is 0.
        keepdim: whether the last dimension stays, with size 1.

    Raises:
        RuntimeError: the shapes do not broadcast.
        TypeError: ``p`` or ``eps`` is no number.

    Example:
        >>> import flambeau as torch
        >>> torch.pairwise_distance(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2), eps=0.0)
        tensor([5.])
    """
    p = float_argument("pairwise_distance", "p", 3, p)
    return norm(x1 - x2 + float_argument("pairwise_distance", "eps", 4, eps), p, -1, keepdim)
