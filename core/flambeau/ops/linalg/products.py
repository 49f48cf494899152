"""Sums of products beyond matrix multiplication: of more dimensions, Kronecker, cross and chains."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any

from flambeau._dispatch.declare import alias, composite, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.runtime import operands_of
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.layouts import contiguous_format
from flambeau.ops.creation._vector import vector
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.diagonals import diagonal
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.reductions.sums import sum_to_size
from flambeau.shapes import Shape, as_int, as_ints, broadcast_shapes, is_one, normalize_dim

from ._matrices import check_floats, check_square
from .inverses import inv
from .matmul import check_one_dtype, dot, matmul, mm, outer

__all__ = [
    "chain_matmul", "cross", "ger", "inner", "kron", "matrix_power",
    "tensordot", "trace", "vdot",
]  # fmt: skip

ger = alias(outer, "ger")


# -- of vectors ---------------------------------------------------------------


@composite(out="exact")
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Multiply two vectors, the first conjugated, and add up. Source of the semantics: ``torch.vdot``.

    Raises:
        RuntimeError: the vectors differ in length, or are no vectors.

    Example:
        >>> import flambeau as torch
        >>> torch.vdot(torch.tensor([1, 2]), torch.tensor([3, 4]))
        tensor(11)
    """
    if input.is_complex():
        return dot(input.conj(), other)
    return dot(input, other)


@spelled()
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Multiply vectors along ``dim``, the first conjugated, and add up. Source: ``torch.linalg.vecdot``.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.vecdot(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([5.0, 6.0]))
        tensor([17., 39.])
    """
    if out is not None:
        return with_exact_out(out, vecdot, x, y, dim=dim)  # type: ignore[no-any-return]
    check_floats("linalg.vecdot", x)
    first = x.conj() if x.is_complex() else x
    if x.dim() == y.dim() == 1 and x.shape == y.shape and x.dtype is y.dtype:
        return dot(first, y)
    return (first * y).sum(dim)


@composite(out="exact")
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Multiply the last dimensions and add up; 0-d tensors just multiply. Source of the semantics: ``torch.inner``.

    Raises:
        RuntimeError: the last dimensions differ in size.

    Example:
        >>> import flambeau as torch
        >>> torch.inner(torch.tensor([[1, 2], [3, 4]]), torch.tensor([5, 6]))
        tensor([17, 39])
    """
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    check_one_dtype(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return dot(input, other) if input.dim() == other.dim() == 1 else tensordot(input, other, ([-1], [-1]))


@composite(out="exact")
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Compute the cross product of vectors of three elements along a dimension. Source: ``torch.cross``.

    Without ``dim``, the first dimension of size 3, and a warning as PyTorch gives it.

    Raises:
        RuntimeError: the dimension has not three elements.

    Example:
        >>> import flambeau as torch
        >>> torch.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]), dim=0)
        tensor([0, 0, 1])
    """
    if dim is None:
        dim = next((d for d, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
        warnings.warn(
            "Using torch.cross without specifying the dim arg is deprecated.\\nPlease either pass the dim explicitly or simply "
            "use torch.linalg.cross.\\nThe default value of dim will change to agree with that of linalg.cross in a future "
            "release.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    return cross_along(input, other, dim)


@spelled()
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Compute the cross product of vectors of three elements along ``dim``. Source: ``torch.linalg.cross``.

    Raises:
        RuntimeError: the dimension has not three elements.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]))
        tensor([0, 0, 1])
    """
    if out is not None:
        return with_exact_out(out, cross_along, input, other, dim)  # type: ignore[no-any-return]
    return cross_along(input, other, dim)


def cross_along(input: Tensor, other: Tensor, dim: int) -> Tensor:
    """The cross product along ``dim``."""
    if not input._type.numbers and not other._type.numbers:
        raise NotImplementedError("\"cross\" not implemented for 'Bool'")
    if input.dim() != other.dim():
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if not input.dim():
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    given, dim = dim, normalize_dim(dim, input.dim())
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {given} must have length 3. Got {input.shape[dim]} and {other.shape[dim]}"
        )
    broadcast_shapes(input._array.shape, other._array.shape)
    return _cross(input, other, dim)


def _cross_input(grad: Tensor, other: Tensor, dim: int, input_shape: Shape) -> Tensor:
    return sum_to_size(_cross(other, grad, dim), tuple(input_shape))


def _cross_other(grad: Tensor, input: Tensor, dim: int, other_shape: Shape) -> Tensor:
    return sum_to_size(_cross(grad, input, dim), tuple(other_shape))


