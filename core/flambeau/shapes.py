"""Shapes, dims and strides: arithmetic on tuples of ints, with PyTorch's errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from math import prod
from operator import index
from typing import Any, SupportsIndex, TypeAlias, overload

from . import dtypes
from .errors import argument_type

__all__ = [
    "Shape",
    "Size",
    "as_int",
    "as_ints",
    "broadcast_shapes",
    "c_order",
    "check_broadcast",
    "contiguous_strides",
    "dense_order",
    "float_argument",
    "infer_shape",
    "int_argument",
    "is_one",
    "normalize_dim",
    "normalize_dims",
    "output_error",
    "reduced_shape",
    "size_argument",
    "size_of",
    "slice_along",
    "view_strides",
]

Shape: TypeAlias = tuple[int, ...]


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints. Source of the semantics: ``torch.Size``.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2, 3).shape
        torch.Size([2, 3])
        >>> torch.zeros(2, 3).shape.numel()
        6
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Size:
        """Make one of anything that gives ints."""
        entries = tuple(sizes)
        try:
            return tuple.__new__(cls, map(int, map(index, entries)))
        except TypeError:
            raise _no_size(entries) from None

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Size: ...
    def __getitem__(self, key: SupportsIndex | slice) -> int | Size:
        item: Any = tuple.__getitem__(self, key)
        return Size(item) if isinstance(key, slice) else item

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Size:
        return Size(other) + self if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> Size:
        return Size(tuple.__mul__(self, count))

    def __reduce__(self) -> tuple[type[Size], tuple[tuple[int, ...]]]:
        return Size, (tuple(self),)

    __rmul__ = __mul__


def _no_size(entries: tuple[Any, ...]) -> TypeError:
    position, wrong = next(pair for pair in enumerate(entries) if not hasattr(pair[1], "__index__"))
    return TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type(wrong).__name__}')")


size_of = partial(tuple.__new__, Size)
"""A Size of ints that are known to be plain ones."""


def as_int(value: Any, argument: str = "dim") -> int:
    """An int where PyTorch takes one: ints, integers of array libraries, integer tensors of one element, not bool.

    Raises:
        TypeError: it is none.
    """
    if value.__class__ is int:
        return value
    if value.__class__ is not bool:
        try:
            return int(index(value))
        except TypeError:
            pass
    raise _no_int(value, argument)


def int_argument(function: str, argument: str, position: int, value: Any) -> int:
    """:func:`as_int` of an argument, by its place in the words of the error.

    Raises:
        TypeError: it is none.
    """
    try:
        return as_int(value)
    except TypeError:
        raise argument_type(function, argument, position, value, "int") from None


def float_argument(function: str, argument: str, position: int, value: Any) -> float:
    """A float where PyTorch takes one: real numbers and tensors without dims and without a history, and no text.

    Raises:
        TypeError: it is none.
    """
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    several = getattr(value, "shape", ()) or getattr(value, "requires_grad", False)  # whose gradient would be lost
    if several or isinstance(value, (str, complex)) or not hasattr(value, "__float__"):
        raise argument_type(function, argument, position, value, "float")
    return float(value)


def _no_int(value: Any, argument: str) -> TypeError:
    return TypeError(f"argument '{argument}' must be int, not {type(value).__name__}")


def _as_dim(value: Any) -> int:
    """An int that names a dimension: of tensors 0-d integers alone, and no arrays, as PyTorch's."""
    if getattr(value, "shape", ()) or type(value).__hash__ is None or getattr(value, "dtype", None) is dtypes.bool:
        raise _no_int(value, "dim")
    return as_int(value)


def is_one(value: Any) -> bool:
    """Whether an argument that may be one int or several is one."""
    return value.__class__ is int or not isinstance(value, Iterable) or getattr(value, "shape", None) == ()


def as_ints(value: Any, argument: str = "dim") -> Shape:
    """One int or several, as a tuple.

    Raises:
        TypeError: one of them is no int.
    """
    if value.__class__ in (tuple, list) and {*map(type, value)} <= {int}:
        return tuple(value)
    if is_one(value):
        return (as_int(value, argument),)
    return tuple([as_int(entry, argument) for entry in _later_as_ints(value)])


