"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._dispatch.out import c_name
from flambeau._dispatch.precision import in_single_formula
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import as_dtype, scalar_type_name
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.filled import ones_like, zeros, zeros_like
from flambeau.ops.indexing.scattering import scatter_add
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.reordering import flip
from flambeau.ops.movement.slicing import narrow
from flambeau.shapes import Shape, normalize_dim

from ._reduce import converted, is_normal
from .extremes import Extremes
from .sums import all

__all__ = ["cummax", "cummin", "cumprod", "cumsum"]


class Cummax(Extremes):
    """The result of ``cummax``."""

    __slots__ = ()


class Cummin(Extremes):
    """The result of ``cummin``."""

    __slots__ = ()


# -- sums and products --------------------------------------------------------------------------------------------------


def _scan(kernel: str, input: Tensor, dim: int, dtype: DType | None) -> Tensor:
    source = converted(input, dtype)
    type_, array = source._type, source._array
    dim = normalize_dim(dim, len(array.shape))
    if type_ is type_.boolean:
        raise NotImplementedError(f"\"{kernel}_out_cpu\" not implemented for 'Bool'")
    if not array.shape:
        return from_array(type_.kernels.clone(array, True), type_)
    result = getattr(type_.kernels, kernel)(array, dim)
    if kernel == "cumsum" and type_.floats:  # a sum begins with 0, so that it is never -0.0
        result = type_.kernels.add(result, type_.number(0.0))
    return from_array(result, type_)


def _scan_into(kernel: str) -> Callable[..., None]:
    """The in-place form: it computes in the tensor's own dtype, and refuses to be told another."""

    def write(input: Tensor, dim: int, *, dtype: DType | None = None) -> None:
        if dtype is not None and (dtype := as_dtype(dtype)) is not input.dtype:
            raise RuntimeError(
                f"Bad in-place call: input tensor dtype {c_name(input.dtype)} and output tensor dtype {c_name(dtype)} "
                "should match"
            )
        input._type.kernels.copy_into(input._array, _scan(kernel, input, dim, input.dtype)._array)

    return write


def _cumsum_input(grad: Tensor, dim: int) -> Tensor:
    return flip(cumsum(flip(grad, dim), dim), dim)


@primitive(derivatives={"input": _cumsum_input}, out=True, inplace=True, write=_scan_into("cumsum"))
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Add up along a dimension, keeping every partial sum. Source of the semantics: ``torch.cumsum``.

    Bool and integers give int64; ``dtype`` converts before adding, and so does the dtype of ``out``.

    Example:
        >>> import flambeau as torch
        >>> torch.cumsum(torch.tensor([1, 2, 3]), 0)
        tensor([1, 3, 6])
    """
    return _scan("cumsum", input, dim, dtype)


def _cumprod_input(grad: Tensor, input: Tensor, dim: int, result: Tensor) -> Tensor:
    """Sums over all later products, each without the element itself: by division where no product is 0 or infinite."""
    if not input.dim() or not input.numel():
        return grad
    if not result._type.backend.asynchronous and bool(all(is_normal(result.detach()))):
        return _cumsum_input(grad * result, dim) / input
    slope: Tensor = _cumprod_input_of_any(grad, input, dim, result)
    return slope


@in_single_formula
def _cumprod_input_of_any(grad: Tensor, input: Tensor, dim: int, result: Tensor) -> Tensor:
    """The same whatever the products are; halves would lose their digits on the way."""
    size = input._array.shape[dim]
    # The gradient of element k is before[k] * sums[k], where sums[k] = grad[k] + input[k + 1] * sums[k + 1].
    one = ones_like(narrow(input, dim, 0, 1), requires_grad=False)
    before = cat([one, narrow(result, dim, 0, size - 1)], dim)
    weights = cat([narrow(input, dim, 1, size - 1), zeros_like(one)], dim)
    return before * _weighted_sums(grad, weights, dim)


def _weighted_sums(sums: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Solve ``s[k] = sums[k] + weights[k] * s[k + 1]``; each step doubles the number of terms that are in."""
    size, reach = sums._array.shape[dim], 1
    while reach < size:
        rest = size - reach
        near, far = narrow(weights, dim, 0, rest), narrow(weights, dim, reach, rest)
        carried = narrow(sums, dim, 0, rest) + near * narrow(sums, dim, reach, rest)
        sums = cat([carried, narrow(sums, dim, rest, reach)], dim)
        weights = cat([near * far, narrow(weights, dim, rest, reach)], dim)
        reach *= 2
    return sums


