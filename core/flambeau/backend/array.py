"""Backends over a NumPy-like namespace: the kernels written once, for NumPy, CuPy and whatever is like them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from math import prod
from typing import Any

from ._array_conv import convolution_kernels
from ._array_creation import dense_copy, storage_kernels
from ._array_elementwise import TWO_OPERANDS, binary_kernel, clamp_kernel, elementwise_kernels, unary_kernel
from ._array_fft import fft_kernels
from ._array_indexing import indexing_kernels
from ._array_linalg import linalg_kernels, product_kernels
from ._array_movement import movement_kernels
from ._array_reductions import IN_ORDER, WIDENED, in_order, reduction_kernels, widened
from ._array_rnn import recurrent_kernels
from ._array_sorting import sorting_kernels
from ._array_steps import step_kernels
from .kernels import Array, Shape
from .protocol import Backend

__all__ = ["ArrayBackend"]


class ArrayBackend(Backend):
    """A backend whose kernels are functions of ``xp``, a namespace like NumPy 2's.

    A subclass says what ``xp`` is and how arrays come from and go to the host. What its library does in another way,
    or better, it overrides: the methods from :meth:`erf` to :meth:`argsort`, of which several kernels are made, and
    single kernels by :meth:`own_ufuncs` and :meth:`own_kernels`.
    """

    xp: Any
    """The namespace. Used are names and keywords that NumPy 2.0 and CuPy 14 have in common."""

    buffer_elements = 1 << 20
    """How many elements a buffer holds at most that a kernel goes through block by block: as many as stay in a cache."""

    @abstractmethod
    def from_host(self, buffer: Any, shape: Shape, dtype: str) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def to_host(self, a: Array) -> Any:
        """The kernel of this name."""

    @abstractmethod
    def erf(self, a: Array, out: Array | None = None) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def lgamma(self, a: Array, out: Array | None = None) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def add_at(self, target: Array, key: tuple[Array, ...], values: Array) -> None:
        """Add ``values`` to ``target[key]``, every one of those at repeated indices.

        The index arrays of ``key`` broadcast against one another; ``values`` has the shape of ``target[key]``.
        """

    def add_rows(self, target: Array, positions: Array, values: Array) -> None:
        """Add rows of a matrix, one after the other, to those of a contiguous one at positions that may be repeated."""
        width = target.shape[1]
        places = positions.reshape(-1, 1) * width + self.xp.arange(width)
        self.add_at(target.reshape(-1), (places.reshape(-1),), values.reshape(-1))

    def sum(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """The kernel of this name, but for floats of 16 bits."""
        return self.xp.asarray(self.xp.sum(a, axis=dims, keepdims=keepdim, dtype=a.dtype))

    def take(self, a: Array, index: Array) -> Array:
        """A copy of the entries of ``a`` at ``index``, which has a dim or more, along the first dim."""
        return a[index]

    def add_multiple(self, target: Array, source: Array, factor: float) -> bool:
        """Add a multiple of an array to one of the same shape, in one pass over memory: whether that was done."""
        return False

    def may_meet_zeros(self, a: Array) -> bool:
        """Whether products with added zeros are zeros: not where numbers are not finite. A device that is slow to ask says no."""
        return bool(self.xp.isfinite(a).all())

    def lu_factor(self, a: Array) -> tuple[Array, Array]:
        """One matrix as L and U in one array, and the rows that were swapped; for the extension ``linalg``."""
        raise NotImplementedError

    def solve_triangular(self, a: Array, b: Array, upper: bool) -> Array:
        """The x with ``a x = b`` for one triangular matrix, by substitution; for the extension ``linalg``."""
        raise NotImplementedError

    def fft_module(self) -> Any:
        """The module with ``fft``, ``ifft``, ``rfft`` and ``irfft``; for the extension ``fft``."""
        return self.xp.fft

    def raising(self) -> AbstractContextManager[Any]:
        """The context in which the namespace raises ``linalg.LinAlgError``."""
        return nullcontext()

    def matmul(self, a: Array, b: Array) -> Array:
        """The kernel of this name."""
        return self.xp.matmul(a, b)

    def argsort(self, a: Array, dim: int) -> Array:
        """The int64 indices that sort ``a`` along ``dim``: stable, with nan last."""
        return self.xp.argsort(a, axis=dim, kind="stable").astype("int64", copy=False)

    def storage_nbytes(self, array: Array) -> int:
        """The bytes of :meth:`storage_array`."""
        return int(self._memory_of(array).nbytes)

    def storage_bytes(self, array: Array) -> bytes:
        """The contents of :meth:`storage_array`."""
        return bytes(self.to_host(self._memory_of(array)))

    def _memory_of(self, array: Array) -> Array:
        memory = self.storage_array(array)
        if memory is None:
            raise self.lacks_storages()
        return memory

    def own_ufuncs(self) -> Mapping[str, Callable[..., Any]]:
        """Element-wise kernels of the subclass; they may give scalars for 0-d operands, see :meth:`ufuncs`."""
        return {}

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Other kernels of the subclass, in the place of those of this class."""
        return {}

    @cached_property
    def ufunc_table(self) -> dict[str, Callable[..., Any]]:
        """The element-wise kernels as the namespace has them."""
        return elementwise_kernels(self.xp) | {"erf": self.erf, "lgamma": self.lgamma} | dict(self.own_ufuncs())

    @cached_property
    def kernel_table(self) -> dict[str, Callable[..., Any]]:
        """All kernels by name."""
        xp = self.xp
        table: dict[str, Callable[..., Any]] = {"from_host": self.from_host, "to_host": self.to_host}
        table |= storage_kernels(xp)
        for name, ufunc in self.ufunc_table.items():
            table[name] = binary_kernel(xp, ufunc) if name in TWO_OPERANDS else unary_kernel(xp, ufunc)
        table["clamp"] = clamp_kernel(xp)
        table["nan_to_num"] = _nan_to_num(xp)
        table["frexp"] = lambda a: tuple(xp.asarray(part) for part in xp.frexp(a))
        table["where"] = lambda condition, a, b: xp.asarray(xp.where(condition, a, b))
        table |= reduction_kernels(xp, self.sum)
        table |= movement_kernels(xp)
        table |= indexing_kernels(xp, self.take, self.add_at, self.add_rows)
        table |= sorting_kernels(xp, self.argsort)
        table |= product_kernels(self.matmul)
        table |= convolution_kernels(xp, self.buffer_elements, self.may_meet_zeros)
        table |= step_kernels(xp, self.add_multiple)
        table |= recurrent_kernels(xp)
        if "linalg" in self.capabilities.extensions:
            table |= linalg_kernels(xp, self.lu_factor, self.solve_triangular, self.raising)
        if "fft" in self.capabilities.extensions:
            table |= fft_kernels(self.fft_module)
        table |= self.own_kernels()
        ordered = {name: in_order(table[name]) for name in IN_ORDER if name in table}
        return table | ordered | {name: widened(table[name]) for name in WIDENED if name not in self.halves_by_itself}

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels, which are the same for every device."""
        return self.kernel_table

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """The namespace's ufuncs."""
        return self.ufunc_table

    def as_array(self, value: Any) -> Array:
        """A scalar that a ufunc gave as an array."""
        return self.xp.asarray(value)

    def data_ptr(self, array: Array) -> int:
        """The address that the array's interface tells, if it has one: it shows which tensors share memory."""
        interface = getattr(array, "__array_interface__", None) or {"data": (0, False)}
        return int(interface["data"][0])

    def is_contiguous(self, array: Array) -> bool:
        """What the array says of itself."""
        return array.flags.c_contiguous  # type: ignore[no-any-return]

    def strides(self, array: Array) -> Shape:
        """The strides in elements; an array without elements, where NumPy gives zeros, has those of a contiguous one."""
        size = array.itemsize
        if 0 not in array.shape:
            return tuple([stride // size for stride in array.strides])
        return tuple([prod([max(length, 1) for length in array.shape[d + 1 :]]) for d in range(array.ndim)])


def _nan_to_num(xp: Any) -> Callable[..., Any]:
    def nan_to_num(a: Any, *values: float) -> Any:
        if a.dtype.itemsize > 2:
            return xp.asarray(xp.nan_to_num(dense_copy(a, a.dtype), False, *values))
        # NumPy does not see that bfloat16 has nan.
        return xp.asarray(xp.nan_to_num(dense_copy(a, "float32"), True, *values)).astype(a.dtype)

    return nan_to_num