def _later_as_ints(values: Iterable[Any]) -> list[Any]:
    """Entries of which PyTorch looks at the first one only: a bool behind it is an int."""
    entries = list(values)
    return entries[:1] + [int(entry) if entry.__class__ is bool else entry for entry in entries[1:]]


def normalize_dim(dim: int, ndim: int) -> int:
    """``dim`` counted from the front.

    Raises:
        TypeError: ``dim`` is not an int.
        IndexError: it is out of range, in PyTorch's words. A 0-d tensor accepts 0 and -1.
    """
    if dim.__class__ is not int:
        dim = _as_dim(dim)
    limit = ndim or 1
    if not -limit <= dim < limit:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})")
    return dim + limit if dim < 0 else dim


def normalize_dims(dim: int | Iterable[int] | None, ndim: int) -> Shape:
    """The sorted dims that ``dim`` names; all of them for None and for an empty sequence.

    Raises:
        IndexError: a dim is out of range.
        RuntimeError: a dim occurs twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if dim.__class__ is int and ndim:
        return (normalize_dim(dim, ndim),)
    if is_one(dim):
        place = normalize_dim(as_int(dim), ndim)
        return (place,) if ndim else ()
    dims = [normalize_dim(entry, ndim) for entry in _later_as_ints(dim)]  # type: ignore[arg-type]
    if not dims:
        return tuple(range(ndim))
    for position, entry in enumerate(dims):
        if entry in dims[:position]:
            raise RuntimeError(f"dim {entry} appears multiple times in the list of dims")
    return tuple(sorted(dims)) if ndim else ()


def reduced_shape(shape: Shape, dims: Shape, keepdim: bool) -> Shape:
    """``shape`` after a reduction over ``dims``."""
    if keepdim:
        return tuple(1 if d in dims else size for d, size in enumerate(shape))
    return tuple(size for d, size in enumerate(shape) if d not in dims)


def broadcast_shapes(*shapes: Any) -> Size:
    """The common shape that ``shapes`` broadcast to; an int is one of one dimension.

    Source of the semantics: ``torch.broadcast_shapes``.

    Raises:
        RuntimeError: two sizes differ and neither is 1; the message names the first pair, in PyTorch's words.

    Example:
        >>> import flambeau as torch
        >>> torch.broadcast_shapes((2, 1), (3,))
        torch.Size([2, 3])
    """
    result: list[int] = []
    for shape in shapes:
        try:
            more = len(shape) - len(result)
        except TypeError:  # a size alone
            shape = (as_int(shape, "shapes"),)
            more = 1 - len(result)
        if more > 0:
            result[:0] = [1] * more
        for back in range(1, len(shape) + 1):
            size, have = shape[-back], result[-back]
            if size != have and size != 1:
                if have != 1:
                    raise RuntimeError(
                        f"The size of tensor a ({have}) must match the size of tensor b ({size}) "
                        f"at non-singleton dimension {len(result) - back}"
                    )
                result[-back] = size
    return size_of(map(index, result))


def check_broadcast(first: Shape, second: Shape) -> None:
    """Refuse two shapes that do not broadcast: :func:`broadcast_shapes` where the common shape is not wanted, faster.

    Raises:
        RuntimeError: as there.
    """
    for have, size in zip(first[::-1], second[::-1], strict=False):
        if have != size and have != 1 and size != 1:
            broadcast_shapes(first, second)


def output_error(shape: Shape, found: Shape) -> RuntimeError:
    """PyTorch's error for results of another shape than that of the tensor they are written into."""
    return RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape {list(found)}")


def contiguous_strides(shape: Shape) -> Shape:
    """Strides, in elements, of a C-contiguous tensor; a dimension of size 0 counts as 1, as in PyTorch."""
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


@cache
def c_order(ndim: int) -> Shape:
    """The dims from the outermost to the innermost in memory of a C-contiguous tensor."""
    return tuple(range(ndim))


def dense_order(shape: Shape, *operands: Shape) -> Shape:
    """The dims from the outermost to the innermost in memory, for a dense result that keeps the order of strides.

    Each of the ``operands`` is the strides of one; what the first leaves open, the next decides. A dim with stride 0 stays
    where it stands. Source of the semantics: PyTorch's ``infer_dense_strides``, and the outputs of its ``TensorIterator``.
    """
    order = list(range(len(shape) - 1, -1, -1))
    for last in range(1, len(order)):
        here = last
        for before in range(last - 1, -1, -1):
            comparison = _compared(shape, operands, order[before], order[here])
            if comparison > 0:
                order[before], order[here] = order[here], order[before]
                here = before
            elif comparison < 0:
                break
    return tuple(reversed(order))


