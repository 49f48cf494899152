"""Fourier transforms over a module like ``numpy.fft``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["fft_kernels"]

_SINGLE = ("float32", "complex64")


def fft_kernels(module: Callable[[], Any]) -> dict[str, Callable[..., Array]]:
    """The kernels of the extension; ``module()`` is called when a transform is made."""

    def fft(a: Array, dim: int, inverse: bool) -> Array:
        result = module().ifft(a, axis=dim, norm="forward") if inverse else module().fft(a, axis=dim)
        return result.astype(a.dtype, copy=False)

    def rfft(a: Array, dim: int) -> Array:
        return module().rfft(a, axis=dim).astype("complex64" if a.dtype.name in _SINGLE else "complex128", copy=False)

    def irfft(a: Array, dim: int, n: int) -> Array:
        result = module().irfft(a, n, axis=dim, norm="forward")
        return result.astype("float32" if a.dtype.name in _SINGLE else "float64", copy=False)

    return {"fft": fft, "rfft": rfft, "irfft": irfft}
