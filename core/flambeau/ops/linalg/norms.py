"""Norms of vectors, and the norms that ``torch.norm`` gives to matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.precision import in_single, per_count
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau.dtypes import as_dtype, scalar_type_name
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.elementwise.selection import where
from flambeau.ops.reductions._reduce import Dims, spread
from flambeau.ops.reductions.sums import sum
from flambeau.shapes import Shape, as_ints, normalize_dim, normalize_dims

from ._matrices import check_floats, check_matrix
from .factorizations import svdvals

__all__ = ["norm", "renorm"]


def _norm_input(grad: Tensor, input: Tensor, ord: float, dim: Dims, keepdim: bool, result: Tensor) -> Any:
    """The gradient of a norm, 0 wherever PyTorch says that the norm has a corner.

    Source of the cases: ``linalg_vector_norm_backward`` of PyTorch.
    """
    shape = input._array.shape
    total = spread(result, shape, dim, keepdim)
    grad = spread(grad, shape, dim, keepdim)
    if ord == 0:
        return None
    if ord == 1:
        return grad * input.sign()
    at_corner = total == 0
    if ord == 2:
        return grad * where(at_corner, 0.0, input / where(at_corner, 1.0, total))  # so are further derivatives
    size = input.abs()
    if ord in (inf, -inf):
        hit = (size == total) | ((input != input) & (total != total))
        return where(hit, per_count(grad, sum(hit, dim, True)) * input.sign(), 0.0)
    slope = input * size ** (ord - 2) if ord >= 2 else where(input == 0, 0.0, input.sign() * size ** (ord - 1))
    divisor = where(at_corner, 1.0, total)
    if ord < 1:
        return where(at_corner, 0.0, slope * grad * divisor ** (1 - ord))
    return slope * where(at_corner, 0.0, grad / divisor ** (ord - 1))


@primitive(derivatives={"input": _norm_input}, method=False, holomorphic=False, node="LinalgVectorNormBackward0")
def _vector_norm(input: Tensor, ord: float, dim: Dims, keepdim: bool) -> Tensor:
    check_floats("linalg.vector_norm", input)
    source = input.detach().abs() if input._type.complex else input
    type_, array = source._type, source._array
    dims = normalize_dims(dim, len(array.shape))
    if ord < 0 or ord == inf:
        _check_identity(array.shape, ord, dim, dims)
    if ord and prod(array.shape[d] for d in dims) == 1:  # the absolute value, which no power takes out of the range
        kept = array.shape if keepdim else tuple(size for d, size in enumerate(array.shape) if d not in dims)
        return from_array(type_.kernels.reshape(type_.kernels.abs(array), kept), type_)
    return from_array(in_single(type_, array, partial(_norm, ord, dims, keepdim)), type_)


def _norm(ord: float, dims: Shape, keepdim: bool, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    if ord == 2:
        if kernels.square_sum is not None:
            return kernels.sqrt(kernels.square_sum(array, dims, keepdim))
        return kernels.sqrt(kernels.sum(kernels.mul(array, array), dims, keepdim))
    if ord == 0:
        nonzero = kernels.cast(kernels.logical_not(kernels.logical_not(array)), type_.dtype.name)
        return kernels.sum(nonzero, dims, keepdim)
    size = kernels.abs(array)
    if ord in (inf, -inf):
        return (kernels.amax if ord > 0 else kernels.amin)(size, dims, keepdim)
    if ord == 1:
        return kernels.sum(size, dims, keepdim)
    total = kernels.sum(kernels.pow(size, type_.number(ord)), dims, keepdim)
    return kernels.pow(total, type_.number(1.0 / ord))


def _check_identity(shape: Shape, ord: float, dim: Dims, dims: Shape) -> None:
    text = f"linalg.vector_norm cannot compute the {ord:g} norm on "
    if 0 in shape and (dim is None or len(dims) == len(shape)):
        raise RuntimeError(f"{text}an empty tensor because the operation does not have an identity")
    for each in dims:
        if shape and shape[each] == 0:
            raise RuntimeError(
                f"{text}the dimension {each} because this dimension is empty and the operation does not "
                "have an identity"
            )


@composite()
def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: DType | None = None,
) -> Tensor:
    """Compute a norm of all elements, or of the vectors along ``dim``. Source of the semantics: ``torch.norm``.

    ``p`` is the exponent: 2 is the Euclidean norm, 1 the sum of absolute values, ``inf`` and ``-inf`` the largest and the
    smallest of them, 0 the number of elements that are not zero. ``"fro"`` is 2 for one or two dims, ``"nuc"`` the sum of
    the singular values of matrices.

    Raises:
        RuntimeError: the dtype is not a floating point one, ``dtype`` is narrower, or there is no element to choose from.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[3.0, 4.0], [6.0, 8.0]])
        >>> torch.norm(x, dim=1)
        tensor([ 5., 10.])
        >>> torch.norm(x, p=1)
        tensor(21.)
    """
    if isinstance(out, DType):  # the method has no out, but dtype in its place
        out, dtype = None, out
    if out is not None:
        result: Tensor = with_exact_out(out, norm, input, p, dim, keepdim, None, dtype)
        return result
    if isinstance(p, str):
        several = dim is not None and len(as_ints(dim)) > 2
        if p != "fro" or several:
            return _matrix_norm(input, p, dim, keepdim, dtype)
        p = 2.0
    return vector_norm_of(
        _as_dtype(input, dtype), 2.0 if p is None else float(number_argument("norm", "p", p)), dim, keepdim
    )


def vector_norm_of(input: Tensor, ord: float, dim: Dims, keepdim: bool) -> Tensor:
    """The norm of vectors; of complex ones, that of the absolute values.

    Only the Euclidean one has no corner at the zeros of a complex vector, which absolute values alone would have.
    """
    return _vector_norm(input.abs() if input._type.complex and ord != 2 else input, ord, dim, keepdim)


def _matrix_norm(input: Tensor, p: str, dim: Dims, keepdim: bool, dtype: DType | None) -> Tensor:
    if p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    dims = normalize_dims(dim, input.dim())
    if len(dims) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    check_matrix("linalg.matrix_norm", input, halves=p == "fro")
    source = _as_dtype(input, dtype, "linalg.matrix_norm")
    if p == "fro":
        return vector_norm_of(source, 2.0, dims, keepdim)
    return of_singular_values(source, dims, keepdim, lambda values: values.sum(-1))


def of_singular_values(
    source: Tensor, dims: Sequence[int], keepdim: bool, reduce: Callable[[Tensor], Tensor]
) -> Tensor:
    """What ``reduce`` makes of the singular values of the matrices in two dimensions."""
    result = reduce(svdvals(source.movedim(tuple(dims), (-2, -1))))
    if keepdim:
        for dim in sorted(dims):
            result = result.unsqueeze(dim)
    return result


def _as_dtype(input: Tensor, dtype: DType | None, function: str = "linalg.vector_norm") -> Tensor:
    """``input`` in the dtype that the norm is computed in.

    Raises:
        RuntimeError: it is not a floating point one, narrower than that of ``input``, or real where that is complex.
    """
    if dtype is None or dtype is input.dtype or not input._type.floats:
        return input
    dtype = as_dtype(dtype)
    name = scalar_type_name(dtype)
    if not dtype.is_floating_point and not dtype.is_complex:
        raise RuntimeError(f"{function}: dtype should be floating point or complex, but got {name}")
    if dtype.is_complex is not input._type.complex:
        kind = "complex" if input._type.complex else "real"
        raise RuntimeError(f"{function}: dtype should be {kind} for {kind} inputs, but got {name}")
    if dtype.itemsize < input.dtype.itemsize:
        raise RuntimeError(
            f"{function}: the dtype of the input ({scalar_type_name(input.dtype)}) should be convertible without "
            f"narrowing to the specified dtype ({name})"
        )
    return to_type(input, input._type.with_dtype(dtype))


def _renorm_input(grad: Tensor, input: Tensor, p: float, dims: Shape, maxnorm: float) -> Tensor:
    """That of the shrunk slices; what is not above the norm, or has none, is passed on.

    Source of the cases: ``renorm_backward`` of PyTorch.
    """
    source = to_type(input, input._type.with_dtype(dtypes.float32)) if input._type.halves else input
    size = vector_norm_of(source, p, dims, True)
    along = (source.conj() * grad).real.sum(dims, keepdim=True)
    inverse = 1 / (size + _GUARD)
    if source._type.complex and p != 2:
        slope = source.sgn() * _norm_input(along, source.abs(), p, dims, True, size)
    else:
        slope = _norm_input(along, source, p, dims, True, size)
    shrunk: Tensor = maxnorm * inverse * (grad - inverse * slope)
    return where(size > maxnorm, to_type(shrunk, grad._type), grad)  # type: ignore[no-any-return]


_GUARD = 1e-7
"""What PyTorch adds to a norm that it divides by."""


@primitive(derivatives={"input": _renorm_input}, method=False, holomorphic=False, node="RenormBackward0")
def _renorm(input: Tensor, p: float, dims: Shape, maxnorm: float) -> Tensor:
    type_, input = input._type, input.detach()
    source = to_type(input, type_.with_dtype(dtypes.float32)) if type_.halves else input
    size = vector_norm_of(source, p, dims, True)
    factor: Tensor = where(size > maxnorm, maxnorm / (size + _GUARD), 1.0)
    result = input * (to_type(factor, type_) if type_.halves else factor)
    return from_array(contiguous_array(type_, result._array), type_)


@composite(inplace=True, out="exact")
def renorm(input: Tensor, p: Number, dim: int, maxnorm: Number) -> Tensor:
    """Shrink the slices along ``dim`` whose ``p``-norm is above ``maxnorm`` to it. Source: ``torch.renorm``.

    Raises:
        RuntimeError: there are fewer than two dims, ``p`` is not positive or ``maxnorm`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    exponent, limit = _real("renorm", "p", 2, p), _real("renorm", "maxnorm", 4, maxnorm)
    if exponent <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if limit < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {limit:g}")
    if input.dim() < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.dim()} dimensions")
    kept = normalize_dim(dim, input.dim())
    return _renorm(input, exponent, tuple(each for each in range(input.dim()) if each != kept), limit)


def _real(function: str, argument: str, position: int, value: Any) -> float:
    return float(number_argument(function, argument, value, position))
