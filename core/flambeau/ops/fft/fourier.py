"""The three Fourier transforms that all others are made of, along one dimension and without a factor."""

from __future__ import annotations

from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau.ops.elementwise.complex_parts import conj, real
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.slicing import _narrow, _pad_zeros
from flambeau.shapes import Shape

__all__: list[str] = []  # public in flambeau.fft


def resized(input: Tensor, dim: int, size: int) -> Tensor:
    """``input`` cut, or filled up with zeros, to a size along ``dim``."""
    shape = tuple(input.shape)
    if shape[dim] > size:
        return _narrow(input, dim, 0, size)
    if shape[dim] < size:
        after = tuple(size - shape[dim] if d == dim else 0 for d in range(len(shape)))
        return _pad_zeros(input, (0,) * len(shape), after)
    return input


def _fft_input(grad: Tensor, dim: int, inverse: bool) -> Tensor:
    return _fft(grad, dim, not inverse)


@primitive(derivatives={"input": _fft_input}, method=False, holomorphic=False, node="FftC2CBackward0")
def _fft(input: Tensor, dim: int, inverse: bool) -> Tensor:
    return from_array(input._type.kernels.fft(input._array, dim, inverse), input._type)


def _rfft_input(grad: Tensor, input_shape: Shape, dim: int) -> Tensor:
    return real(_fft(resized(grad, dim, input_shape[dim]), dim, True))


@primitive(derivatives={"input": _rfft_input}, method=False, holomorphic=False, node="FftR2CBackward0")
def _rfft(input: Tensor, dim: int) -> Tensor:
    type_ = input._type
    return from_array(type_.kernels.rfft(input._array, dim), type_.with_dtype(type_.dtype.to_complex()))


def _irfft_input(grad: Tensor, dim: int, n: int) -> Tensor:
    """The numbers in the middle stand for their conjugates too."""
    half = _rfft(grad, dim)
    size = half.shape[dim]
    last = size - 1 if n % 2 == 0 else size
    if last <= 1:
        return half
    parts = [_narrow(half, dim, 0, 1), _narrow(half, dim, 1, last - 1) * 2.0, _narrow(half, dim, last, size - last)]
    return cat(parts, dim)


@primitive(derivatives={"input": _irfft_input}, method=False, holomorphic=False, node="FftC2RBackward0")
def _irfft(input: Tensor, dim: int, n: int) -> Tensor:
    type_ = input._type
    return from_array(type_.kernels.irfft(input._array, dim, n), type_.with_dtype(type_.dtype.to_real()))


def hermitian(input: Tensor, dim: int, n: int) -> Tensor:
    """The real transform of a signal of which the first half is given."""
    return _irfft(conj(input), dim, n)
