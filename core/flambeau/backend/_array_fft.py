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
        function, norm = (module().ifft, "forward") if inverse else (module().fft, "backward")
        return _innermost(a, dim, lambda rows: function(rows, norm=norm).astype(a.dtype, copy=False))

    def rfft(a: Array, dim: int) -> Array:
        dtype = "complex64" if a.dtype.name in _SINGLE else "complex128"
        return _innermost(a, dim, lambda rows: module().rfft(rows).astype(dtype, copy=False))

    def irfft(a: Array, dim: int, n: int) -> Array:
        dtype = "float32" if a.dtype.name in _SINGLE else "float64"
        return _innermost(a, dim, lambda rows: module().irfft(rows, n, norm="forward").astype(dtype, copy=False))

    return {"fft": fft, "rfft": rfft, "irfft": irfft}


def _innermost(a: Any, dim: int, function: Callable[[Any], Any]) -> Any:
    """What a function of the last dim gives for ``dim``, which lies innermost in memory then, behind the others in their order.

    PyTorch's results lie so.
    """
    if dim == a.ndim - 1 and a.flags.c_contiguous:
        return function(a)
    others = sorted((each for each in range(a.ndim) if each != dim), key=lambda each: -a.strides[each])
    order = [*others, dim]
    return function(a.transpose(order)).transpose([order.index(each) for each in range(a.ndim)])
