"""The contract of the kernels, so that it runs: every kernel is put behind its preconditions.

Core promises that arguments fit before it calls a kernel, and other backends rely on that without looking.
This one looks: an argument that breaks the contract raises :class:`ContractViolation`, which is a mistake
in core (or in a test that calls kernels), never in the program that uses flambeau.

There is one function per group of kernels, with the kernel's parameters after the checks. The words to them
are in :class:`flambeau.backend.RequiredKernels`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from math import prod
from typing import Any, TypeAlias

from flambeau.backend import Shape

from .checks import Checks
from .dtypes import FLOATS, INTEGERS, TYPECODES, itemsize
from .storage import MinimalArray, broadcast_shape, elements

__all__ = ["PRECONDITIONS", "strict"]

Precondition: TypeAlias = Callable[..., None]

_ANY = frozenset(TYPECODES)
_BITS = INTEGERS | {"bool"}
_NUMBERS = INTEGERS | FLOATS


# -- storage ---------------------------------------------------------------------------------------


def _empty(checks: Checks, shape: Shape, dtype: str) -> None:
    checks.shape(shape)
    checks.dtype(dtype)


def _full(checks: Checks, shape: Shape, value: float, dtype: str) -> None:
    _empty(checks, shape, dtype)
    checks.value(value, dtype)


def _arange(checks: Checks, start: float, step: float, length: int, dtype: str) -> None:
    checks.dtype(dtype)
    checks.shape((length,))
    kinds = (int, float) if dtype in FLOATS else int
    for value in (start, step):
        checks.require(isinstance(value, kinds), f"{dtype} can hold start and step", repr(value))


def _from_host(checks: Checks, buffer: memoryview | bytes | bytearray, shape: Shape, dtype: str) -> None:
    _empty(checks, shape, dtype)
    view = memoryview(buffer)
    checks.require(view.contiguous, "the buffer is contiguous", f"strides {view.strides}")
    needed = prod(shape) * itemsize(dtype)
    checks.require(view.nbytes == needed, f"the buffer has {needed} bytes", view.nbytes)
    if dtype == "bool":
        checks.require(set(view.tobytes()) <= {0, 1}, "bool is one byte, 0 or 1", "other bytes")


def _to_host(checks: Checks, a: MinimalArray) -> None:
    checks.array(a)


def _clone(checks: Checks, a: MinimalArray, keep_strides: bool) -> None:
    checks.array(a)
    checks.flag(keep_strides)


def _cast(checks: Checks, a: MinimalArray, dtype: str) -> None:
    checks.array(a)
    checks.dtype(dtype)


def _copy_into(checks: Checks, target: MinimalArray, source: MinimalArray) -> None:
    checks.arrays((target, source))
    checks.expands(source, target.shape)


# -- unary and binary ------------------------------------------------------------------------------


def _elementwise(checks: Checks, *arrays: MinimalArray, allowed: Collection[str], count: int) -> None:
    checks.require(len(arrays) == count, f"there are {count} operands", len(arrays))
    checks.arrays(arrays)
    checks.dtype_in(arrays[0], allowed)
    checks.broadcastable(arrays)


def _unary(allowed: Collection[str]) -> Precondition:
    return partial(_elementwise, allowed=allowed, count=1)


def _binary(allowed: Collection[str]) -> Precondition:
    return partial(_elementwise, allowed=allowed, count=2)


def _division(checks: Checks, a: MinimalArray, b: MinimalArray) -> None:
    _elementwise(checks, a, b, allowed=_ANY, count=2)
    if b.dtype not in FLOATS:
        checks.require(0 not in elements(b), "integer divisors are not zero", "a zero")


def _pow(checks: Checks, a: MinimalArray, b: MinimalArray) -> None:
    _elementwise(checks, a, b, allowed=_ANY, count=2)
    if b.dtype in INTEGERS:
        lowest = min(elements(b), default=0)
        checks.require(lowest >= 0, "integer exponents are not negative", lowest)


def _shift(checks: Checks, a: MinimalArray, b: MinimalArray) -> None:
    _elementwise(checks, a, b, allowed=INTEGERS, count=2)
    bits = 8 * itemsize(b.dtype)
    outside = [distance for distance in elements(b) if not 0 <= distance < bits]
    checks.require(not outside, f"distances of shifts are in 0 <= b < {bits}", outside[:3])


def _where(checks: Checks, condition: MinimalArray, a: MinimalArray, b: MinimalArray) -> None:
    checks.dtype_is(condition, "bool")
    checks.arrays((a, b))
    checks.broadcastable((condition, a, b))


# -- reductions ------------------------------------------------------------------------------------


def _reduction(allowed: Collection[str]) -> Precondition:
    def precondition(checks: Checks, a: MinimalArray, dims: Shape, keepdim: bool) -> None:
        checks.array(a)
        checks.dtype_in(a, allowed)
        checks.dims(dims, a.ndim)
        checks.require(bool(dims) or not a.ndim, "dims are not empty for a dimensioned array", dims)
        checks.flag(keepdim)

    return precondition


def _extremum(checks: Checks, a: MinimalArray, dims: Shape, keepdim: bool) -> None:
    _reduction(_ANY)(checks, a, dims, keepdim)
    _not_empty(checks, a, dims)


def _position(checks: Checks, a: MinimalArray, dim: int, keepdim: bool) -> None:
    checks.array(a)
    checks.dim(dim, a.ndim)
    checks.flag(keepdim)
    _not_empty(checks, a, (dim,))


def _not_empty(checks: Checks, a: MinimalArray, dims: Shape) -> None:
    sizes = tuple(a.shape[d] for d in dims)
    checks.require(0 not in sizes, "the reduced dims are not empty", sizes)


def _scan(checks: Checks, a: MinimalArray, dim: int) -> None:
    checks.array(a)
    checks.dtype_in(a, _NUMBERS)
    checks.dim(dim, a.ndim)


# -- movement --------------------------------------------------------------------------------------


def _reshape(checks: Checks, a: MinimalArray, shape: Shape) -> None:
    checks.array(a)
    checks.shape(shape)
    checks.require(prod(shape) == a.size, f"the shape has {a.size} elements", shape)


def _permute(checks: Checks, a: MinimalArray, dims: Shape) -> None:
    checks.array(a)
    checks.counts(dims, a.ndim, "dims")
    checks.dims(tuple(sorted(dims)), a.ndim)


def _expand(checks: Checks, a: MinimalArray, shape: Shape) -> None:
    checks.array(a)
    checks.shape(shape)
    checks.expands(a, shape)


def _slice(checks: Checks, a: MinimalArray, starts: Shape, lengths: Shape, steps: Shape) -> None:
    checks.array(a)
    for what, entries in (("starts", starts), ("lengths", lengths), ("steps", steps)):
        checks.counts(entries, a.ndim, what)
    checks.require(0 not in steps, "steps are >= 1", steps)
    for start, length, step, size in zip(starts, lengths, steps, a.shape, strict=True):
        last = start + (length - 1) * step
        checks.require(not length or last < size, f"the last index is below the size {size}", last)


def _as_strided(checks: Checks, a: MinimalArray, shape: Shape, strides: Shape, offset: int) -> None:
    checks.array(a)
    checks.shape(shape)
    checks.counts(strides, len(shape), "strides")
    checks.require(all(stride >= 0 for stride in strides) and offset >= 0, "strides and offset are >= 0", strides)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    own = sum((size - 1) * stride for size, stride in zip(a.shape, a.strides, strict=True))
    checks.require(0 in shape or last <= own, f"no element comes after the last one, {own} after the first", last)


def _flip(checks: Checks, a: MinimalArray, dims: Shape) -> None:
    checks.array(a)
    checks.dims(dims, a.ndim)


def _pad(checks: Checks, a: MinimalArray, before: Shape, after: Shape, value: float) -> None:
    checks.array(a)
    checks.counts(before, a.ndim, "before")
    checks.counts(after, a.ndim, "after")
    checks.value(value, a.dtype)


def _concat(checks: Checks, arrays: Sequence[MinimalArray], dim: int) -> None:
    checks.require(len(arrays) > 0, "there is an array", "none")
    checks.arrays(arrays)
    first = arrays[0]
    checks.dim(dim, first.ndim)
    for a in arrays[1:]:
        checks.same_shape(_without(a.shape, dim), _without(first.shape, dim), f"the shape without dim {dim}")


def _without(shape: Shape, dim: int) -> Shape:
    return (*shape[:dim], *shape[dim + 1 :])


# -- indexing --------------------------------------------------------------------------------------


def _index(checks: Checks, a: MinimalArray, indices: Sequence[MinimalArray]) -> None:
    checks.array(a)
    checks.require(0 < len(indices) <= a.ndim, f"there are 1 to {a.ndim} index arrays", len(indices))
    for index, size in zip(indices, a.shape, strict=False):  # there may be fewer indices than dims
        checks.dtype_is(index, "int64")
        checks.same_shape(index.shape, indices[0].shape, "the shape of every index array")
        checks.indices_fit(index, size)


def _index_put(
    checks: Checks,
    target: MinimalArray,
    indices: Sequence[MinimalArray],
    values: MinimalArray,
    accumulate: bool,
) -> None:
    _index(checks, target, indices)
    checks.arrays((target, values))
    expected = indices[0].shape + target.shape[len(indices) :]
    checks.same_shape(values.shape, expected, "the shape of the values")
    checks.flag(accumulate)


def _gather(checks: Checks, a: MinimalArray, dim: int, index: MinimalArray) -> None:
    checks.array(a)
    checks.dim(dim, a.ndim)
    checks.dtype_is(index, "int64")
    checks.require(index.ndim == a.ndim, f"the index has {a.ndim} dims", index.ndim)
    sizes = zip(_without(index.shape, dim), _without(a.shape, dim), strict=True)
    checks.require(all(have <= most for have, most in sizes), f"the index fits into {a.shape}", index.shape)
    checks.indices_fit(index, a.shape[dim])


def _scatter(checks: Checks, target: MinimalArray, dim: int, index: MinimalArray, source: MinimalArray) -> None:
    _gather(checks, target, dim, index)
    checks.arrays((target, source))
    checks.same_shape(source.shape, index.shape, "the shape of the source")


# -- the rest --------------------------------------------------------------------------------------


def _sort(checks: Checks, a: MinimalArray, dim: int, descending: bool) -> None:
    checks.array(a)
    checks.dim(dim, a.ndim)
    checks.flag(descending)


def _searchsorted(checks: Checks, sorted_sequence: MinimalArray, values: MinimalArray, right: bool) -> None:
    checks.arrays((sorted_sequence, values))
    checks.require(sorted_sequence.ndim == 1, "the sequence has one dim", sorted_sequence.ndim)
    checks.flag(right)
    # Whether it is ascending is the affair of whoever calls the op: no check costs less than the search.


def _matmul(checks: Checks, a: MinimalArray, b: MinimalArray) -> None:
    checks.arrays((a, b))
    checks.require(a.ndim >= 2 and b.ndim >= 2, "both have two dims or more", (a.shape, b.shape))
    checks.require(a.shape[-1] == b.shape[-2], "the inner sizes are equal", (a.shape, b.shape))
    batches = [a.shape[:-2], b.shape[:-2]]
    checks.require(broadcast_shape(batches) is not None, "the leading dims broadcast", batches)


def _for_each(names: str, precondition: Precondition) -> dict[str, Precondition]:
    return dict.fromkeys(names.split(), precondition)


PRECONDITIONS: dict[str, Precondition] = {
    "empty": _empty,
    "full": _full,
    "arange": _arange,
    "from_host": _from_host,
    "to_host": _to_host,
    "clone": _clone,
    "cast": _cast,
    "copy_into": _copy_into,
    **_for_each("abs sign logical_not", _unary(_ANY)),
    **_for_each("neg", _unary(_NUMBERS)),
    **_for_each("floor ceil trunc round sqrt exp expm1 log log1p", _unary(FLOATS)),
    **_for_each("sin cos tan asin acos atan sinh cosh tanh erf lgamma isnan", _unary(FLOATS)),
    **_for_each("bitwise_not", _unary(_BITS)),
    **_for_each("add mul maximum minimum eq lt le", _binary(_ANY)),
    **_for_each("sub", _binary(_NUMBERS)),
    **_for_each("div atan2", _binary(FLOATS)),
    **_for_each("floor_divide remainder fmod", _division),
    **_for_each("pow", _pow),
    **_for_each("bitwise_and bitwise_or bitwise_xor", _binary(_BITS)),
    **_for_each("left_shift right_shift", _shift),
    **_for_each("where", _where),
    **_for_each("sum prod", _reduction(_NUMBERS)),
    **_for_each("any all", _reduction(_ANY)),
    **_for_each("amax amin", _extremum),
    **_for_each("argmax argmin", _position),
    **_for_each("cumsum cumprod", _scan),
    "reshape": _reshape,
    "permute": _permute,
    "expand": _expand,
    "slice": _slice,
    "as_strided": _as_strided,
    "flip": _flip,
    "pad": _pad,
    "concat": _concat,
    "index": _index,
    "index_put": _index_put,
    "gather": _gather,
    "scatter": _scatter,
    "scatter_add": _scatter,
    "nonzero": _to_host,
    "sort": _sort,
    "searchsorted": _searchsorted,
    "matmul": _matmul,
}
"""The precondition of every required kernel."""


def strict(name: str, kernel: Callable[..., Any], device: int) -> Callable[..., Any]:
    """``kernel`` behind the checks of the contract for ``name`` on ``device``."""
    checks, precondition = Checks(name, device), PRECONDITIONS[name]

    def checked(*args: Any, **kwargs: Any) -> Any:
        precondition(checks, *args, **kwargs)
        return kernel(*args, **kwargs)

    checked.__name__ = checked.__qualname__ = name
    return checked
