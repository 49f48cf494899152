"""``cupy.cuda.cublas``: products of matrices that lie at addresses, computed by NumPy in float32, and rounded once."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from . import _streams
from ._machine import machine

__all__ = ["CUBLAS", "KINDS", "get_cublas_handle"]

KINDS = {"CUDA_R_32F": 0, "CUDA_R_16F": 2, "CUDA_R_16BF": 14}
_DTYPES = {0: "float32", 2: "float16", 14: "bfloat16"}
_COMPUTE_32F, _DEFAULT = 68, -1


def get_cublas_handle() -> int:
    return 0x100 + machine.get_device()


def _matrices(address: int, kind: int, count: int, rows: int, columns: int, lead: int, apart: int) -> Any:
    """Those at an address, in Fortran's order: (count, rows, columns)."""
    if lead < max(rows, 1) or apart < 0:
        raise ValueError("CUBLAS_STATUS_INVALID_VALUE")
    dtype = np.dtype(_DTYPES[kind])
    reach = (count - 1) * apart + (columns - 1) * lead + rows
    memory = (ctypes.c_char * (reach * dtype.itemsize)).from_address(address)
    strides = (apart * dtype.itemsize, dtype.itemsize, lead * dtype.itemsize)
    return np.lib.stride_tricks.as_strided(np.frombuffer(memory, dtype), (count, rows, columns), strides)


def gemmStridedBatchedEx(  # noqa: N802 (CuPy's name)
    handle: int, transa: int, transb: int, m: int, n: int, k: int, alpha: int, A: int, Atype: int, lda: int,  # noqa: N803
    strideA: int, B: int, Btype: int, ldb: int, strideB: int, beta: int, C: int, Ctype: int, ldc: int,  # noqa: N803
    strideC: int, batchCount: int, computeType: int, algo: int,  # noqa: N803
) -> None:  # fmt: skip
    """``C = alpha * op(A) @ op(B) + beta * C``, for each matrix."""
    if handle != get_cublas_handle():
        raise ValueError("CUBLAS_STATUS_NOT_INITIALIZED: a handle of another device")
    if Atype != Btype or Ctype not in (Atype, KINDS["CUDA_R_32F"]) or (computeType, algo) != (_COMPUTE_32F, _DEFAULT):
        raise ValueError("CUBLAS_STATUS_NOT_SUPPORTED")
    if batchCount > 1 and strideC < ldc * (n - 1) + m:
        raise ValueError("the stand-in refuses results that overlap")
    if _streams.get_current_stream().is_capturing():
        raise NotImplementedError("the stand-in captures element-wise functions and kernels only")
    _streams.work()
    a = _matrices(A, Atype, batchCount, *((k, m) if transa else (m, k)), lda, strideA).astype("float32")
    b = _matrices(B, Btype, batchCount, *((n, k) if transb else (k, n)), ldb, strideB).astype("float32")
    c = _matrices(C, Ctype, batchCount, m, n, ldc, strideC)
    factor, before = (ctypes.c_float.from_address(each).value for each in (alpha, beta))
    with np.errstate(all="ignore"):
        found = np.matmul(a.swapaxes(1, 2) if transa else a, b.swapaxes(1, 2) if transb else b) * np.float32(factor)
        c[...] = found + c.astype("float32") * np.float32(before) if before else found


CUBLAS = {
    "CUBLAS_COMPUTE_32F": _COMPUTE_32F, "CUBLAS_GEMM_DEFAULT": _DEFAULT, "gemmStridedBatchedEx": gemmStridedBatchedEx,
}  # fmt: skip
"""The module, as far as it is used."""
