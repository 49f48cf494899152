"""Products to which a bias is added, ``beta * input + alpha * product``: of vectors, and of batches of matrices."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import fitting
from flambeau.ops.elementwise.bitwise import logical_or
from flambeau.ops.movement.broadcasting import _expand_method
from flambeau.ops.movement.shapes import reshape
from flambeau.promotion import result_dtype

from .matmul import addmm, bmm, mv, outer, product_type

__all__ = ["addbmm", "addmv", "addr", "baddbmm"]


def _sum(input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:  # nan in what is not wanted does not count
        return scaled
    return scaled + (input if beta == 1 else input * beta)  # which lies in memory as the product does


def _factors(input: Tensor, beta: Number, alpha: Number) -> list[Any]:
    """Both numbers in the category of the dtype: of integers, whole ones."""
    return [fitting(number_argument("addmm", "beta", number), input.dtype) for number in (beta, alpha)]


def _wide(*tensors: Tensor) -> list[Tensor]:
    """Tensors of 16 bits in float32, so that the sum is rounded once, as in PyTorch; others as they are."""
    return [tensor.to(dtypes.float32) if tensor._type.halves else tensor for tensor in tensors]


@composite(inplace=True, out="exact")
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """Compute ``beta * input + alpha * (mat @ vec)``. Source of the semantics: ``torch.addmv``.

    Of integers, ``beta`` and ``alpha`` are cut to whole numbers, here and in the other products of matrices with a bias.

    Raises:
        RuntimeError: the sizes do not fit, the dtypes differ, or they cannot hold ``beta`` or ``alpha``.

    Example:
        >>> import flambeau as torch
        >>> torch.addmv(torch.tensor([1.0]), torch.tensor([[2.0, 3.0]]), torch.tensor([4.0, 5.0]))
        tensor([24.])
    """
    if mat.dim() != 2 or vec.dim() != 1 or input.dim() > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.dim()}, {mat.dim()}, {vec.dim()}")
    if mat.shape[1] != vec.shape[0] or (input.numel() not in (1, mat.shape[0])):
        sizes = "x".join(map(str, mat.shape))
        raise RuntimeError(f"size mismatch, got input ({input.numel()}), mat ({sizes}), vec ({vec.shape[0]})")
    type_ = product_type("addmv", input, mat, vec)
    beta, alpha = _factors(input, beta, alpha)
    bias, matrix, vector = _wide(input, mat, vec)
    product = mv(matrix, vector) if alpha else bias.new_zeros(mat.shape[0])
    return _sum(bias, product, beta, alpha)._to_type(type_)


@composite(inplace=True, out=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """Compute ``beta * input + alpha * outer(vec1, vec2)``. Source of the semantics: ``torch.addr``.

    Raises:
        RuntimeError: the sizes do not fit, or ``beta`` or ``alpha`` is of a higher category than the tensors.

    Example:
        >>> import flambeau as torch
        >>> torch.addr(torch.zeros(1, 2), torch.tensor([2.0]), torch.tensor([3.0, 4.0]))
        tensor([[6., 8.]])
    """
    for position, vector in enumerate((vec1, vec2), 1):
        if vector.dim() != 1:
            raise RuntimeError(f"addr: Expected 1-D argument vec{position}, but got {vector.dim()}-D")
    dtype = result_dtype((input, vec1, vec2))
    beta, alpha = (_checked(name, number, dtype) for name, number in (("beta", beta), ("alpha", alpha)))
    shape = (*vec1._array.shape, *vec2._array.shape)
    bias = input if input._array.shape == shape else _expand_method(input, shape)
    if dtype is dtypes.bool:
        product = outer(vec1, vec2) if alpha else bias.new_zeros(bias.shape)
        return logical_or(product, bias) if beta else product
    # Of 16 bits each step is rounded, and it is the first vector that is scaled.
    product = outer(vec1 if alpha == 1 else vec1 * bias.new_tensor(alpha, dtype=dtype), vec2)
    if beta == 0:
        return product
    return (bias if beta == 1 else bias * bias.new_tensor(beta, dtype=dtype)) + product


def _checked(name: str, number: Any, dtype: dtypes.dtype) -> Any:
    number = number_argument("addr", name, number)
    if isinstance(number, (float, complex)) and not dtype.is_floating_point and not dtype.is_complex:
        raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")
    if isinstance(number, bool) and dtype is not dtypes.bool:
        raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
    return fitting(number, dtype)


def _check_batches(batch1: Tensor, batch2: Tensor) -> None:
    for position, batch in enumerate((batch1, batch2), 1):
        if batch.dim() != 3:
            raise RuntimeError(f"batch{position} must be a 3D tensor")


@composite(inplace=True, out="exact")
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """Compute ``beta * input + alpha * (batch1 @ batch2)``, matrix by matrix. Source of the semantics: ``torch.baddbmm``.

    Raises:
        RuntimeError: the batches are no batches of matrices, the sizes do not fit, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.baddbmm(torch.zeros(1, 1, 1), torch.tensor([[[2.0, 3.0]]]), torch.tensor([[[4.0], [5.0]]]))
        tensor([[[23.]]])
    """
    _check_batches(batch1, batch2)
    if batch1.shape[0] != batch2.shape[0] or batch1.shape[2] != batch2.shape[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch1.shape[0]}, {batch1.shape[2]}] but got: "
            f"[{batch2.shape[0]}, {batch2.shape[1]}]."
        )
    type_ = product_type("baddbmm", input, batch1, batch2)
    beta, alpha = _factors(input, beta, alpha)
    bias, left, right = _wide(input, batch1, batch2)
    shape = (batch1.shape[0], batch1.shape[1], batch2.shape[2])
    if bias._array.shape != shape:
        bias = _expand_method(bias, shape)
    return _sum(bias, bmm(left, right), beta, alpha)._to_type(type_)


@composite(inplace=True, out="exact")
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """Compute ``beta * input + alpha * sum(batch1 @ batch2)``, summed over the batch. Source: ``torch.addbmm``.

    Raises:
        RuntimeError: the batches are no batches of matrices, the sizes do not fit, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.addbmm(torch.zeros(1, 1), torch.ones(3, 1, 2), torch.ones(3, 2, 1))
        tensor([[6.]])
    """
    _check_batches(batch1, batch2)
    (count, rows, between), (count2, between2, columns) = batch1.shape, batch2.shape
    if count != count2:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {count} and {count2}")
    if between != between2:
        raise RuntimeError(f"Incompatible matrix sizes for bmm ({rows}x{between} and {between2}x{columns})")
    type_ = product_type("addmm", input, batch1, batch2)
    bias = _expand_method(input, (rows, columns))
    if type_.halves and count:  # rounded after each matrix, as in PyTorch
        for position in range(count):
            bias = addmm(bias, batch1[position], batch2[position], beta=1 if position else beta, alpha=alpha)
        return bias
    # One product of the matrices side by side, instead of a sum of products.
    left = reshape(batch1.transpose(0, 1), (rows, count * between))
    right = reshape(batch2, (count * between, columns))
    return addmm(bias, left, right, beta=beta, alpha=alpha)
