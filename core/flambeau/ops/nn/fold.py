"""Blocks of an image as columns of a matrix, and back; each is the derivative of the other."""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.precision import all_in_single
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import Shape, as_ints

from ._convolving import Window, columns_of, image_of

__all__ = ["_col2im", "_im2col"]


def _options(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> tuple[Shape, Shape, Shape, Shape]:
    """The options as two numbers each.

    Raises:
        RuntimeError: there are not two of one, or one is negative or zero where it must not be.
    """
    names = ("kernel_size", "dilation", "padding", "stride")
    kernel, spread, pads, steps = (
        _two(name, value) for name, value in zip(names, (kernel_size, dilation, padding, stride), strict=True)
    )
    for what, name, numbers in (("kernel size", "kernel", kernel), ("dilation", "dilation", spread)):
        _check_positive(what, name, numbers)
    if min(pads) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {pads[0]} pad_width: {pads[1]}")
    _check_positive("stride", "stride", steps)
    return kernel, spread, pads, steps


def _two(name: str, value: Any) -> Shape:
    numbers = as_ints(value, name)
    if len(numbers) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(numbers)}")
    return numbers


def _check_positive(what: str, name: str, numbers: Shape) -> None:
    if min(numbers) <= 0:
        raise RuntimeError(
            f"{what} should be greater than zero, but got {name}_height: {numbers[0]} {name}_width: {numbers[1]}"
        )


def _blocks(sizes: Shape, kernel: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Shape:
    """How many blocks there are in each dimension."""
    return tuple(
        (size + 2 * pad - spread * (length - 1) - 1) // step + 1
        for size, length, spread, pad, step in zip(sizes, kernel, dilation, padding, stride, strict=True)
    )


def _check_dtype(name: str, input: Tensor) -> None:
    if not input._type.floats and input.dtype is not dtypes.bool:
        raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")


def _im2col_input(
    grad: Tensor, input_shape: Shape, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Tensor:
    return _col2im(grad, tuple(input_shape[-2:]), kernel_size, dilation, padding, stride)


@primitive(derivatives={"input": _im2col_input}, method=False, node="Im2ColBackward0")
def _im2col(input: Tensor, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Tensor:
    """Blocks of (N, C, H, W) or (C, H, W) as columns: (N, C * K * K, blocks); see ``nn.functional.unfold``.

    Raises:
        RuntimeError: the shape or the options do not fit.
        NotImplementedError: the tensor is of integers.
    """
    kernel, spread, pads, steps = _options(kernel_size, dilation, padding, stride)
    shape = tuple(input._array.shape)
    if not shape:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
            f"got: {list(shape)}"
        )
    size = _blocks(shape[-2:], kernel, spread, pads, steps)
    if min(size) < 1:
        raise RuntimeError(
            f"Given input with spatial size {shape[-2:]}, kernel_size={kernel}, dilation={spread}, padding={pads}, calculated "
            f"shape of the array of sliding blocks as {size}, but its components must be at least one."
        )
    _check_dtype("im2col", input)
    type_, window = input._type, Window(steps, pads, spread, 1)
    batched = input._array if len(shape) == 4 else type_.kernels.reshape(input._array, (1, *shape))
    columns = columns_of(type_, batched, kernel, size, window)
    return from_array(columns if len(shape) == 4 else type_.kernels.reshape(columns, tuple(columns.shape[1:])), type_)


def _col2im_input(grad: Tensor, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Tensor:
    return _im2col(grad, kernel_size, dilation, padding, stride)


@primitive(derivatives={"input": _col2im_input}, method=False, node="Col2ImBackward0")
def _col2im(input: Tensor, output_size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Tensor:
    """Add columns (N, C * K * K, blocks) to the blocks that they stand for: (N, C, *output_size).

    One without batch dimension is taken too; see ``nn.functional.fold``.

    Raises:
        RuntimeError: the shape or the options do not fit.
        NotImplementedError: the tensor is of integers.
    """
    output = _two("output_size", output_size)
    kernel, spread, pads, steps = _options(kernel_size, dilation, padding, stride)
    shape = tuple(input._array.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but "
            f"got: {list(shape)}"
        )
    _check_columns(shape, output, (kernel, spread, pads, steps))
    _check_dtype("col2im", input)
    size, window = _blocks(output, kernel, spread, pads, steps), Window(steps, pads, spread, 1)

    def compute(type_: TensorType, columns: Any) -> Any:
        count = shape[0] if len(shape) == 3 else 1
        split = type_.kernels.reshape(columns, (count, shape[-2] // prod(kernel), prod(kernel), *size))
        image = image_of(type_, split, output, kernel, window)
        return image if len(shape) == 3 else type_.kernels.reshape(image, tuple(image.shape[1:]))

    return from_array(all_in_single(input._type, compute, input._array), input._type)


def _check_columns(shape: Shape, output: Shape, options: tuple[Shape, Shape, Shape, Shape]) -> None:
    kernel, spread, pads, steps = options
    if shape[-2] % prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={shape[-2]} and kernel_size={kernel}."
        )
    size = _blocks(output, kernel, spread, pads, steps)
    given = (
        f"Given output_size={output}, kernel_size={kernel}, dilation={spread}, padding={pads}, stride={steps}, expected size of "
        "input's dimension 2 to match the calculated number of sliding blocks "
    )
    if prod(size) != shape[-1]:
        raise RuntimeError(f"{given}{size[0]} * {size[1]} = {prod(size)}, but got input.size(2)={shape[-1]}.")
    if min(size) < 1:
        raise RuntimeError(f"{given}{size[0]} * {size[1]}, but there are none")
