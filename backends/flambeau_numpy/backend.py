"""The NumPy backend: one device, ``cpu``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from flambeau.backend import ArrayBackend, Capabilities, Shape

from . import (
    _attention,
    _counting,
    _creation,
    _ctc,
    _elementwise,
    _gates,
    _interchange,
    _movement,
    _norms,
    _order,
    _reductions,
    _scans,
    _sorting,
    _sparse,
    _special,
    _steps,
    _threads,
    _vision,
)
from . import (
    _nn as _softmax,
)
from ._interchange import DTYPES
from ._policy import adopt_policies, adopting_policies, filter_warnings, keep_freed_memory

__all__ = ["NumpyBackend"]

_BYTES = np.dtype("uint8")
_EXPORTED = frozenset("?bBhHiIlLqQfd")
"""The codes of the dtypes whose buffers Python reads as bytes without NumPy's help."""

_FEW_ROWS, _SIDE, _WEIGHTS = 64, 128, 1 << 15
"""So few rows times the transpose of a matrix with such sides and so many elements, as linear layers have it: OpenBLAS makes the
transpose of the product in less time, down to half."""

_COMBINED = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


class NumpyBackend(ArrayBackend):
    """Tensors as ``numpy.ndarray``."""

    name = "numpy"
    device_type = "cpu"
    api_version = 1
    capabilities = Capabilities(
        dtypes=frozenset(DTYPES) | {"bfloat16"}, out=True, extensions=frozenset({"bytes", "fft", "linalg"})
    )
    array_class = np.ndarray
    xp = np
    element_block = 1 << 16

    def __init__(self) -> None:
        filter_warnings()
        adopt_policies()
        keep_freed_memory()

    def load_dtype(self, dtype: str) -> None:
        """Make NumPy know bfloat16.

        Raises:
            MissingExtraError: ml_dtypes is not installed.
        """
        if dtype == "bfloat16":
            _interchange.load_bfloat16()

    def device_count(self) -> int:
        """One: the CPU."""
        return 1

    get_num_threads = staticmethod(_threads.get_num_threads)
    set_num_threads = staticmethod(_threads.set_num_threads)
    each = staticmethod(_threads.each)

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels, with the work of some shared out if there are several threads."""
        return _threads.shared_out(self.kernel_table)

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """The ufuncs, with the work of some shared out if there are several threads."""
        return _threads.shared_out(self.ufunc_table)

    from_host = staticmethod(_creation.from_host)

    def to_host(self, a: np.ndarray) -> memoryview:
        """The elements in C order; the memory itself where it is in that order."""
        if a.dtype.char in _EXPORTED and a.flags.c_contiguous and a.size:
            return a.data.cast("B")
        flat: Any = a.ravel()
        return memoryview(flat.view(_BYTES))

    def erf(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        """The error function."""
        return _special.erf(a, out)

    def lgamma(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        """The logarithm of the gamma function's absolute value."""
        return _special.lgamma(a, out)

    def add_at(self, target: np.ndarray, key: tuple[np.ndarray, ...], values: np.ndarray) -> None:
        """Add at indices that may be repeated."""
        np.add.at(target, key, values)

    def add_rows(self, target: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
        """Add rows, by a product if they are many."""
        if not _sparse.add_rows(target, positions, values):
            super().add_rows(target, positions, values)

    def reduce_at(self, target: np.ndarray, positions: np.ndarray, values: np.ndarray, reduce: str) -> None:
        """Combine at positions that may be repeated."""
        _COMBINED[reduce].at(target, positions, values)

    def sum(self, a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
        """The sum over ``dims``."""
        return _reductions.sum_over(a, dims, keepdim)

    def take(self, a: np.ndarray, index: np.ndarray) -> np.ndarray:
        """The entries at ``index``; of memory in another order, ``ndarray.take`` would copy everything first."""
        return a.take(index, axis=0) if a.flags.c_contiguous else a[index]

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The product of matrices; of floats of 16 bits, for which there is no library, by way of float32."""
        kind = a.dtype.char
        # Both ways call BLAS, this one sooner; but of one element alone it makes a factor, and 0 times nan 0.
        if kind in "fdFD" and a.ndim == 2 == b.ndim and a.size > 1 < b.size:
            if b.size >= _WEIGHTS and len(a) <= _FEW_ROWS and b.flags.f_contiguous and min(b.shape) >= _SIDE:
                return np.ascontiguousarray(b.T.dot(a.T).T)
            return a.dot(b)  # type: ignore[no-any-return]
        if kind in "eE":  # float16, bfloat16
            return self.matmul(a.astype("float32"), b.astype("float32")).astype(a.dtype, order="C")
        product: np.ndarray = np.matmul(a, b)
        return product

    def fft_module(self) -> Any:
        """SciPy's transforms, which take a third of the time of NumPy's in single precision."""
        import scipy.fft

        return scipy.fft

    def lu_factor(self, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """SciPy's, which calls LAPACK."""
        import scipy.linalg

        if not a.size:
            return a.copy(), np.empty(min(a.shape), "int64")
        with warnings.catch_warnings(action="ignore"):  # of singular matrices
            factors, swaps = scipy.linalg.lu_factor(a, check_finite=False)
        return factors, swaps

    def solve_triangular(self, a: np.ndarray, b: np.ndarray, upper: bool) -> np.ndarray:
        """That of BLAS, by way of SciPy."""
        import scipy.linalg

        (trsm,) = scipy.linalg.get_blas_funcs(("trsm",), (a, b))
        solution: np.ndarray = trsm(1.0, a, b, lower=not upper)
        return solution

    def argsort(self, a: np.ndarray, dim: int) -> np.ndarray:
        """The indices that sort."""
        return _sorting.argsort(a, dim)

    @cached_property
    def kernel_table(self) -> dict[str, Callable[..., Any]]:
        """The kernels; those with which a thread gets its first tensor adopt NumPy's policies for it."""
        table = super().kernel_table
        return table | {"arange": adopting_policies(table["arange"])}

    def own_ufuncs(self) -> Mapping[str, Callable[..., Any]]:
        """Element-wise kernels that NumPy does better in another way."""
        return {
            "log10": _elementwise.log10, "pow": _elementwise.power, "relu": _elementwise.relu,
            "relu_backward": _elementwise.relu_backward, **_special.KERNELS,
        }  # fmt: skip

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Kernels that NumPy alone can do better."""
        return {
            "sum": _reductions.sum_over,
            "empty": _creation.empty, "full": _creation.full, "copy_into": _creation.copy_into,
            "neg": _elementwise.neg, "clamp": _elementwise.clamp, "expand": _movement.expand, "reduce_at": self.reduce_at,
            "reshape": np.ndarray.reshape, "permute": np.ndarray.transpose, "as_strided": _movement.as_strided,
            "flip": _movement.flip, "where": _elementwise.where,
            "amax": _reductions.extreme_over(np.maximum), "amin": _reductions.extreme_over(np.minimum),
            "prod": _reductions.product_over, "nansum": _reductions.nansum_over,
            "square_sum": _reductions.square_sum_over, "mean": _reductions.mean_over, "var": _reductions.variance_over,
            "any": _reductions.truth_over(np.logical_or), "all": _reductions.truth_over(np.logical_and),
            "cumsum": _scans.cumsum, "cumprod": _scans.rounding_scan(np.multiply),
            "logcumsumexp": _scans.rounding_scan(np.logaddexp),
            "cummax": _scans.scan(np.maximum), "cummin": _scans.scan(np.minimum),
            "logsumexp": _softmax.logsumexp, "softmax": _softmax.softmax, "log_softmax": _softmax.log_softmax,
            **_softmax.ENTROPY,
            "attention": _attention.attention, "attention_backward": _attention.attention_backward,
            **_gates.KERNELS, **_ctc.KERNELS, **_vision.KERNELS,
            "sort_values": _sorting.sort_values, "searchsorted": _sorting.searchsorted,
            "topk": _order.topk, "kthvalue": _order.kthvalue, "partition": _order.partition, "bincount": _counting.bincount,
            "sparse_matmul": _sparse.matmul, "sparse_along": _sparse.along, "banded_matmul": _sparse.banded_matmul,
            "pack": _steps.pack, "unpack": _steps.unpack, **_norms.KERNELS,
        }  # fmt: skip

    def add_multiple(self, target: np.ndarray, source: np.ndarray, factor: float) -> bool:
        """By BLAS, if they are large."""
        return _steps.add_multiple(target, source, factor)

    def to_scipy(
        self, format: str, components: Sequence[np.ndarray], values: np.ndarray, shape: tuple[int, ...]
    ) -> Any:
        """The array of ``scipy.sparse`` with these components."""
        return _sparse.to_scipy(format, components, values, shape)

    def random_transforms(self) -> Any:
        """NumPy's rendering of the samplers' arithmetic, bit for bit that of the default."""
        from ._random import NumpyTransforms

        return NumpyTransforms()

    def to_numpy(self, array: np.ndarray) -> np.ndarray:
        """The array itself."""
        return array

    def from_numpy(self, ndarray: Any) -> np.ndarray:
        """The array itself, if a tensor can be made of it.

        Raises:
            TypeError: it is no ndarray, or of a dtype that tensors do not have.
            ValueError: its byte order is not the machine's, or its strides are negative or no whole elements.
        """
        return _interchange.from_numpy(ndarray)

    def storage_offset(self, array: np.ndarray) -> int:
        """Distance in elements from the start of the array that owns the memory."""
        return (array.ctypes.data - _interchange.owner(array).ctypes.data) // array.itemsize

    def data_ptr(self, array: np.ndarray) -> int:
        """The address of the first element."""
        return array.ctypes.data

    def from_buffer(self, buffer: Any, dtype: str, count: int, offset: int) -> np.ndarray:
        """An array on the buffer's memory."""
        return np.frombuffer(buffer, dtype, count, offset)

    def host_memory(self, array: np.ndarray) -> memoryview:
        """The array's own bytes."""
        flat: Any = array.reshape(-1)
        return memoryview(flat.view("uint8"))

    def storage_array(self, array: np.ndarray) -> np.ndarray:
        """The array that owns the memory, as a vector."""
        return _interchange.in_order_of_addresses(_interchange.owner(array))

    def array_interface(self, array: np.ndarray) -> dict[str, Any]:
        """NumPy's own."""
        return array.__array_interface__

    def to_dlpack(self, array: np.ndarray, **options: Any) -> Any:
        """NumPy's own capsule, which has no streams."""
        options.pop("stream", None)
        return array.__dlpack__(**options)

    def dlpack_device(self, array: np.ndarray) -> tuple[int, int]:
        """The CPU, in DLPack's numbers."""
        return array.__dlpack_device__()

    def from_dlpack(self, source: Any) -> tuple[np.ndarray, str]:
        """An array on the memory of ``source``.

        Raises:
            TypeError: its dtype is not one of a tensor's.
        """
        array = np.from_dlpack(source)
        _interchange.check_dtype(array)
        if not getattr(source, "versioned", True) and not array.flags.writeable:
            array = _interchange.writable(array)
        return array, array.dtype.name
