"""Products of matrices. Those of numbers of 16 bits are one call of cuBLAS, which reads them as they lie and adds up in float32.

CuPy 14.2 itself converts many matrices of float16 to float32 and refuses many of bfloat16, adds a row times a column up in
halves, and does not add to what is there before it rounds.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array, Shape

from ._halves import is_half

__all__ = ["addmm", "matmul", "multiply"]

_FACTORS = np.array([0, 1], "float32")
_ZERO, _ONE = (_FACTORS.ctypes.data + each * _FACTORS.itemsize for each in (0, 1))
"""The addresses of what the product, and what is there before it, are multiplied by."""


class _Laid(NamedTuple):
    """How matrices lie, in cuBLAS's words: whether their columns are in one piece, and how far what is, and they, are apart."""

    array: Array
    by_columns: bool
    lead: int
    apart: int


def _laid(a: Array) -> _Laid | None:
    """How the matrices of (count, rows, columns) lie; None if cuBLAS cannot read them so."""
    _, rows, columns = a.shape
    matrix, row, column = (stride // a.itemsize for stride in a.strides)
    if matrix >= 0:
        if (columns == 1 or column == 1) and (rows == 1 or row >= columns):
            return _Laid(a, False, columns if rows == 1 else row, matrix)
        if (rows == 1 or row == 1) and (columns == 1 or column >= rows):
            return _Laid(a, True, rows if columns == 1 else column, matrix)
    return None


def _readable(a: Array, count: int) -> _Laid:
    """Matrices, or one that is used ``count`` times; copied where cuBLAS cannot read them as they lie."""
    laid = _laid(a)
    if laid is None:
        laid = _laid(cupy.ascontiguousarray(a))
        assert laid is not None
    return laid._replace(apart=0) if len(a) < count else laid


def multiply(a: Array, b: Array, out: Array, add: bool = False) -> None:
    """Write the products of matrices into ``out``, (count, rows, columns), or add them to it.

    ``a`` and ``b`` have as many matrices, or one for all of them; each matrix of ``out`` is in C order. Of halves, ``out`` may be
    of float32; they are rounded once, when they are written.
    """
    count, rows, columns = out.shape
    if not is_half(a):
        if count == 1:  # so CuPy need not lay out transposed ones first
            a, b, out = a[0], b[0], out[0]
        if add:
            out += cupy.matmul(a, b)
        else:
            cupy.matmul(a, b, out=out)
    elif out.size and a.shape[2]:
        cublas, kind = cupy.cuda.cublas, _kind(a)
        # What cuBLAS takes for columns are rows here: it multiplies the transposes, in the other order.
        left, right, target = _readable(b, count), _readable(a, count), _laid(out)
        assert target is not None
        assert not target.by_columns
        cublas.gemmStridedBatchedEx(
            cupy.cuda.get_cublas_handle(), int(left.by_columns), int(right.by_columns), columns, rows, a.shape[2], _ONE,
            left.array.data.ptr, kind, left.lead, left.apart, right.array.data.ptr, kind, right.lead, right.apart,
            _ONE if add else _ZERO, out.data.ptr, _kind(out), target.lead, target.apart, count, cublas.CUBLAS_COMPUTE_32F,
            cublas.CUBLAS_GEMM_DEFAULT,
        )  # fmt: skip
    elif not add:
        out[...] = 0


def _kind(a: Array) -> int:
    """CUDA's number of a dtype."""
    runtime = cupy.cuda.runtime
    kinds = {"e": runtime.CUDA_R_16F, "E": runtime.CUDA_R_16BF, "f": runtime.CUDA_R_32F}
    return int(kinds[a.dtype.char])


def matmul(a: Array, b: Array) -> Array:
    """The product; dims before the last two broadcast."""
    if not is_half(a):
        return cupy.matmul(a, b)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = cupy.empty((*batch, a.shape[-2], b.shape[-1]), a.dtype)
    multiply(_stacked(a, batch), _stacked(b, batch), out.reshape(prod(batch), *out.shape[-2:]))
    return out


def _stacked(a: Array, batch: Shape) -> Array:
    """The matrices of a batch one after the other, or the only one there is."""
    matrix = a.shape[-2:]
    if prod(a.shape[:-2]) == 1:
        return a.reshape(1, *matrix)
    return cupy.broadcast_to(a, (*batch, *matrix)).reshape(prod(batch), *matrix)


def addmm(bias: Array, a: Array, b: Array) -> Array:
    """``bias + a @ b``; of halves, rounded once."""
    if not is_half(a):
        result = cupy.matmul(a, b)
        result += bias
        return result
    result = cupy.empty((1, a.shape[0], b.shape[1]), a.dtype)
    result[...] = bias
    multiply(a[None], b[None], result, add=True)
    return result[0]