@primitive(derivatives={"input": _cross_input, "other": _cross_other}, method=False, node="LinalgCrossBackward0")
def _cross(input: Tensor, other: Tensor, dim: int) -> Tensor:
    (a, b), type_ = operands_of("cross", (input, other))
    kernels, ndim = type_.kernels, len(a.shape)
    order = (dim, *range(dim), *range(dim + 1, ndim))
    a, b = kernels.permute(a, order), kernels.permute(b, order)
    next_, last = _turns(type_.place)
    turned = kernels.sub(
        kernels.mul(kernels.index(a, [next_]), kernels.index(b, [last])),
        kernels.mul(kernels.index(a, [last]), kernels.index(b, [next_])),
    )
    if dim:
        back = (*range(1, dim + 1), 0, *range(dim + 1, ndim))
        turned = kernels.clone(kernels.permute(turned, back), False)
    return from_array(turned, type_)


@lru_cache
def _turns(place: Any) -> tuple[Any, Any]:
    """The coordinate behind each of three, and the one before it."""
    return vector(place.kernels, (1, 2, 0)), vector(place.kernels, (2, 0, 1))


# -- of more dimensions ---------------------------------------------------------------


@composite()
def trace(input: Tensor) -> Tensor:
    """Add up the diagonal of a matrix. Source of the semantics: ``torch.trace``.

    Raises:
        RuntimeError: it is no matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.trace(torch.tensor([[1, 2], [3, 4]]))
        tensor(5)
    """
    if input.dim() != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.dim()}")
    if not input._type.numbers:
        raise NotImplementedError("\"trace\" not implemented for 'Bool'")
    return diagonal(input).sum()


@composite(out=True)
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Compute the Kronecker product: every element of ``input`` times the whole of ``other``. Source: ``torch.kron``.

    Example:
        >>> import flambeau as torch
        >>> torch.kron(torch.tensor([[1, 2]]), torch.tensor([[1, 1], [0, 1]]))
        tensor([[1, 1, 2, 2],
                [0, 1, 0, 2]])
    """
    ndim = max(input.dim(), other.dim())
    a, b = ((1,) * (ndim - each.dim()) + tuple(each.shape) for each in (input, other))
    left = reshape(input, tuple(size for d in range(ndim) for size in (a[d], 1)))
    right = reshape(other, tuple(size for d in range(ndim) for size in (1, b[d])))
    return reshape(left * right, tuple(one * two for one, two in zip(a, b, strict=True)))


@overridable
def tensordot(
    a: Tensor, b: Tensor, dims: int | Sequence[int] | Sequence[Sequence[int]] = 2, out: Tensor | None = None
) -> Tensor:
    """Multiply over several dimensions of each and add up. Source of the semantics: ``torch.tensordot``.

    ``dims`` is a number n, the last n dimensions of ``a`` and the first n of ``b``, or a list of dimensions for each.

    Raises:
        RuntimeError: the lists differ in length, or the dimensions in size.

    Example:
        >>> import flambeau as torch
        >>> torch.tensordot(torch.ones(2, 3), torch.ones(3, 4), dims=1).shape
        torch.Size([2, 4])
    """
    if out is not None:
        return with_exact_out(out, tensordot, a, b, dims)  # type: ignore[no-any-return]
    check_one_dtype(a, b)
    first, second = _contracted(a, b, dims)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    first, second = [normalize_dim(d, a.dim()) for d in first], [normalize_dim(d, b.dim()) for d in second]
    for one, two in zip(first, second, strict=True):
        if a.shape[one] == 1 != b.shape[two]:  # a size of 1 stands for any
            b = b.sum(two, keepdim=True, dtype=b.dtype)
        elif b.shape[two] == 1 != a.shape[one]:
            a = a.sum(one, keepdim=True, dtype=a.dtype)
        if a.shape[one] != b.shape[two]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[one]} in dim {one} and second has size "
                f"{b.shape[two]} in dim {two}"
            )
    rest_a = [d for d in range(a.dim()) if d not in first]
    rest_b = [d for d in range(b.dim()) if d not in second]
    rows, columns = tuple(a.shape[d] for d in rest_a), tuple(b.shape[d] for d in rest_b)
    between = prod(a.shape[d] for d in first)
    left = reshape(a.permute(rest_a + first), (prod(rows), between))
    right = reshape(b.permute(second + rest_b), (between, prod(columns)))
    return reshape(mm(left, right), rows + columns)


def _contracted(
    a: Tensor, b: Tensor, dims: int | Sequence[int] | Sequence[Sequence[int]]
) -> tuple[list[int], list[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if is_one(dims):
        dims = as_int(dims, "dims")
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return list(range(a.dim() - dims, a.dim())), list(range(dims))
    first, second = dims  # type: ignore[misc]
    return list(as_ints(first, "dims")), list(as_ints(second, "dims"))


# -- chains and powers ---------------------------------------------------------------


def multiplied(matrices: Sequence[Tensor]) -> Tensor:
    """The product of matrices, in the order that takes the fewest multiplications.

    Source: the dynamic program of Cormen et al., Introduction to Algorithms, section 15.2.
    """
    sizes = [matrix.shape[0] for matrix in matrices] + [matrices[-1].shape[1]]
    count = len(matrices)
    cost = [[0] * count for _ in range(count)]
    cut = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for start in range(count - length):
            end = start + length
            options = [
                (cost[start][k] + cost[k + 1][end] + sizes[start] * sizes[k + 1] * sizes[end + 1], k)
                for k in range(start, end)
            ]
            cost[start][end], cut[start][end] = min(options)

    def product(start: int, end: int) -> Tensor:
        if start == end:
            return matrices[start]
        k = cut[start][end]
        return mm(product(start, k), product(k + 1, end))

    return product(0, count - 1)


@overridable
def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Multiply matrices in the cheapest order; the first and the last may be vectors. Source: ``torch.linalg.multi_dot``.

    Raises:
        RuntimeError: there are fewer than two tensors, or the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.multi_dot([torch.ones(2), torch.ones(2, 3), torch.ones(3)])
        tensor(6.)
    """
    if out is not None:
        return with_exact_out(out, multi_dot, tensors)  # type: ignore[no-any-return]
    if isinstance(tensors, Tensor):
        raise TypeError("linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    listed = list(tensors)
    if len(listed) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(listed)}")
    for position, tensor in enumerate(listed):
        ends = position in (0, len(listed) - 1)
        if tensor.dim() != 2 and not (ends and tensor.dim() == 1):
            expected = "1D or 2D" if ends else "2D"
            raise RuntimeError(f"multi_dot(): tensor {position} must be {expected} but got {tensor.dim()}D")
    row, column = listed[0].dim() == 1, listed[-1].dim() == 1
    listed[0] = listed[0].unsqueeze(0) if row else listed[0]
    listed[-1] = listed[-1].unsqueeze(1) if column else listed[-1]
    for position, (left, right) in enumerate(pairwise(listed)):
        if left.shape[1] != right.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {position} and {position + 1} with shapes {list(left.shape)} and {list(right.shape)} "
                "cannot be multiplied"
            )
    result = multiplied(listed)
    result = result.squeeze(0) if row else result
    return result.squeeze(-1) if column else result


