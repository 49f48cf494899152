"""What distributions are written with, those of a program too. Source of the semantics: ``torch.distributions.utils``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.creation.filled import empty
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.promotion import get_default_dtype
from flambeau.special import expit
from flambeau.type_info import finfo

__all__ = [
    "broadcast_all", "clamp_probs", "euler_constant", "lazy_property", "logits_to_probs", "probs_to_logits", "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]  # fmt: skip

euler_constant: Final = 0.5772156649015329
"""The limit of the difference of harmonic numbers and logarithms."""

_Value = TypeVar("_Value")


class lazy_property(Generic[_Value]):
    """An attribute that is computed, with gradients, when it is first asked for."""

    def __init__(self, wrapped: Callable[[Any], _Value]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> _Value:
        if instance is None:
            return self  # type: ignore[return-value]  # of the class, it is what it is
        with enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers are of the dtype of the first tensor, else of the default one.

    Raises:
        ValueError: one is neither a number nor a tensor.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.utils.broadcast_all(0.0, torch.ones(2))
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not all(isinstance(value, (Tensor, int, float)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    tensor = next((value for value in values if isinstance(value, Tensor)), None)
    like: dict[str, Any] = (
        {"dtype": get_default_dtype()} if tensor is None else {"dtype": tensor.dtype, "device": tensor.device}
    )
    made = [value if isinstance(value, Tensor) else as_tensor(value, **like) for value in values]
    return tuple(broadcast_tensors(*made))


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of logarithms of odds (``is_binary``), or of logarithms of weights along the last dimension."""
    return expit(logits) if is_binary else logits.softmax(-1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logarithms of odds (``is_binary``), or of probabilities, which are kept away from 0 and 1: see :func:`clamp_probs`."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def clamp_probs(probs: Tensor) -> Tensor:
    """Limit probabilities to [eps, 1 - eps] of their dtype."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


def weighted(weight: Tensor, logarithm: Tensor) -> Tensor:
    """``weight * logarithm`` that is 0, and lets no nan flow back, where the weight is 0 and the logarithm infinite."""
    return weight * logarithm.masked_fill((weight == 0) & ~logarithm.isfinite(), 0.0)


def tiny_of(dtype: DType) -> float:
    """The smallest normal number of a dtype."""
    return float(finfo(dtype).tiny)


def counts_up_to(last: int, like: Tensor, batch: tuple[int, ...], expand: bool, dtype: DType | None = None) -> Tensor:
    """The numbers from 0 to ``last`` in a new first dimension: what samples of a batch can be."""
    values = arange(last + 1, dtype=dtype or like.dtype, device=like.device).reshape(-1, *[1] * len(batch))
    return values.expand(-1, *batch) if expand else values


def one_hot_like(places: Tensor, like: Tensor) -> Tensor:
    """For each place along the last dimension of ``like``, the vector with a one there, of its dtype."""
    return (places.unsqueeze(-1) == arange(like.shape[-1], device=like.device)).to(like.dtype)


def _standard_normal(shape: Any, dtype: DType | None, device: Any, generator: Any = None) -> Tensor:
    """Normal numbers of mean 0 and deviation 1."""
    return empty(shape, dtype=dtype, device=device).normal_(generator=generator)


def _sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over the last ``dim`` dimensions."""
    return value if dim == 0 else flattened(value, dim).sum(-1)


def flattened(value: Tensor, dim: int) -> Tensor:
    """A tensor with its last ``dim`` dimensions as one, of size 1 if there are none; it may be empty."""
    kept, joined = value.shape[: value.dim() - dim], value.shape[value.dim() - dim :]
    return value.reshape((*kept, joined.numel()))


def _lower(size: int, diag: int, device: Any) -> Tensor:
    """Whether an element of a square matrix is on the diagonal ``diag`` or below."""
    places = arange(size, device=device)
    return places < places.reshape(-1, 1) + (diag + 1)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements of matrices on and below a diagonal, row by row: (…, D, D) to (…, elements).

    Raises:
        ValueError: there is no such diagonal.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.utils.tril_matrix_to_vec(torch.tensor([[1, 0], [2, 3]]))
        tensor([1, 2, 3])
    """
    size = mat.shape[-1]
    if not -size <= diag < size:
        raise ValueError(f"diag ({diag}) provided is outside [{-size}, {size - 1}].")
    return mat[..., _lower(size, diag, mat.device)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """Matrices with these elements on and below a diagonal and zeros above: the inverse of :func:`tril_matrix_to_vec`.

    Raises:
        ValueError: no square matrix has so many elements there.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.utils.vec_to_tril_matrix(torch.tensor([1.0, 2.0, 3.0]))
        tensor([[1., 0.],
                [2., 3.]])
    """
    shift = 1 + 2 * diag
    size = (-shift + (shift**2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if round(size) - size > finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower triangular part of a "
            "square D x D matrix."
        )
    whole = round(size)
    mat = vec.new_zeros((*vec.shape[:-1], whole, whole))
    mat[..., _lower(whole, diag, vec.device)] = vec
    return mat
