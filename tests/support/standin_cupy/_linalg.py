"""``cupy.linalg``, ``cupy.fft`` and what is used of ``cupyx.scipy.linalg``, computed by NumPy and SciPy.

CuPy does not raise for matrices without the factorisation, or the inverse, that is asked for, unless it is told to: what
it gives then is nan here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.linalg

from ._ndarray import allocate, check_device, ndarray
from ._waiting import waits

__all__ = ["FFT", "LINALG", "SCIPY_LINALG", "errstate"]


def wrap(host: Any) -> ndarray:
    host = np.asarray(host)
    result = allocate(host.shape, host.dtype)
    result._host[...] = host
    return result


_raises = False


@contextmanager
def errstate(*, divide: Any = None, linalg: Any = None) -> Iterator[None]:
    """``cupyx.errstate``: whether failures raise."""
    global _raises
    before, _raises = _raises, linalg == "raise"
    try:
        yield
    finally:
        _raises = before


def _tried(function: Callable[..., np.ndarray], shape: tuple[int, ...], *hosts: np.ndarray) -> ndarray:
    try:
        return wrap(function(*hosts))
    except np.linalg.LinAlgError:
        if _raises:
            raise
        return wrap(np.full(shape, np.nan, hosts[0].dtype))


def _checked(*arrays: Any) -> None:
    for array in arrays:
        if not isinstance(array, ndarray):
            raise TypeError(f"expected cupy.ndarray, got {type(array)}")
        if array.dtype.char not in "fdFD":
            raise TypeError(f"Unsupported dtype {array.dtype}")
    check_device(*arrays)


def _status_asked(asked: bool | None = None) -> None:
    """CuPy looks at the status that cuSOLVER left on the device: always, or where failures raise."""
    if _raises if asked is None else asked:
        waits("the status of cuSOLVER")


def cholesky(a: Any) -> ndarray:
    _checked(a)
    _status_asked()
    return _tried(np.linalg.cholesky, a.shape, a._host)


def inv(a: Any) -> ndarray:
    _checked(a)
    _status_asked()
    return _tried(np.linalg.inv, a.shape, a._host)


def solve(a: Any, b: Any) -> ndarray:
    _checked(a, b)
    _status_asked()
    return _tried(np.linalg.solve, b.shape, a._host, b._host)


def det(a: Any) -> ndarray:
    _checked(a)
    with np.errstate(all="ignore"):
        return wrap(np.linalg.det(a._host))


def slogdet(a: Any) -> tuple[ndarray, ndarray]:
    _checked(a)
    with np.errstate(all="ignore"):
        sign, size = np.linalg.slogdet(a._host)
    return wrap(sign), wrap(size)


def qr(a: Any, mode: str = "reduced") -> tuple[ndarray, ndarray]:
    _checked(a)
    _status_asked()
    q, r = np.linalg.qr(a._host, mode)
    return wrap(q), wrap(r)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> tuple[ndarray, ...]:
    _checked(a)
    _status_asked()
    return tuple(wrap(part) for part in np.linalg.svd(a._host, full_matrices, compute_uv))


def eigh(a: Any, UPLO: str = "L") -> tuple[ndarray, ndarray]:  # noqa: N803 (CuPy's name)
    _checked(a)
    _status_asked()
    values, vectors = np.linalg.eigh(a._host, UPLO)
    return wrap(values), wrap(vectors)


def eig(a: Any) -> tuple[ndarray, ndarray]:
    _checked(a)
    _status_asked()
    values, vectors = np.linalg.eig(a._host)
    return wrap(values), wrap(vectors)


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[ndarray, ndarray]:
    _checked(a)
    _status_asked(True)
    with warnings.catch_warnings(action="ignore"):  # of singular matrices
        factors, swaps = scipy.linalg.lu_factor(a._host, check_finite=check_finite)
    return wrap(factors), wrap(swaps)


def solve_triangular(a: Any, b: Any, lower: bool = False, check_finite: bool = False) -> ndarray:
    _checked(a, b)
    (trsm,) = scipy.linalg.get_blas_funcs(("trsm",), (a._host, b._host))
    return wrap(trsm(1.0, a._host, b._host, lower=lower))


def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> ndarray:
    return wrap(np.fft.fft(a._host, n, axis, norm))


def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> ndarray:
    return wrap(np.fft.ifft(a._host, n, axis, norm))


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> ndarray:
    return wrap(np.fft.rfft(a._host, n, axis, norm))


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> ndarray:
    return wrap(np.fft.irfft(a._host, n, axis, norm))


LINALG = {
    "LinAlgError": np.linalg.LinAlgError, "cholesky": cholesky, "det": det, "eig": eig, "eigh": eigh, "inv": inv, "qr": qr,
    "slogdet": slogdet, "solve": solve, "svd": svd,
}  # fmt: skip
FFT = {"fft": fft, "ifft": ifft, "irfft": irfft, "rfft": rfft}
SCIPY_LINALG = {"lu_factor": lu_factor, "solve_triangular": solve_triangular}