@overridable
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """Multiply matrices in the cheapest order; deprecated, as in PyTorch, for ``linalg.multi_dot``.

    Source of the semantics: ``torch.chain_matmul``.

    Raises:
        RuntimeError: the sizes do not fit.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.chain_matmul(torch.ones(1, 2), torch.ones(2, 3), torch.ones(3, 1))
        tensor([[6.]])
    """
    warnings.warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters.",
        UserWarning,
        stacklevel=level_of_caller(),
    )
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for matrix in matrices:
        if matrix.dim() != 2:
            raise RuntimeError(f"Tensor dimension is {matrix.dim()}, expected 2 instead.")
    if out is not None:
        return with_exact_out(out, multiplied, matrices)  # type: ignore[no-any-return]
    return multiplied(matrices)


@composite(out="exact")
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Multiply square matrices n times with themselves; of the inverse for negative n. Source: ``torch.matrix_power``.

    Raises:
        RuntimeError: the matrices are not square.
        LinAlgError: ``n`` is negative, and a matrix is singular.

    Example:
        >>> import flambeau as torch
        >>> torch.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]])
    """
    check_square("linalg.matrix_power", input)
    n = as_int(n, "n")
    if n < 0:
        inverse = inv(input)
        return inverse if n == -1 else matrix_power(inverse, -n)
    if n < 2:
        result = input.clone(memory_format=contiguous_format)
        return result if n else result.copy_(eye(input.shape[-1], dtype=input.dtype, device=input.device))
    if n == 3:  # the product that rounds as PyTorch's
        return matmul(matmul(input, input), input)
    return _power(input, n)


def _power(input: Tensor, n: int) -> Tensor:
    """The power of a matrix, multiplied of its squares, their squares and so on."""
    result: Tensor | None = None
    while True:
        if n & 1:
            result = input if result is None else matmul(result, input)
        n >>= 1
        if not n:
            assert result is not None, "the highest bit is set"
            return result
        input = matmul(input, input)