def _compared(shape: Shape, operands: tuple[Shape, ...], one: int, other: int) -> int:
    """Positive if dim ``one`` must lie outside of dim ``other``, negative if inside, 0 if either will do."""
    for strides in operands:
        if not strides[one] or not strides[other]:
            continue
        if strides[one] != strides[other]:
            return 1 if strides[one] > strides[other] else -1
        if shape[one] > shape[other]:
            return 1
    return 0


def size_argument(function: str, size: Sequence[Any], named: Sequence[int] | None = None, name: str = "size") -> Shape:
    """The shape given as ``f(2, 3)``, ``f((2, 3))`` or ``f([2, 3])``, or ``named``: by keyword.

    Raises:
        TypeError: an entry is not an int, or both are given.
    """
    if named is not None:
        if size:
            raise TypeError(f"{function}() got multiple values for argument '{name}'")
        if not isinstance(named, (tuple, list)):
            raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not {type(named).__name__}")
        size = named
    entries = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    for entry in entries:
        if entry.__class__ is not int:
            break
    else:
        return tuple(entries)
    try:
        shape = tuple(map(index, entries))
        if bool not in map(type, entries):
            return shape
        if entries[0].__class__ is not bool:  # only the first one is looked at, as in PyTorch
            return tuple(map(int, shape))
    except TypeError:
        pass
    place, found = ("", named) if named is not None else (" (position 1)", size[0] if len(size) == 1 else size)
    kind = type(found).__name__ if not isinstance(found, (tuple, list)) else f"{list(entries)!r}"
    raise TypeError(f"{function}(): argument '{name}'{place} must be tuple of ints, not {kind}")


def infer_shape(shape: Shape, numel: int) -> Shape:
    """``shape`` with its -1, if it has one, replaced so that it holds ``numel`` elements.

    Raises:
        RuntimeError: it cannot be, in PyTorch's words.
    """
    if not shape or min(shape) >= 0:
        if prod(shape) != numel:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
        return shape
    unknown = [d for d, size in enumerate(shape) if size < 0]
    for d in unknown:
        if shape[d] != -1:
            raise RuntimeError(f"invalid shape dimension {shape[d]} at index {d} of shape {list(shape)}")
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = prod(size for size in shape if size >= 0)
    if known == 0 and numel == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension "
            "size -1 can be any value and is ambiguous"
        )
    if known == 0 or numel % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
    return tuple(numel // known if size == -1 else size for size in shape)


def slice_along(shape: Shape, dim: int, start: int, length: int, step: int = 1) -> tuple[Shape, Shape, Shape]:
    """What the kernel ``slice`` is told of a slice of one dimension: starts, lengths and steps of all."""
    if len(shape) == 1:
        return (start,), (length,), (step,)
    before, after = (0,) * dim, (0,) * (len(shape) - dim - 1)
    lengths = (*shape[:dim], length, *shape[dim + 1 :])
    return (*before, start, *after), lengths, (*(1,) * dim, step, *(1,) * len(after))


def view_strides(shape: Shape, strides: Shape, new_shape: Shape) -> Shape | None:
    """The strides of ``new_shape`` over the same memory, or None where no strides can describe it.

    The old dims are taken from the back in runs that are contiguous among themselves; the new dims must cut each
    run without remainder. Source of the semantics: the note on ``torch.Tensor.view``.
    """
    if prod(shape) == 0:
        return strides if shape == new_shape else contiguous_strides(new_shape)
    if not shape:
        return (1,) * len(new_shape)
    result: list[int] = []
    pending = list(new_shape)
    run_numel, run_stride = 1, strides[-1]
    for d in range(len(shape) - 1, -1, -1):
        run_numel *= shape[d]
        if d and (shape[d - 1] == 1 or strides[d - 1] == run_numel * run_stride):
            continue
        taken = 1
        while pending and (taken < run_numel or pending[-1] == 1):
            result.append(taken * run_stride)
            taken *= pending.pop()
        if taken != run_numel:
            return None
        run_numel, run_stride = 1, strides[d - 1]
    return None if pending else tuple(reversed(result))
