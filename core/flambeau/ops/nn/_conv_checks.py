"""What a convolution asks of its operands and options, with PyTorch's errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.out import c_name
from flambeau._dispatch.runtime import common_type
from flambeau._tensor import Tensor
from flambeau.dtypes import legacy_type_name, scalar_type_name
from flambeau.shapes import Shape, as_ints

__all__ = ["check_types", "numbers_of", "per_dimension", "planned"]

_NAMES = {2: ("height", "width"), 3: ("depth", "height", "width")}


_INTS = {int}


def numbers_of(value: Any, name: str, dims: int) -> Shape:
    """The numbers of an option; one number is for every dimension.

    Raises:
        TypeError: one is no int.
    """
    if value.__class__ is int:
        return (value,) * dims
    if value.__class__ is not tuple or {*map(type, value)} != _INTS:  # else as they mostly are
        value = as_ints(value, name)
    numbers: Shape = value * dims if len(value) == 1 else value
    return numbers


def per_dimension(value: Any, name: str, dims: int) -> Shape:
    """One number for every dimension of the kernel.

    Raises:
        RuntimeError: there are neither as many nor one.
        TypeError: it is no int.
    """
    numbers = numbers_of(value, name, dims)
    if len(numbers) != dims:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {dims} values to match the convolution dimensions, "
            f"but got {name}={list(numbers)}"
        )
    return numbers


@lru_cache(maxsize=1024)
def planned(
    input: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    output_padding: Shape,
    groups: int,
    transposed: bool,
) -> Shape:
    """How many places a convolution of these shapes has in every dimension; remembered, as programs repeat them.

    Raises:
        RuntimeError: shapes and options do not fit.
    """
    _check_window(stride, padding, dilation, output_padding, groups)
    _check_operands(input, weight, bias, groups, transposed)
    if transposed:
        return _sizes_of_transposed(input, weight, stride, padding, dilation, output_padding)
    return _sizes(input, weight, stride, padding, dilation)


def _check_window(stride: Shape, padding: Shape, dilation: Shape, output_padding: Shape, groups: int) -> None:
    """Refuse options that no convolution has."""
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    for numbers, name in ((padding, "padding"), (output_padding, "output_padding")):
        if any(number < 0 for number in numbers):
            raise RuntimeError(f"negative {name} is not supported")
    if any(number <= 0 for number in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(number <= 0 for number in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")


def _check_kernel(kernel: Shape) -> None:
    if not all(kernel):
        found = f": {_times(kernel)} (TxHxW)" if len(kernel) == 3 else f" {_by_name('kernel', kernel)}"
        raise RuntimeError(f"kernel size should be greater than zero, but got{found}")


def _by_name(what: str, numbers: Sequence[int], fill: int = 1) -> str:
    """Numbers with the names of their dimensions; PyTorch computes one dimension as the second of two."""
    if len(numbers) == 1:
        numbers = (fill, *numbers)
    names = _NAMES.get(len(numbers)) or tuple(map(str, range(len(numbers))))
    return " ".join(f"{what}_{name}: {number}" for name, number in zip(names, numbers, strict=True))


def _check_operands(input: Shape, weight: Shape, bias: Shape | None, groups: int, transposed: bool) -> None:
    """Refuse shapes that do not fit one another."""
    shape = list(weight)
    if len(shape) != len(input):
        raise RuntimeError(
            f"Expected {len(shape)}-dimensional input for {len(shape)}-dimensional weight {shape}, but got "
            f"{len(input)}-dimensional input of size {list(input)} instead"
        )
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {shape} "
            "instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
            f"[{shape}] instead"
        )
    channels, outputs = (shape[0], shape[1] * groups) if transposed else (shape[1] * groups, shape[0])
    if input[1] != channels:
        what = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {what}, weight of size {shape}, expected input{list(input)} to have {channels} channels, but got {input[1]} "
            "channels instead"
        )
    if bias is not None and bias != (outputs,):
        what = f"transposed=1, weight of size {shape}" if transposed else f"weight of size {shape}"
        raise RuntimeError(
            f"Given {what}, expected bias to be 1-dimensional with {outputs} elements, but got bias of size {list(bias)} instead"
        )
    _check_kernel(weight[2:])


def check_types(input: Tensor, weight: Tensor, bias: Tensor | None, transposed: bool) -> None:
    """Refuse operands of several dtypes or devices, and numbers that PyTorch has no convolution of."""
    type_ = input._type
    if (
        weight._type is type_
        and (bias is None or bias._type is type_)
        and (type_.floats or type_.dtype is dtypes.int64)
    ):
        return
    common_type("convolution", [each for each in (input, weight, bias) if each is not None])
    if bias is not None and bias.dtype is not input.dtype and not transposed:
        found, given = c_name(input.dtype), c_name(bias.dtype)
        raise RuntimeError(f"Input type ({found}) and bias type ({given}) should be the same")
    _check_implemented(input, transposed)
    for what, operand in (("weight", weight), ("bias", bias)):
        if operand is not None and operand.dtype is not input.dtype:
            raise _mixed(input, operand, what)


def _check_implemented(input: Tensor, transposed: bool) -> None:
    dtype, three = input.dtype, input.dim() == 5
    if transposed and not input._type.floats and dtype is not dtypes.int64:
        name = f"slow_conv_transpose{3 if three else 2}d_out_cpu"
    elif dtype is dtypes.bool:
        name = "compute_columns3d" if three else "slow_conv2d_cpu"
    else:
        return
    raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_type_name(dtype)}'")


def _mixed(input: Tensor, operand: Tensor, what: str) -> RuntimeError:
    """The error of an operand of another dtype; PyTorch has words of their own for complex numbers and floats of 16 bits."""
    dtype, other = input.dtype, operand.dtype
    if not dtype.is_complex and not input._type.halves:
        return RuntimeError(f"expected scalar type {scalar_type_name(dtype)} but found {scalar_type_name(other)}")
    found, given = (_type_words(each.dtype, each.device) for each in (input, operand))
    return RuntimeError(f"Input type ({found}) and {what} type ({given}) should be the same")


def _type_words(dtype: dtypes.dtype, device: Any) -> str:
    if dtype in (dtypes.bfloat16, dtypes.bool) or dtype.is_complex:
        return f"{device.type.upper()}{scalar_type_name(dtype)}Type"
    return legacy_type_name(dtype, device)


def _sizes(input: Shape, weight: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    """How many places a convolution has in every dimension.

    Raises:
        RuntimeError: the kernel does not fit into the input.
    """
    padded = [size + 2 * pad for size, pad in zip(input[2:], padding, strict=True)]
    extents = [step * (size - 1) + 1 for step, size in zip(dilation, weight[2:], strict=True)]
    if any(extent > size for extent, size in zip(extents, padded, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_times(padded)}). Kernel size: ({_times(extents)}). Kernel size can't "
            "be greater than actual input size"
        )
    _check_places(input)
    return tuple((size - extent) // step + 1 for size, extent, step in zip(padded, extents, stride, strict=True))


def _check_places(input: Shape) -> None:
    """Refuse samples without places; PyTorch computes one dimension as the second of two."""
    count, channels, *places = input
    if count and channels and 0 in places:
        shape = [count, channels, *([1] if len(places) == 1 else []), *places]
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {shape}")


def _sizes_of_transposed(
    input: Shape, weight: Shape, stride: Shape, padding: Shape, dilation: Shape, output_padding: Shape
) -> Shape:
    """How many places a transposed convolution has in every dimension.

    Raises:
        RuntimeError: there are none, in the input or in the result, or the output padding is too large.
    """
    _check_places(input)
    if any(
        added >= step and added >= spread for added, step, spread in zip(output_padding, stride, dilation, strict=True)
    ):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"{_by_name('output_padding', output_padding, 0)} {_by_name('stride', stride)} {_by_name('dilation', dilation)}"
        )
    places = input[2:]
    sizes = tuple(
        (place - 1) * step - 2 * pad + spread * (extent - 1) + added + 1
        for place, step, pad, spread, extent, added in zip(
            places, stride, padding, dilation, weight[2:], output_padding, strict=True
        )
    )
    if min(sizes) < (1 if input[0] else 0):  # of no sample there may be no place
        before, after = (_times((1, *each) if len(each) == 1 else each) for each in (places, sizes))
        raise RuntimeError(
            f"Given input size per channel: ({before}). Calculated output size per channel: ({after}). Output size is too small"
        )
    return sizes


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
