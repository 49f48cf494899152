"""Complex numbers for compositions: arrays of parts out of arrays of numbers, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["apart", "complex_by", "scaled", "together"]


def apart(type_: Any, a: Any) -> tuple[Any, Any]:
    """The real and the imaginary parts."""
    kernels, shape = type_.kernels, tuple(a.shape)
    pairs = kernels.bitcast(kernels.reshape(kernels.clone(a, False), (*shape, 1)), type_.dtype.to_real().name)
    starts, lengths, steps = (0,) * len(shape), (*shape, 1), (1,) * (len(shape) + 1)
    real, imag = [kernels.slice(pairs, (*starts, part), lengths, steps) for part in (0, 1)]
    return kernels.reshape(real, shape), kernels.reshape(imag, shape)


def together(type_: Any, real: Any, imag: Any) -> Any:
    """The numbers with these parts, which are of one shape."""
    kernels, shape = type_.kernels, tuple(real.shape)
    pairs = kernels.concat([kernels.reshape(part, (*shape, 1)) for part in (real, imag)], len(shape))
    return kernels.reshape(kernels.bitcast(pairs, type_.dtype.name), shape)


def scaled(type_: Any, a: Any, factor: float) -> Any:
    """The numbers times a real one, part by part: as a product of complex numbers, an infinite part gives nan."""
    real_type = type_.with_dtype(type_.dtype.to_real())
    number = real_type.number(factor)
    real, imag = apart(type_, a)
    return together(type_, real_type.kernels.mul(real, number), real_type.kernels.mul(imag, number))


def complex_by(formula: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """The composition that computes complex numbers by ``formula``, and all others by the one that is given for them."""
    return lambda type_, *arrays: (formula if type_.complex else otherwise)(type_, *arrays)
