"""The array class: a NumPy array that nobody sees, on a pretend device."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import _indexing, _streams
from ._machine import Device, machine
from ._memory import Memory, MemoryPointer, alloc, nbytes
from ._waiting import waits, watch

__all__ = ["BFLOAT_CODE", "allocate", "check_device", "dtype_code", "is_bfloat", "ndarray", "supported_dtype", "wrap"]

_KINDS = "biufc"


def supported_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype, if CuPy has it."""
    result: np.dtype[Any] = np.dtype(dtype)
    if (result.kind not in _KINDS or result.itemsize > 16) and not is_bfloat(result):
        raise ValueError(f"Unsupported dtype {result}")
    return result


def is_bfloat(dtype: np.dtype[Any]) -> bool:
    """Whether it is the bfloat16 of the package ml_dtypes, whose kind is that of bytes."""
    return dtype.char == "E"


BFLOAT_CODE = 4
"""DLPack's number of bfloat16, which NumPy does not know."""


def dtype_code(capsule: Any) -> Any:
    """The place of the number of the dtype's kind in a capsule of DLPack 1."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.c_uint8.from_address(pointer(capsule, b"dltensor_versioned") + 52)


def check_device(*operands: Any) -> None:
    """Refuse arrays that are not on the current device: the pretend devices can't read each other's memory."""
    current = machine.get_device()
    _streams.work()
    for operand in operands:
        if isinstance(operand, ndarray) and operand.data.device_id != current:
            raise ValueError(
                f"The device where the array resides ({operand.data.device_id}) is different from the current device "
                f"({current}). Peer access is unavailable between these devices."
            )


def allocate(shape: Any, dtype: Any, order: Any = "C") -> ndarray:
    """A new array on the current device, with garbage in it."""
    pointer = alloc(nbytes(shape, supported_dtype(dtype).itemsize))
    host = np.empty(shape, supported_dtype(dtype), order)
    host.fill(True if host.dtype.kind == "b" else 99)
    return ndarray._made(host, pointer.mem.bind(host))


def wrap(host: Any) -> ndarray:
    """A new array on the current device that holds ``host``, which nothing else holds."""
    own: Any = np.asarray(host)
    supported_dtype(own.dtype)
    if own.base is not None:
        own = own.copy(order="K")
    _streams.work()
    if _streams.get_current_stream().is_capturing():
        raise NotImplementedError("the stand-in captures element-wise functions and kernels only")
    return ndarray._made(own, alloc(own.nbytes).mem.bind(own))


class ndarray:
    """``cupy.ndarray``."""

    _host: Any
    _memory: Memory

    __array_ufunc__ = None  # NumPy's functions must not take it apart
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: Any, dtype: Any = float, order: str = "C") -> None:
        other = allocate(shape, dtype, order)
        self._host, self._memory = other._host, other._memory

    @classmethod
    def _made(cls, host: Any, memory: Memory) -> ndarray:
        made = object.__new__(cls)
        made._host, made._memory = host, memory
        return made

    def _viewed(self, host: Any) -> ndarray:
        """An array on the same memory."""
        return ndarray._made(host, self._memory)

    # -- what it is ------------------------------------------------------------------------------------------------

    shape = property(lambda self: self._host.shape)
    strides = property(lambda self: self._host.strides)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    flags = property(lambda self: self._host.flags)
    T = property(lambda self: self._viewed(self._host.T))

    @property
    def base(self) -> ndarray | None:
        """The array that owns the memory, of a view."""
        base = self._host.base
        while base is not None and getattr(base, "base", None) is not None:
            base = base.base
        return self._viewed(base) if isinstance(base, np.ndarray) else None

    @property
    def data(self) -> MemoryPointer:
        return MemoryPointer(self._memory, self._host.ctypes.data - self._memory.ptr)

    @property
    def device(self) -> Device:
        return self._memory.device

    @property
    def real(self) -> ndarray:
        return self._viewed(self._host.real) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> ndarray:
        return self._viewed(self._host.imag) if self.dtype.kind == "c" else wrap(np.zeros_like(self._host))

    def __len__(self) -> int:
        return len(self._host)

    # -- to the host: explicit, or not at all ----------------------------------------------------------------------

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> Any:
        if out is not None:
            raise NotImplementedError("the stand-in knows no out=")
        _streams.read()
        return self._host.copy(order=order)

    def item(self) -> Any:
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        _streams.read()
        return self._host.item()

    def tolist(self) -> Any:
        return self._host.tolist()

    def __array__(self, dtype: Any = None) -> Any:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array "
            "explicitly."
        )

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __index__(self) -> int:
        return operator.index(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __complex__(self) -> complex:
        return complex(self._host)

    def __repr__(self) -> str:
        return repr(self._host)

    def __iter__(self) -> Iterator[ndarray]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[place] for place in range(len(self)))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        strides = None if self.flags.c_contiguous else self.strides
        data = (self.data.ptr, False)
        return {"shape": self.shape, "typestr": self.dtype.str, "data": data, "strides": strides, "version": 3}

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        if not is_bfloat(self.dtype):
            return self._host.__dlpack__(max_version=(1, 0))  # NumPy takes older capsules for read-only
        capsule = self._host.view("int16").__dlpack__(max_version=(1, 0))
        dtype_code(capsule).value = BFLOAT_CODE
        return capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, self.data.device_id  # kDLCUDA

    # -- copies and views ------------------------------------------------------------------------------------------

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> ndarray:
        for name, value in (("casting", casting), ("subok", subok)):
            if value is not None:
                raise TypeError(f"{name} is not supported yet")
        wanted = supported_dtype(dtype)
        if not copy and wanted == self.dtype and order == "K":
            return self
        check_device(self)
        if not _streams.get_current_stream().is_capturing():
            with np.errstate(all="ignore"):
                return wrap(self._host.astype(wanted, order=order))
        host: Any = np.empty_like(self._host, wanted, order)
        _streams.capture(lambda: np.copyto(host, self._host, "unsafe"))
        return ndarray._made(host, alloc(host.nbytes).mem.bind(host))

    def copy(self, order: str = "C") -> ndarray:
        """A copy on the current device."""
        if (
            self.data.device_id != machine.get_device()
            and order == "K"
            and not (self.flags.c_contiguous or self.flags.f_contiguous)
        ):
            raise NotImplementedError("CuPy cannot copy non-contiguous array between devices.")
        return wrap(self._host.copy(order=order))

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        return self._viewed(self._host.view() if dtype is None else self._host.view(supported_dtype(dtype)))

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> ndarray:
        host = self._host.reshape(*shape)
        return self._viewed(host) if np.shares_memory(host, self._host) or not host.size else wrap(host)

    def ravel(self, order: str = "C") -> ndarray:
        return self.reshape(-1)

    def transpose(self, *axes: Any) -> ndarray:
        return self._viewed(self._host.transpose(*axes))

    def swapaxes(self, axis1: int, axis2: int) -> ndarray:
        return self._viewed(self._host.swapaxes(axis1, axis2))

    def squeeze(self, axis: Any = None) -> ndarray:
        return self._viewed(self._host.squeeze(axis))

    def fill(self, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.shape:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        check_device(self)
        self._host.fill(value)

    # -- elements --------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> ndarray:
        host_key, advanced = _indexing.host_key(self, key)
        if not advanced:
            return self._viewed(self._host[host_key])
        check_device(self, *_indexing.arrays_in(key))
        if any(part.dtype.kind == "b" for part in _indexing.arrays_in(key)):
            waits("a mask as an index, whose result's shape its elements say")
        return wrap(self._host[host_key])

    def __setitem__(self, key: Any, value: Any) -> None:
        check_device(self, value, *_indexing.arrays_in(key))
        _indexing.assign(self, key, value)

    def take(self, indices: Any, axis: Any = None, out: Any = None) -> ndarray:
        check_device(self, indices)
        return wrap(self._host.take(_indexing.index_array(indices), axis, mode="wrap"))

    def scatter_add(self, slices: Any, value: Any) -> None:
        check_device(self, value, *_indexing.arrays_in(slices))
        _indexing.scatter(self, slices, value, "add")

    def scatter_max(self, slices: Any, value: Any) -> None:
        check_device(self, value, *_indexing.arrays_in(slices))
        _indexing.scatter(self, slices, value, "max")

    def scatter_min(self, slices: Any, value: Any) -> None:
        check_device(self, value, *_indexing.arrays_in(slices))
        _indexing.scatter(self, slices, value, "min")


def _delegated(name: str) -> Callable[..., Any]:
    """A method that is a function of the namespace."""

    def method(self: ndarray, *args: Any, **keywords: Any) -> Any:
        from . import _functions

        return getattr(_functions, name)(self, *args, **keywords)

    method.__name__ = name
    return method


def _operator(name: str, reflected: bool = False, in_place: bool = False) -> Callable[..., Any]:
    """An operator that is a ufunc."""

    def method(self: ndarray, *others: Any) -> Any:
        from ._ufunc import UFUNCS

        operands = (*others, self) if reflected else (self, *others)
        return UFUNCS[name](*operands, out=self) if in_place else UFUNCS[name](*operands)

    return method


_BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
_OTHERS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
    "neg": "negative", "abs": "absolute", "invert": "invert",
}  # fmt: skip
_METHODS = (
    "sum", "prod", "mean", "max", "min", "any", "all", "argmax", "argmin", "cumsum", "cumprod", "argsort", "sort",
    "nonzero", "searchsorted",
)  # fmt: skip


_TO_HOST = ("get", "item", "tolist", "__bool__", "__int__", "__index__", "__float__", "__complex__", "__repr__")


def _complete() -> None:
    for short, name in _BINARY.items():
        setattr(ndarray, f"__{short}__", _operator(name))
        setattr(ndarray, f"__r{short}__", _operator(name, reflected=True))
        setattr(ndarray, f"__i{short}__", _operator(name, in_place=True))
    for short, name in _OTHERS.items():
        setattr(ndarray, f"__{short}__", _operator(name))
    for name in _METHODS:
        setattr(ndarray, name, _delegated(name))
    for name in _TO_HOST:
        setattr(ndarray, name, watch(getattr(ndarray, name), f"ndarray.{name}"))


_complete()
