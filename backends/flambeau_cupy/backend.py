"""The CuPy backend: CUDA devices, ``cuda:0`` and on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array, ArrayBackend, Backend, Capabilities, Shape
from flambeau.backend.waiting import host_waits

from . import (
    _activation,
    _adaptive_steps,
    _attention,
    _conv,
    _ctc,
    _halves,
    _indexing,
    _layers,
    _logsums,
    _loss,
    _normalization,
    _order,
    _pooling,
    _products,
    _random,
    _reductions,
    _rnn,
    _scans,
    _sparse,
    _vision,
)
from ._devices import ManagedDevices
from ._elementwise import WITH_NUMBERS, clamp, elementwise_overrides, erf, lgamma, where
from ._indexing import add_at
from ._layout import in_memory_order
from ._transfers import PinnedCopies

__all__ = ["CupyBackend"]

_DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip


class _Tables(NamedTuple):
    """What core asks for, for one device."""

    kernels: Mapping[str, Any]
    ufuncs: Mapping[str, Any]


class CupyBackend(ManagedDevices, PinnedCopies, ArrayBackend):
    """Tensors as ``cupy.ndarray``.

    CuPy allocates and computes on the device that is current in the thread, so where there are several, each kernel
    makes its own device current while it runs. Kernels return before the device is done; ``synchronize`` and
    transfers to the host wait, and raise what is refused of the arguments of the kernels before them.
    """

    name = "cupy"
    device_type = "cuda"
    api_version = 1
    asynchronous = True
    capabilities = Capabilities(dtypes=frozenset(_DTYPES), out=True, extensions=frozenset({"bytes", "fft", "linalg"}))
    array_class = cupy.ndarray
    xp = cupy
    buffer_elements = 1 << 27  # for memory's sake: every launch costs time, and there is no cache to stay in
    halves_by_itself = frozenset({
        "sum", "prod", "mean", "addmm", "convolution", "convolution_input", "convolution_weight", *_activation.KERNELS,
        *_layers.KERNELS, *_loss.KERNELS, *_normalization.KERNELS, *_attention.KERNELS,
    })  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._tables: dict[int, _Tables] = {}
        self._counters: dict[int, _random.CounterKernels] = {}

    def load_dtype(self, dtype: str) -> None:
        """Make sure that CuPy knows bfloat16.

        Raises:
            MissingExtraError: ml_dtypes is not installed.
        """
        if dtype == "bfloat16":
            _halves.load_bfloat16()

    def matmul(self, a: Array, b: Array) -> Array:
        """The product of matrices."""
        return _products.matmul(a, b)

    def argsort(self, a: Array, dim: int) -> Array:
        """The indices that sort."""
        return cupy.argsort(a.astype("float32") if a.dtype.char == "E" else a, axis=dim, kind="stable").astype(
            "int64", copy=False
        )

    def raising(self) -> AbstractContextManager[Any]:
        """CuPy looks at the status that cuSOLVER gives only where it is told to."""
        import cupyx

        host_waits()
        return cupyx.errstate(linalg="raise")  # type: ignore[no-any-return]

    def may_meet_zeros(self, a: Array) -> bool:
        """Nothing is asked, which would wait for all the work given to the device, and nothing is promised."""
        return False

    def lu_factor(self, a: Array) -> tuple[Array, Array]:
        """CuPy's, which calls cuSOLVER."""
        import cupyx.scipy.linalg

        if not a.size:
            return a.copy(), cupy.empty(min(a.shape), "int64")
        factors, swaps = cupyx.scipy.linalg.lu_factor(a, check_finite=False)
        return factors, swaps

    def solve_triangular(self, a: Array, b: Array, upper: bool) -> Array:
        """CuPy's, which calls cuBLAS."""
        import cupyx.scipy.linalg

        return cupyx.scipy.linalg.solve_triangular(a, b, lower=not upper, check_finite=False)

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels, bound to the device where there are several."""
        return self._tables_of(device).kernels

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """CuPy's ufuncs, bound to the device where there are several."""
        return self._tables_of(device).ufuncs

    def _tables_of(self, device: int) -> _Tables:
        found = self._tables.get(device)
        if found is None:
            found = self._tables[device] = self._make_tables(device)
        return found

    def _make_tables(self, device: int) -> _Tables:
        if self._devices == 1:
            return _Tables(self.kernel_table, self.ufunc_table)
        # Kernels keep constants, and those are on one device: every device has kernels made for it alone.
        own = copy(self)
        return _Tables(_on_device(device, own.kernel_table), _on_device(device, own.ufunc_table))

    def own_ufuncs(self) -> Mapping[str, Callable[..., Any]]:
        """What CuPy's ufuncs of these names do otherwise."""
        return elementwise_overrides()

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Kernels that need CUDA's means."""
        return {
            "item": self.item, "clamp": clamp, "where": where, "addmm": _products.addmm, "sparse_matmul": _sparse.matmul,
            "sparse_along": _sparse.along,
            **WITH_NUMBERS,
            **_indexing.KERNELS, **_random.KERNELS, **_layers.KERNELS, **_pooling.KERNELS, **_reductions.KERNELS,
            **_logsums.KERNELS, **_scans.KERNELS, **_vision.KERNELS, **_ctc.KERNELS, **_order.KERNELS,
            **_activation.KERNELS, **_loss.KERNELS, **_normalization.KERNELS, **_attention.KERNELS, **_rnn.KERNELS,
            **_conv.kernels(self.buffer_elements), **_adaptive_steps.KERNELS,
        }  # fmt: skip

    @cached_property
    def ufunc_table(self) -> dict[str, Callable[..., Any]]:
        """The element-wise kernels, each of which keeps the order of memory."""
        return {name: in_memory_order(ufunc) for name, ufunc in super().ufunc_table.items()}

    @cached_property
    def kernel_table(self) -> dict[str, Callable[..., Any]]:
        """The kernels; of those of the namespace, some lack bfloat16."""
        table = super().kernel_table
        return table | {name: _halves.through_single(table[name]) for name in ("searchsorted",)}

    def counter_kernels(self, device: int) -> _random.CounterKernels:
        """Philox4x32-10 with PyTorch's counters."""
        found = self._counters.get(device)
        if found is None:
            found = self._counters[device] = _random.CounterKernels(device)
            if self._devices > 1:
                found.draw = _bound(device, found.draw)  # type: ignore[method-assign]
                found.dropout = _bound(device, found.dropout)  # type: ignore[method-assign]
        return found

    def to_scipy(self, format: str, components: Sequence[Array], values: Array, shape: Shape) -> Any:
        """The matrix of ``cupyx.scipy.sparse``; see :func:`flambeau.sparse.to_scipy`."""
        with values.device:
            return _sparse.to_scipy(format, components, values, shape)

    def from_host(self, buffer: Any, shape: Shape, dtype: str) -> Array:
        """Copy bytes to the device."""
        return cupy.asarray(np.frombuffer(buffer, dtype).reshape(shape))

    def item(self, a: Array) -> Any:
        """The one element as a number of Python; waits for the device."""
        host_waits()
        found = a.item()
        self._refusals.raise_found()
        return found

    def to_host(self, a: Array) -> memoryview:
        """Copy the elements to the host, in C order; waits for the device."""
        host_waits()
        found = memoryview(a.get(order="C").reshape(-1).view("uint8"))
        self._refusals.raise_found()
        return found

    def erf(self, a: Array, out: Array | None = None) -> Array:
        """The error function."""
        return erf(a, out)

    def lgamma(self, a: Array, out: Array | None = None) -> Array:
        """The logarithm of the gamma function's absolute value."""
        return lgamma(a, out)

    def add_at(self, target: Array, key: Any, values: Array) -> None:
        """Add at indices that may be repeated."""
        add_at(target, key, values)

    def copy_from(self, other: Backend, array: Array, device: int) -> Array | None:
        """Copy from another CUDA device of this backend, without the host and without waiting for either device."""
        if other is not self:
            return None
        source, target = array.device, cupy.cuda.Device(device)
        with source:
            array = cupy.ascontiguousarray(array)
            ready = _recorded()
        with target:  # whose stream knows nothing of the other one's work
            cupy.cuda.get_current_stream().wait_event(ready)
            made = array.copy()
            done = _recorded()
        with source:  # what comes after may write to the array, or have its memory
            cupy.cuda.get_current_stream().wait_event(done)
        return made

    def storage_offset(self, array: Array) -> int:
        """Distance in elements from the start of the allocation."""
        return int(array.data.ptr - array.data.mem.ptr) // int(array.itemsize)

    def data_ptr(self, array: Array) -> int:
        """The address of the first element on the device."""
        return int(array.data.ptr)

    def pinned_memory(self, nbytes: int) -> Any:
        """Memory of CuPy's pool for it."""
        return cupy.cuda.alloc_pinned_memory(nbytes)

    def is_pinned(self, address: int) -> bool:
        """What the driver says of an address; of memory that it does not know it knows the type 0."""
        return bool(cupy.cuda.runtime.pointerGetAttributes(address).type == cupy.cuda.runtime.memoryTypeHost)

    def storage_array(self, array: Array) -> Array:
        """The array that owns the memory, as a vector."""
        owner = _owner(array)
        return cupy.lib.stride_tricks.as_strided(owner, (owner.size,), (owner.itemsize,))

    def array_interface(self, array: Array) -> dict[str, Any]:
        """CuPy's own."""
        interface: dict[str, Any] = array.__cuda_array_interface__
        return interface

    def to_dlpack(self, array: Array, **options: Any) -> Any:
        """CuPy's own capsule."""
        with cupy.cuda.Device(array.device):
            return array.__dlpack__(**options)

    def dlpack_device(self, array: Array) -> tuple[int, int]:
        """CUDA and the device's index, in DLPack's numbers."""
        kind, index = array.__dlpack_device__()
        return int(kind), int(index)

    def from_dlpack(self, source: Any) -> tuple[Array, str]:
        """An array on the memory of ``source``.

        Raises:
            TypeError: its dtype is not one of a tensor's.
        """
        with cupy.cuda.Device(source.__dlpack_device__()[1]):
            array = cupy.from_dlpack(source)
        if array.dtype.name not in _DTYPES:
            raise TypeError(f"tensors have no dtype {array.dtype.name}; the dtypes are: {', '.join(_DTYPES)}")
        return array, array.dtype.name


def _owner(array: Array) -> Array:
    while array.base is not None:
        array = array.base
    return array


def _recorded() -> Any:
    """An event behind the work that the current device has been given."""
    return cupy.cuda.get_current_stream().record(cupy.cuda.Event(disable_timing=True))


def _on_device(device: int, table: Mapping[str, Callable[..., Any]]) -> Mapping[str, Callable[..., Any]]:
    """The functions of ``table`` with ``device`` as CUDA's current device."""
    return {name: _bound(device, function) for name, function in table.items()}


def _bound(device: int, function: Callable[..., Any]) -> Callable[..., Any]:
    place, current = cupy.cuda.Device, cupy.cuda.runtime.getDevice

    def bound(*args: Any, **keywords: Any) -> Any:
        if current() == device:  # mostly, and to ask is quicker than to set
            return function(*args, **keywords)
        with place(device):
            return function(*args, **keywords)

    return bound