@primitive(derivatives={"input": _cumprod_input}, out=True, inplace=True, write=_scan_into("cumprod"))
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Multiply along a dimension, keeping every partial product. Source of the semantics: ``torch.cumprod``.

    Bool and integers give int64; ``dtype`` converts before multiplying, and so does the dtype of ``out``.

    Example:
        >>> import flambeau as torch
        >>> torch.cumprod(torch.tensor([1, 2, 3]), 0)
        tensor([1, 2, 6])
    """
    return _scan("cumprod", input, dim, dtype)


# -- extremes -----------------------------------------------------------------------------------------------------------


def _added_to_index(grad: Tensor, input_shape: Shape, dim: int, indices: Tensor) -> Tensor:
    if not input_shape:
        return grad
    return scatter_add(zeros(input_shape, dtype=grad.dtype, device=grad.device), dim, indices, grad)


@fused(
    "cummax",
    derivatives={"input": _added_to_index},
    outputs=("values", "indices"),
    method=False,
    node="CummaxBackward0",
)
def _cummax(input: Tensor, dim: int) -> Cummax:
    return Cummax(*_running_extreme(input, dim, "cummax", "maximum"))


@fused(
    "cummin",
    derivatives={"input": _added_to_index},
    outputs=("values", "indices"),
    method=False,
    node="CumminBackward0",
)
def _cummin(input: Tensor, dim: int) -> Cummin:
    return Cummin(*_running_extreme(input, dim, "cummin", "minimum"))


def _running_extreme(input: Tensor, dim: int, optional: str, kernel: str) -> tuple[Tensor, Tensor]:
    type_, array = input._type, input._array
    kernels, int64 = type_.kernels, type_.with_dtype(dtypes.int64)
    if type_.dtype.is_complex and array.shape and 0 not in array.shape:
        raise NotImplementedError(f"\"{optional}_cpu\" not implemented for '{scalar_type_name(type_.dtype)}'")
    if not array.shape:
        return from_array(kernels.clone(array, True), type_), from_array(kernels.full((), 0, "int64"), int64)
    values = _running(type_, array, dim, optional, kernel)
    # An element is the extreme so far where it equals it, or is nan; the last such place is the index.
    found = kernels.eq(array, values)
    if type_.floats:
        found = kernels.bitwise_or(found, kernels.isnan(array))
    size = array.shape[dim]
    places = kernels.reshape(int64.kernels.arange(0, 1, size, "int64"), (size,) + (1,) * (len(array.shape) - dim - 1))
    indices = _running(int64, kernels.where(found, places, int64.number(0)), dim, "cummax", "maximum")
    if getattr(kernels, optional) is None:  # of equals, such as zeros of either sign, what was found is any
        values = kernels.gather(array, dim, indices)
    return from_array(values, type_), from_array(indices, int64)


def _running(type_: Any, array: Any, dim: int, optional: str, kernel: str) -> Any:
    kernels = type_.kernels
    scan = getattr(kernels, optional)
    return running(kernels, getattr(kernels, kernel), array, dim) if scan is None else scan(array, dim)


def running(kernels: Any, combine: Callable[[Any, Any], Any], array: Any, dim: int) -> Any:
    """Combine every element with all before it; each step doubles the number of those that are in."""
    size, reach = array.shape[dim], 1
    if size < 2:
        return kernels.clone(array, True)
    while reach < size:
        rest = size - reach
        combined = combine(_cut(kernels, array, dim, reach, rest), _cut(kernels, array, dim, 0, rest))
        array = kernels.concat([_cut(kernels, array, dim, 0, reach), combined], dim)
        reach *= 2
    return array


def _cut(kernels: Any, array: Any, dim: int, start: int, length: int) -> Any:
    shape = array.shape
    starts = tuple(start if d == dim else 0 for d in range(len(shape)))
    lengths = tuple(length if d == dim else size for d, size in enumerate(shape))
    return kernels.slice(array, starts, lengths, (1,) * len(shape))


@composite(out="exact")
def cummax(input: Tensor, dim: int) -> Cummax:
    """Give the maximum of the elements so far along ``dim``, and where the last one of it is. Source: ``torch.cummax``.

    Example:
        >>> import flambeau as torch
        >>> torch.cummax(torch.tensor([2, 1, 3]), 0)
        torch.return_types.cummax(
        values=tensor([2, 2, 3]),
        indices=tensor([0, 0, 2]))
    """
    return _cummax(input, normalize_dim(dim, input.dim()))


@composite(out="exact")
def cummin(input: Tensor, dim: int) -> Cummin:
    """Give the minimum of the elements so far along ``dim``, and where the last one of it is. Source: ``torch.cummin``.

    Example:
        >>> import flambeau as torch
        >>> torch.cummin(torch.tensor([2, 1, 3]), 0)
        torch.return_types.cummin(
        values=tensor([2, 1, 1]),
        indices=tensor([0, 1, 1]))
    """
    return _cummin(input, normalize_dim(dim, input.dim()))
