"""The CuPy backend: CUDA devices, ``cuda:0`` and on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array, ArrayBackend, Backend, Capabilities, Shape
from flambeau.errors import BackendLoadError

from ._elementwise import elementwise_overrides, erf, lgamma
from ._indexing import add_at, index_put, scatter
from ._steps import adam_step, sgd_step

__all__ = ["CupyBackend"]

_DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"
)  # fmt: skip


class CupyBackend(ArrayBackend):
    """Tensors as ``cupy.ndarray``.

    CuPy allocates and computes on the device that is current in the thread, so where there are several, each kernel
    makes its own device current while it runs. Kernels return before the device is done; ``synchronize`` and
    transfers to the host wait.
    """

    name = "cupy"
    device_type = "cuda"
    api_version = 1
    capabilities = Capabilities(dtypes=frozenset(_DTYPES), out=True)
    array_class = cupy.ndarray
    xp = cupy

    def __init__(self) -> None:
        self._devices = _count_devices()

    def device_count(self) -> int:
        """The number of CUDA devices."""
        return self._devices

    def current_device(self) -> int:
        """CUDA's current device of this thread."""
        return int(cupy.cuda.runtime.getDevice())

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels, bound to the device where there are several."""
        return self._bound(self.kernel_table, device)

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """CuPy's ufuncs, bound to the device where there are several."""
        return self._bound(self.ufunc_table, device)

    def _bound(self, table: Mapping[str, Any], device: int) -> Mapping[str, Any]:
        if self._devices == 1:
            return table
        return {name: _on_device(device, kernel) for name, kernel in table.items()}

    @cached_property
    def ufunc_table(self) -> dict[str, Callable[..., Any]]:
        """CuPy's ufuncs, but for those that do something else than the kernel."""
        return super().ufunc_table | dict(elementwise_overrides())

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Kernels that need CUDA's means."""
        return {"index_put": index_put, "scatter": scatter, "sgd_step": sgd_step, "adam_step": adam_step}

    def from_host(self, buffer: Any, shape: Shape, dtype: str) -> Array:
        """Copy bytes to the device."""
        return cupy.asarray(np.frombuffer(buffer, dtype).reshape(shape))

    def to_host(self, a: Array) -> memoryview:
        """Copy the elements to the host, in C order; waits for the device."""
        return memoryview(a.get(order="C").reshape(-1).view("uint8"))

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
        """Copy from another CUDA device of this backend without the host."""
        if other is not self:
            return None
        with cupy.cuda.Device(device):
            return array.copy()

    def storage_offset(self, array: Array) -> int:
        """Distance in elements from the start of the allocation."""
        return int(array.data.ptr - array.data.mem.ptr) // int(array.itemsize)

    def data_ptr(self, array: Array) -> int:
        """The address of the first element on the device."""
        return int(array.data.ptr)

    def synchronize(self, device: int) -> None:
        """Wait for the device."""
        cupy.cuda.Device(device).synchronize()

    def memory_stats(self, device: int) -> Mapping[str, int]:
        """Bytes in arrays, and bytes that CuPy's memory pool keeps."""
        pool = cupy.get_default_memory_pool()
        with cupy.cuda.Device(device):
            return {
                "allocated_bytes.all.current": int(pool.used_bytes()),
                "reserved_bytes.all.current": int(pool.total_bytes()),
            }

    def to_dlpack(self, array: Array, stream: Any = None) -> Any:
        """CuPy's own capsule."""
        with cupy.cuda.Device(array.device):
            return array.__dlpack__(stream=stream)

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


def _count_devices() -> int:
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise BackendLoadError(_no_device(str(error))) from error
    if not count:
        raise BackendLoadError(_no_device("the driver reports 0 devices"))
    return count


def _no_device(reason: str) -> str:
    return (
        f"the backend 'cupy' needs a CUDA device with NVIDIA's driver, and there is none ({reason}). Where there is "
        "one, install or update the driver, and the CuPy for its CUDA version: pip install 'flambeau[cuda12]' or "
        "pip install 'flambeau[cuda13]'"
    )


def _on_device(device: int, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """``kernel`` with ``device`` as CUDA's current device."""
    place = cupy.cuda.Device

    @wraps(kernel, assigned=("__name__", "__doc__"), updated=())
    def bound(*args: Any, **keywords: Any) -> Any:
        with place(device):
            return kernel(*args, **keywords)

    return bound
