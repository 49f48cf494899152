"""What the normalisations share: their checks, and statistics and slopes of channels.

A channel is what is normalised together: ``(outer, channels, inner)`` has statistics over its first and last dim. Computed is
in float32 where the input has 16 bits; the statistics that a result keeps are in the dtype of the parameters.
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

from flambeau import dtypes, layouts
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name

__all__ = [
    "Normalized", "Sums", "array_of", "as_taken", "channel_slope", "check_parameters", "in_format_of", "kept", "moments",
    "narrow", "reciprocal_root", "scaled", "slope", "standardized", "wide",
]  # fmt: skip


class Normalized(NamedTuple):
    """A result and what its backward pass needs: the mean, and one over the standard deviation."""

    values: Tensor
    mean: Tensor
    rstd: Tensor


# -- dtypes ----------------------------------------------------------------------------------------------


def wide(tensor: Any) -> Any:
    """A tensor without its history, in float32 where it has 16 bits; None stays."""
    if tensor is None:
        return None
    type_ = tensor._type
    if not type_.halves:
        return tensor.detach() if tensor._node is not None else tensor
    single = type_.with_dtype(dtypes.float32)
    return from_array(type_.kernels.cast(tensor._array, "float32"), single)


def as_taken(tensor: Any, kernel: str = "channel_moments") -> Any:
    """A tensor without its history as a kernel takes it: in float32 where it has 16 bits, unless the kernel computes so itself.

    The kernels of channels are alike in this.
    """
    return tensor.detach() if tensor._type.halves and tensor._type.takes(kernel) else wide(tensor)


def array_of(tensor: Tensor | None) -> Any:
    """The array of what :func:`wide` gives of a tensor; None stays."""
    return None if tensor is None else wide(tensor)._array


def narrow(tensor: Tensor, like: Tensor) -> Tensor:
    """A tensor in the dtype of another."""
    return tensor if tensor._type is like._type else tensor._to_type(like._type)


def kept(statistic: Tensor, input: Tensor, weight: Tensor | None) -> Tensor:
    """A statistic in the dtype in which it is kept: that of the parameters if there are some, otherwise the input's."""
    return narrow(statistic, input if weight is None else weight)


def check_parameters(kernel: str, input: Tensor, *parameters: Tensor | None) -> None:
    """Refuse what is not floating, and parameters of other dtypes than the input's; beside 16 bits, float32 is one too.

    Raises:
        NotImplementedError: the input is not of real floating point numbers.
        RuntimeError: a parameter has a dtype that does not go with the input's, or is on another device.
    """
    type_ = input._type
    if not type_.real_floats:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(type_.dtype)}'")
    given = [each._type for each in parameters if each is not None]
    if given.count(type_) == len(given):
        return
    check_places(kernel.removesuffix("KernelImpl"), input, *parameters)
    single = type_.with_dtype(dtypes.float32)
    if given.count(single) != len(given):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if not type_.halves:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


def in_format_of(result: Tensor, input: Tensor) -> Tensor:
    """The result with its channels last in memory where the input has them so."""
    if input.dim() not in (4, 5) or input._type.backend.is_contiguous(input._array):
        return result
    format = layouts.channels_last if input.dim() == 4 else layouts.channels_last_3d
    if not input.is_contiguous(memory_format=format):
        return result
    return result.contiguous(memory_format=format)


# -- channels --------------------------------------------------------------------------------------------


def moments(type_: TensorType, channels: Any) -> tuple[Any, Any]:
    """Mean and variance (with the divisor n) of each channel of an array (outer, channels, inner)."""
    kernel = type_.kernels.channel_moments
    if kernel is not None:
        found: tuple[Any, Any] = kernel(channels)
        return found
    values = from_array(channels, type_)
    mean = values.mean((0, 2), keepdim=True)
    deviation = values - mean
    return mean.reshape(-1)._array, (deviation * deviation).mean((0, 2))._array


def reciprocal_root(type_: TensorType, variance: Any, eps: float) -> Any:
    """One over the standard deviation, from the array of variances."""
    kernels = type_.kernels
    return kernels.rsqrt(kernels.add(variance, type_.number(eps)))


def scaled(type_: TensorType, channels: Any, mean: Any, scale: Any, bias: Any) -> Any:
    """``(channels - mean) * scale + bias`` of arrays, with one number of each a channel; no bias for None."""
    kernel = type_.kernels.channel_scale
    if kernel is not None:
        return kernel(channels, mean, scale, bias)
    numbers = [None if each is None else from_array(each, type_).unsqueeze(1) for each in (mean, scale, bias)]
    values: Tensor = (from_array(channels, type_) - numbers[0]) * numbers[1]
    return (values if numbers[2] is None else values + numbers[2]).contiguous()._array


def channel_slope(grad: Tensor, channels: Tensor, mean: Tensor, scale: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
    """``grad * scale + (channels - mean) * factor + shift``, all but the first two of one number a channel."""
    kernel = grad._type.kernels.channel_slope
    if kernel is not None:
        numbers = (mean._array, scale._array, factor._array, shift._array)
        return from_array(kernel(grad._array, channels._array, *numbers), grad._type)
    deviation = channels - mean.unsqueeze(1)
    found: Tensor = grad * scale.unsqueeze(1) + deviation * factor.unsqueeze(1) + shift.unsqueeze(1)
    return found.contiguous()


class Sums:
    """The sums over channels that the formulas of input, weight and bias want alike: a pass over everything gives them."""

    __slots__ = ("_grad", "_sums")

    def __init__(self) -> None:
        self._grad: Any = None
        self._sums: Any = None

    def __call__(self, grad: Tensor, channels: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
        """The sums of ``grad``, and of ``grad * (channels - mean)``, kept for the same gradient."""
        if self._grad is None or self._grad() is not grad:
            self._sums = _channel_sums(as_taken(grad).reshape(channels.shape), channels, mean)
            self._grad = weakref.ref(grad)
        found: tuple[Tensor, Tensor] = self._sums
        return found


def _channel_sums(grad: Tensor, channels: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    kernel = grad._type.kernels.channel_sums
    if kernel is not None:
        total, product = kernel(grad._array, channels._array, mean._array)
        return from_array(total, mean._type), from_array(product, mean._type)
    return grad.sum((0, 2)), (grad * (channels - mean.unsqueeze(1))).sum((0, 2))


# -- what is differentiated once more --------------------------------------------------------------------


def standardized(input: Tensor, dims: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor]:
    """The input with mean 0 and variance 1 over ``dims``, and one over its standard deviation; gradients flow through."""
    deviation = input - input.mean(dims, keepdim=True)
    rstd = ((deviation * deviation).mean(dims, keepdim=True) + eps).rsqrt()
    return deviation * rstd, rstd


def slope(grad: Tensor, normal: Tensor, rstd: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The gradient of the input from that of what :func:`standardized` gives."""
    found: Tensor = rstd * (grad - grad.mean(dims, keepdim=True) - normal * (grad * normal).mean(dims, keepdim=True))
    return found
