"""The modules that :func:`standin_cupy.install` puts in place."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from . import _cublas, _functions, _kernels, _linalg, _machine, _memory, _nvtx, _sparse, _streams, _ufunc, _waiting
from ._ndarray import ndarray

__all__ = ["NAMES", "build_modules"]

_DTYPES = (
    "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
_FUNCTIONS = (
    "all", "amax", "amin", "any", "arange", "argmax", "argmin", "argsort", "array", "asarray", "ascontiguousarray",
    "asnumpy", "broadcast_to", "concatenate", "copyto", "count_nonzero", "cumprod", "cumsum", "empty", "empty_like",
    "expand_dims", "flip", "frexp", "from_dlpack", "full", "lexsort", "matmul", "max", "mean", "min", "nonzero", "ones", "prod",
    "nan_to_num", "put_along_axis", "repeat", "roll",
    "searchsorted", "sort", "stack", "sum", "take", "take_along_axis", "where", "zeros", "zeros_like",
)  # fmt: skip

_pinned_pool = _memory.PinnedMemoryPool()

for _kind in (_machine.Device, _streams.Event, _streams.Stream):
    _kind.synchronize = _waiting.watch(_kind.synchronize, f"{_kind.__name__}.synchronize")  # type: ignore[attr-defined]


def _scatter(method: str) -> Any:
    def function(a: Any, slices: Any, value: Any) -> None:
        getattr(a, method)(slices, value)

    return function


NAMES: Mapping[str, Mapping[str, Any]] = {
    "cupy": {
        "__version__": "14.0.0",
        **{name: getattr(np, name) for name in _DTYPES},
        **{name: getattr(_functions, name) for name in _FUNCTIONS},
        **_ufunc.UFUNCS,
        "abs": _ufunc.UFUNCS["absolute"],
        "ndarray": ndarray,
        "ElementwiseKernel": _kernels.ElementwiseKernel,
        "RawKernel": _kernels.RawKernel,
        "ReductionKernel": _kernels.ReductionKernel,
        "get_default_memory_pool": lambda: _memory.default_pool,
        "get_default_pinned_memory_pool": lambda: _pinned_pool,
    },
    "cupy.linalg": _linalg.LINALG,
    "cupy.fft": _linalg.FFT,
    "cupyx.scipy.linalg": _linalg.SCIPY_LINALG,
    "cupy.lib.stride_tricks": {"as_strided": _functions.as_strided},
    "cupy.cuda": {
        "Device": _machine.Device,
        "Event": _streams.Event,
        "Graph": _streams.Graph,
        "MemoryPool": _memory.MemoryPool,
        "Stream": _streams.Stream,
        "alloc": _memory.alloc,
        "alloc_pinned_memory": _machine.alloc_pinned_memory,
        "get_allocator": _memory.get_allocator,
        "get_cublas_handle": _cublas.get_cublas_handle,
        "get_current_stream": _streams.get_current_stream,
        "get_elapsed_time": _streams.get_elapsed_time,
        "set_allocator": _memory.set_allocator,
        "using_allocator": _memory.using_allocator,
    },
    "cupy.cuda.cublas": _cublas.CUBLAS,
    "cupy.cuda.memory": {"OutOfMemoryError": _memory.OutOfMemoryError},
    "cupy.cuda.nvtx": _nvtx.NVTX,
    "cupy.cuda.runtime": {
        **_cublas.KINDS,
        "CUDARuntimeError": _machine.CUDARuntimeError,
        "deviceCanAccessPeer": _machine.machine.can_access_peer,
        "getDevice": _machine.machine.get_device,
        "getDeviceCount": _machine.machine.device_count,
        "getDeviceProperties": _machine.machine.device_properties,
        "memGetInfo": _machine.machine.memory_info,
        "memoryTypeHost": _machine.MEMORY_TYPE_HOST,
        "pointerGetAttributes": _machine.pointer_attributes,
        "setDevice": _machine.machine.set_device,
        "streamCaptureModeRelaxed": _streams.streamCaptureModeRelaxed,
    },
    "cupyx": {
        "DeviceSynchronized": _waiting.DeviceSynchronized,
        "allow_synchronize": _waiting.allow_synchronize,
        "errstate": _linalg.errstate,
        "rsqrt": _ufunc.RSQRT,
        **{name: _scatter(name) for name in ("scatter_add", "scatter_max", "scatter_min")},
    },
    "cupyx.scipy.sparse": _sparse.SPARSE,
    "cupyx.scipy.special": _ufunc.SPECIAL,
}
"""What each module has."""


def build_modules() -> dict[str, ModuleType]:
    """New modules, each an attribute of its parent."""
    modules: dict[str, ModuleType] = {}
    for path, names in NAMES.items():
        parts = path.split(".")
        for depth in range(1, len(parts) + 1):
            _module(modules, ".".join(parts[:depth]))
        vars(modules[path]).update(names)
    return modules


def _module(modules: dict[str, ModuleType], path: str) -> None:
    if path in modules:
        return
    module = modules[path] = ModuleType(path, "A stand-in.")
    module.__path__ = []
    module.__spec__ = ModuleSpec(path, None, is_package=True)
    vars(module)["__getattr__"] = _missing(path)
    parent, _, name = path.rpartition(".")
    if parent:
        setattr(modules[parent], name, module)


def _missing(path: str) -> Any:
    def __getattr__(name: str) -> Any:  # noqa: N807
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"the stand-in has no {path}.{name}; add it if CuPy 14 has it")

    return __getattr__
