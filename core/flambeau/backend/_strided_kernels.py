"""The kernels of a backend whose views are copies, on arrays with strides.

Kernels that only move what is seen of a memory are views here and touch no element. All others get the backend's own
arrays; what they write into these is put back to its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flambeau.dtypes import by_name
from flambeau.errors import UnsupportedError
from flambeau.shapes import broadcast_shapes, contiguous_strides, dense_order, view_strides

from ._strided_memory import Memory, Strided, plain, seen_as
from .extensions import EXTENSIONS
from .kernels import Array, Shape
from .promises import PARAMETERS, PROMISES, Writes
from .table import KernelTable

__all__ = ["StridedKernels"]

_OPERANDS = {("a",), ("a", "b"), ("condition", "a", "b"), ("a", "low", "high"), ("a", "nan", "posinf", "neginf")}
_NOT_ELEMENTWISE = {"item", "to_host", "nonzero", "matmul", "channel_moments"} | {
    name for protocol in EXTENSIONS.values() for name in vars(protocol)
}
_SLOPES = {f"{name}_backward" for name in ("relu", "sigmoid", "tanh", "silu", "gelu")}
_ELEMENTWISE = (
    {"gelu"}
    | _SLOPES
    | {name for name, names in PARAMETERS.items() if names in _OPERANDS and name not in _NOT_ELEMENTWISE}
)
_ALONG_A_DIM = set(vars(EXTENSIONS["fft"])) & set(PARAMETERS)
_FROM_ARRAYS_TO_OTHERS = {"item", "to_host"}


class StridedKernels:
    """The kernels of one device, on :class:`Strided` arrays.

    Args:
        kernels: the backend's own.
        dtype_name: gives the name of the element type of the backend's arrays, or None.
    """

    def __init__(self, kernels: KernelTable, dtype_name: Callable[[Array], str | None]) -> None:
        self._kernels = kernels
        self._dtype_name = dtype_name

    def table(self) -> Mapping[str, Callable[..., Any]]:
        """All kernels that the backend has, and ``select``."""
        present = vars(self._kernels)
        table = {name: self._around(name, present[name]) for name in PARAMETERS if present.get(name) is not None}
        for move in (self.reshape, self.permute, self.expand, self.slice, self.select, self.as_strided):
            table[move.__name__] = move
        table |= {"copy_into": self.copy_into, "cast": self.cast, "clone": self.clone}
        return table | {"bitcast": self.bitcast} if "bitcast" in table else table

    def _around(self, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        promise = PROMISES[name]
        if isinstance(promise, Writes):
            return self._writing(kernel, PARAMETERS[name], promise.names)
        if name in _FROM_ARRAYS_TO_OTHERS:
            return lambda a: kernel(plain(a))
        if name in _ELEMENTWISE:
            return self._elementwise(kernel)
        if name in _ALONG_A_DIM:
            return self._along_a_dim(kernel)
        return lambda *arguments, **named: self.own(
            kernel(*plain(arguments), **{key: plain(value) for key, value in named.items()})
        )

    def own(self, result: Any, *, exposed: bool = False) -> Any:
        """What a kernel gave, as arrays with memories of their own."""
        if result is None:
            return None
        if isinstance(result, tuple):
            return tuple([self.own(array) for array in result])
        shape = tuple(result.shape)
        return Strided(Memory(result, self._kernels, exposed=exposed), shape, contiguous_strides(shape), 0)

    def _writing(
        self, kernel: Callable[..., Any], names: tuple[str, ...], written: frozenset[str]
    ) -> Callable[..., None]:
        def write(*arguments: Any, **named: Any) -> None:
            arguments += tuple([named[name] for name in names[len(arguments) :] if name in named])
            arrays = plain(arguments)
            kernel(*arrays)
            for name, argument, array in zip(names, arguments, arrays, strict=False):
                if name in written:
                    _write(argument, array)

        return write

    def _elementwise(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        """The kernel, with the result in the memory order of its operands, as PyTorch's functions have it."""

        def compute(*operands: Any) -> Any:
            order = _common_order([operand for operand in operands if operand.__class__ is Strided])
            if order is None:
                return self.own(kernel(*plain(operands)))
            result, back = self.own(kernel(*[_turned(operand, order) for operand in operands])), _inverse(order)
            return tuple([r.permuted(back) for r in result]) if result.__class__ is tuple else result.permuted(back)

        return compute

    def _along_a_dim(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        """The kernel along the last dimension in memory, behind the others in their order, where PyTorch's transforms have it."""

        def compute(a: Strided, dim: int, *options: Any) -> Any:
            others = sorted((each for each in range(len(a.shape)) if each != dim), key=lambda each: -a.strides[each])
            order = (*others, dim)
            return self.own(kernel(a.permuted(order).read(), len(others), *options)).permuted(_inverse(order))

        return compute

    def cast(self, a: Strided, dtype: str) -> Strided:
        """A copy of another type, in the memory order of ``a``."""
        return self._in_memory_order(a, lambda array: self._kernels.cast(array, dtype))

    def clone(self, a: Strided, keep_strides: bool) -> Strided:
        """A copy."""
        if keep_strides:
            return self._in_memory_order(a, lambda array: self._kernels.clone(array, False))
        return self.own(self._kernels.clone(a.read(), False))  # type: ignore[no-any-return]

    def _in_memory_order(self, a: Strided, kernel: Callable[[Array], Array]) -> Strided:
        order = dense_order(a.shape, a.strides)
        result: Strided = self.own(kernel(a.permuted(order).read()))
        return result.permuted(_inverse(order))

    def copy_into(self, target: Strided, source: Strided) -> None:
        """Write ``source``, which broadcasts, into ``target``."""
        memory = target.memory
        if target.whole and memory.root is memory and memory.array.shape == target.shape:
            self._kernels.copy_into(memory.array, source.read())
            memory.written(memory.array)
        else:
            target.write(source.expanded(target.shape).read())

    # -- views ---------------------------------------------------------------

    def reshape(self, a: Strided, shape: Shape) -> Strided:
        """A view where strides can describe it, else a copy."""
        strides = view_strides(a.shape, a.strides, shape)
        if strides is None:
            return self.own(self._kernels.reshape(a.read(), shape))  # type: ignore[no-any-return]
        return a.viewed(tuple(shape), strides)

    def permute(self, a: Strided, dims: Shape) -> Strided:
        """A view."""
        return a.permuted(dims)

    def expand(self, a: Strided, shape: Shape) -> Strided:
        """A view with strides of 0."""
        return a.expanded(tuple(shape))

    def slice(self, a: Strided, starts: Shape, lengths: Shape, steps: Shape) -> Strided:
        """A view."""
        offset = sum([start * stride for start, stride in zip(starts, a.strides, strict=True)])
        strides = tuple([step * stride for step, stride in zip(steps, a.strides, strict=True)])
        return a.viewed(tuple(lengths), strides, offset)

    def select(self, a: Strided, dim: int, index: int) -> Strided:
        """A view."""
        shape, strides = a.shape, a.strides
        return a.viewed(shape[:dim] + shape[dim + 1 :], strides[:dim] + strides[dim + 1 :], index * strides[dim])

    def as_strided(self, a: Strided, shape: Shape, strides: Shape, offset: int) -> Strided:
        """A view."""
        return a.viewed(tuple(shape), tuple(strides), offset)

    def bitcast(self, a: Strided, dtype: str) -> Strided:
        """A view of the bytes.

        Raises:
            UnsupportedError: the backend does not tell the element types of its arrays.
        """
        own = self._dtype_name(a.memory.array)
        if own is None:
            raise UnsupportedError(
                "views of bytes", backend=self._kernels.backend_name, hint="its dtype_name() tells no types of arrays"
            )
        before, after = by_name(own), by_name(dtype)
        shape, strides, offset = a.shape, a.strides, a.offset
        more, fewer = before.itemsize // after.itemsize, after.itemsize // before.itemsize
        if more > 1:
            shape, offset = (*shape[:-1], shape[-1] * more), offset * more
            strides = (*[step * more for step in strides[:-1]], 1)
        elif fewer > 1:
            shape, offset = (*shape[:-1], shape[-1] // fewer), offset // fewer
            strides = (*[step // fewer for step in strides[:-1]], 1)
        return Strided(seen_as(a.memory, before, after), shape, strides, offset)


def _common_order(arrays: Sequence[Strided]) -> Shape | None:
    """The memory order of an element-wise result: that of its operands, the first ones first. None for C order."""
    if all(array.whole or not array.shape for array in arrays):
        return None
    shape = broadcast_shapes(*[array.shape for array in arrays])
    order = dense_order(shape, *[array.expanded(shape).strides for array in arrays])
    return None if order == tuple(range(len(shape))) else order


def _turned(operand: Any, order: Shape) -> Any:
    if operand.__class__ is not Strided:
        return operand
    shape = (1,) * (len(order) - len(operand.shape)) + operand.shape
    return operand.expanded(shape).permuted(order).read()


def _write(argument: Any, array: Any) -> None:
    """Put what a kernel wrote into the arrays of an argument back to its places."""
    if argument.__class__ is Strided:
        argument.write(array)
    elif argument is not None:
        for each, its_array in zip(argument, array, strict=True):
            _write(each, its_array)


def _inverse(order: Shape) -> Shape:
    return tuple(sorted(range(len(order)), key=order.__getitem__))
