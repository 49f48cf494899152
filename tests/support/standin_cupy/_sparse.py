"""What is used of ``cupyx.scipy.sparse``, computed by SciPy; with the dtypes that cuSPARSE has, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from ._linalg import wrap
from ._ndarray import check_device, ndarray
from ._waiting import waits

__all__ = ["SPARSE"]


class _Matrix:
    """A matrix of components on the device."""

    format = ""

    def __init__(self, arrays: tuple[Any, ...], shape: tuple[int, int]) -> None:
        self._arrays = [*arrays[1], arrays[0]] if self.format == "coo" else list(arrays)
        for array in self._arrays:
            if not isinstance(array, ndarray) or array.ndim != 1:
                raise ValueError("data, indices, and indptr must be 1-D cupy arrays")
        check_device(*self._arrays)
        self.data = self._arrays[-1] if self.format == "coo" else self._arrays[0]
        if self.data.dtype.char not in "?fdFD":
            raise ValueError("Only bool, float32, float64, complex64 and complex128 are supported")
        self.shape = shape

    def _host(self) -> Any:
        hosts = [array._host for array in self._arrays]
        if self.format == "coo":
            return scipy.sparse.coo_matrix((hosts[2], (hosts[0], hosts[1])), shape=self.shape)
        return getattr(scipy.sparse, f"{self.format}_matrix")(tuple(hosts), shape=self.shape)

    def __matmul__(self, other: Any) -> ndarray:
        if not isinstance(other, ndarray):
            raise TypeError(f"expected cupy.ndarray, got {type(other)}")
        if self.data.dtype.char not in "fdFD" or other.dtype != self.data.dtype:
            raise ValueError(f"no product of {self.data.dtype} and {other.dtype}")
        check_device(self.data, other)
        return wrap(np.asfortranarray(self._host() @ other._host))


class _Coo(_Matrix):
    format = "coo"

    @property
    def row(self) -> ndarray:
        return self._arrays[0]

    @property
    def col(self) -> ndarray:
        return self._arrays[1]


class _Compressed(_Matrix):
    _canonical: bool | None = None

    @property
    def has_canonical_format(self) -> bool:
        """Whether columns are sorted and none is there twice; CuPy finds it out, and waits for it, unless it is told."""
        if self._canonical is None:
            waits("whether a sparse matrix is canonical")
            self._canonical = True
        return self._canonical

    @has_canonical_format.setter
    def has_canonical_format(self, value: bool) -> None:
        self._canonical = value

    def __matmul__(self, other: Any) -> ndarray:
        return super().__matmul__(other) if self.has_canonical_format else NotImplemented

    @property
    def indices(self) -> ndarray:
        return self._arrays[1]

    @property
    def indptr(self) -> ndarray:
        return self._arrays[2]


class _Csr(_Compressed):
    format = "csr"


class _Csc(_Compressed):
    format = "csc"


SPARSE = {"coo_matrix": _Coo, "csr_matrix": _Csr, "csc_matrix": _Csc}
