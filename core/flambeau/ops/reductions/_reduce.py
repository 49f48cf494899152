"""What the families of reductions share: which dims, how many elements, in which dtype, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.movement.broadcasting import _expand
from flambeau.ops.movement.shapes import _view
from flambeau.shapes import Shape, normalize_dims, reduced_shape
from flambeau.type_info import finfo

__all__ = [
    "Dims",
    "check_floating",
    "check_not_empty",
    "converted",
    "count_of",
    "empty_error",
    "is_normal",
    "spread",
]

Dims = int | Sequence[int] | None


def spread(grad: Tensor, shape: Shape, dim: Dims, keepdim: bool) -> Tensor:
    """The gradient of a reduction expanded over what was reduced."""
    if not keepdim and grad._array.shape:
        grad = _view(grad, reduced_shape(shape, normalize_dims(dim, len(shape)), True))
    return _expand(grad, shape)


def count_of(shape: Shape, dim: Dims) -> int:
    """How many elements a reduction over ``dim`` makes into one."""
    return prod(shape[d] for d in normalize_dims(dim, len(shape)))


def is_normal(product: Tensor) -> Tensor:
    """Where a product is neither 0 nor subnormal, infinite or nan, so that it and a factor say what the others make."""
    size = product.abs()
    return (size >= finfo(product.dtype).tiny) & (size < inf)


def converted(input: Tensor, dtype: DType | None) -> Tensor:
    """``input`` in the dtype that a sum is made in: bool and integers add up as int64 unless ``dtype`` says otherwise."""
    if dtype is None:
        dtype = input.dtype if input._type.floats else dtypes.int64
    elif dtype.__class__ is not DType:
        dtype = dtypes.as_dtype(dtype)
    return input if dtype is input.dtype else to_type(input.detach(), input._type.with_dtype(dtype))


def check_floating(function: str, input: Tensor, *, optional: bool = False) -> None:
    """Refuse bool and integers; ``optional`` if the dtype is the one that the caller asked for."""
    if not input._type.floats:
        raise RuntimeError(
            f"{function}(): could not infer output dtype. {'Optional' if optional else 'Input'} dtype must be either a "
            f"floating point or complex dtype. Got: {scalar_type_name(input.dtype)}"
        )


def check_not_empty(function: str, shape: Shape, dims: Shape) -> None:
    """Refuse to look for an extreme along a dim of size 0."""
    for dim in dims:
        if shape[dim] == 0:
            raise IndexError(f"{function}(): Expected reduction dim {dim} to have non-zero size.")


def empty_error(function: str) -> str:
    """PyTorch's words for an extreme of no elements at all."""
    return (
        f"{function}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
        "'dim' argument."
    )
