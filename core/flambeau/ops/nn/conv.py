"""Convolutions over one, two and three dimensions, and transposed ones.

There are three rows, which are the derivatives of one another: what a convolution gives, what a gradient makes of its input
(which is the transposed convolution) and what it makes of its weight. All are linear in each operand.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused
from flambeau._dispatch.precision import all_in_single
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order
from flambeau.errors import level_of_caller
from flambeau.ops.movement.joining import channels_order
from flambeau.ops.movement.padding import constant_pad_nd
from flambeau.ops.movement.shapes import squeeze, unsqueeze
from flambeau.ops.movement.slicing import _narrow
from flambeau.ops.reductions.sums import sum
from flambeau.shapes import Shape, as_int

from . import _convolving
from ._conv_checks import check_types, numbers_of, per_dimension, planned

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "convolution",
]  # fmt: skip

Numbers = int | Sequence[int]


# -- the rows ---------------------------------------------------------------


def _computed(
    compute: Callable[..., Any], first: Tensor, second: Tensor, bias: Tensor | None, size: Shape, window: Any
) -> Tensor:
    """What a function of arrays gives, in the order of memory that one of the operands has."""
    type_ = first._type
    arrays = [first._array, second._array, *([] if bias is None else [bias._array])]

    def of_arrays(type_: Any, first: Any, second: Any, bias: Any = None) -> Any:
        return compute(type_, first, second, bias, size, _convolving.Window(*window))

    result = from_array(all_in_single(type_, of_arrays, *arrays, kernel="convolution"), type_)
    if len(result._array.shape) == 5 and type_.dtype not in _KEEPING:
        return result
    order = channels_order(first) or channels_order(second)
    return result if order is None else in_memory_order(result, order)


_KEEPING = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.complex64})
"""The dtypes whose convolutions of three dimensions keep channels innermost, as PyTorch's do."""


def _bias(grad: Tensor) -> Tensor:
    return sum(grad, (0, *range(2, grad.dim())))


def _of_input(
    grad: Tensor, input_shape: Shape, weight: Tensor, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution_input(grad, weight, None, tuple(input_shape[2:]), stride, padding, dilation, groups)


def _of_weight(
    grad: Tensor, input: Tensor, weight_shape: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution_weight(input, grad, tuple(weight_shape[2:]), stride, padding, dilation, groups)


@fused(
    "convolution",
    derivatives={"input": _of_input, "weight": _of_weight, "bias": _bias},
    method=False,
    node="ConvolutionBackward0",
)
def _convolution(
    input: Tensor, weight: Tensor, bias: Tensor | None, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:  # fmt: skip
    window = (stride, padding, dilation, groups)
    return _computed(_convolving.convolved, input, weight, bias, size, window)


def _again(
    grad: Tensor, input_shape: Shape, weight: Tensor, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution(grad, weight, None, tuple(input_shape[2:]), stride, padding, dilation, groups)


def _of_transposed_weight(
    grad: Tensor, input: Tensor, weight_shape: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution_weight(grad, input, tuple(weight_shape[2:]), stride, padding, dilation, groups)


@fused(
    "convolution_input",
    derivatives={"input": _again, "weight": _of_transposed_weight, "bias": _bias},
    method=False,
    node="ConvolutionBackward0",
)
def _convolution_input(
    input: Tensor, weight: Tensor, bias: Tensor | None, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:  # fmt: skip
    window = (stride, padding, dilation, groups)
    return _computed(_convolving.slope_of_input, input, weight, bias, size, window)


def _weight_input(
    grad: Tensor, input_shape: Shape, output: Tensor, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution_input(output, grad, None, tuple(input_shape[2:]), stride, padding, dilation, groups)


def _weight_output(
    grad: Tensor, input: Tensor, output_shape: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    return _convolution(input, grad, None, tuple(output_shape[2:]), stride, padding, dilation, groups)


@fused(
    "convolution_weight",
    derivatives={"input": _weight_input, "output": _weight_output},
    method=False,
    node="ConvolutionBackwardBackward0",
)
def _convolution_weight(
    input: Tensor, output: Tensor, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Tensor:
    def compute(type_: Any, input: Any, output: Any, bias: None, size: Shape, window: Any) -> Any:
        return _convolving.slope_of_weight(type_, input, output, size, window)

    return _computed(compute, input, output, None, size, (stride, padding, dilation, groups))


# -- what programs call ---------------------------------------------------------------


@composite(method=False)
def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    transposed: bool,
    output_padding: Numbers,
    groups: int,
) -> Tensor:
    """Convolve (N, C, …) over as many dimensions as the weight has kernel sizes. Source: ``torch.convolution``.

    Args:
        input: (N, C, …), floating point or integers.
        weight: (O, C / groups, …), or (C, O / groups, …) of a transposed convolution.
        bias: (O,), or None.
        stride: how many places the kernel moves at a time.
        padding: how many zeros are added at both ends of every dimension.
        dilation: how far apart the elements of the kernel are.
        transposed: whether to compute what the gradient of a convolution makes of its input.
        output_padding: how many places are added at the end of the result of a transposed convolution.
        groups: into how many groups the channels are split, which do not mix.

    Raises:
        RuntimeError: shapes, dtypes or options do not fit.
        NotImplementedError: the dtype has no convolution.

    Example:
        >>> import flambeau as torch
        >>> x, w = torch.arange(5.0).reshape(1, 1, 5), torch.ones(1, 1, 2)
        >>> torch.convolution(x, w, None, [1], [0], [1], False, [0], 1)
        tensor([[[1., 3., 5., 7.]]])
    """
    dims = weight.dim() - 2
    _check_kernel_dims(weight)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": output_padding}
    steps, pads, spreads, added = (per_dimension(value, name, dims) for name, value in options.items())
    return _of_numbers(input, weight, bias, steps, pads, spreads, added, transposed, as_int(groups, "groups"))


def _of_numbers(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    output_padding: Shape,
    transposed: bool,
    groups: int,
) -> Tensor:
    """The convolution with a number for every dimension of the weight's kernel."""
    shapes = (input._array.shape, weight._array.shape, None if bias is None else bias._array.shape)
    size = planned(*shapes, stride, padding, dilation, output_padding, groups, transposed)
    check_types(input, weight, bias, transposed)
    if not input._array.shape[1]:  # PyTorch gives no channels then, not those of the bias
        weight, bias = _narrow(weight, 0, 0, 0), None if bias is None else _narrow(bias, 0, 0, 0)
    row = _convolution_input if transposed else _convolution
    return row(input, weight, bias, size, stride, padding, dilation, groups)


def _for_weight(weight: Tensor, dims: int, **options: Any) -> list[Shape]:
    """The numbers of a function over so many dimensions, one for each that the weight has.

    Raises:
        RuntimeError: the weight has others.
    """
    _check_kernel_dims(weight)
    meant = len(weight._array.shape) - 2
    return [per_dimension(numbers_of(value, name, dims), name, meant) for name, value in options.items()]


def _check_kernel_dims(weight: Tensor) -> None:
    if len(weight._array.shape) < 3:
        raise RuntimeError("weight should have at least three dimensions")


def _check_dims(name: str, input: Tensor, dims: int) -> None:
    if len(input._array.shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )


def _batched(input: Tensor, dims: int, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """A convolution of samples; one without batch dimension gets one for as long as it takes."""
    if input.dim() == dims + 2:
        return compute(input)
    return squeeze(compute(unsqueeze(input, 0)), 0)


def _conv(
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: str | Numbers,
    dilation: Numbers,
    groups: int,
) -> Tensor:
    _check_dims(f"conv{dims}d", input, dims)
    if padding.__class__ is str:
        _check_named(padding, input, weight, dims)
    steps, spreads = _for_weight(weight, dims, stride=stride, dilation=dilation)
    groups, none = as_int(groups, "groups"), (0,) * dims

    def compute(input: Tensor) -> Tensor:
        pads = none
        if padding.__class__ is not str:
            (pads,) = _for_weight(weight, dims, padding=padding)
        elif padding == "same":
            input, pads = _same(input, weight, steps, spreads)
        return _of_numbers(input, weight, bias, steps, pads, spreads, none, False, groups)

    return _batched(input, dims, compute)


def _check_named(padding: str, input: Tensor, weight: Tensor, dims: int) -> None:
    """Refuse a padding that there is not and, before the options, a weight that "same" places cannot be computed of."""
    if padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: {padding!r}")
    _check_kernel_dims(weight)
    if padding == "same" and weight.dim() != dims + 2:
        shape = [1] * (dims + 2 - input.dim()) + list(input.shape)
        raise RuntimeError(
            f"Expected {weight.dim()}-dimensional input for {weight.dim()}-dimensional weight{list(weight.shape)}, but got "
            f"{dims + 2}-dimensional input of size {shape} instead"
        )


def _same(input: Tensor, weight: Tensor, stride: Shape, dilation: Shape) -> tuple[Tensor, Shape]:
    """The padding that gives as many places as there are; where it is odd, the input gets a zero more at the end."""
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    dilation = per_dimension(dilation, "dilation", weight.dim() - 2)
    totals = [spread * (size - 1) for spread, size in zip(dilation, weight.shape[2:], strict=True)]
    if any(total % 2 for total in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input be "
            "created",
            stacklevel=level_of_caller(),
        )
        odd = [number for total in reversed(totals) for number in (0, total % 2)]
        input = constant_pad_nd(input, odd, 0)
    return input, tuple(max(total, 0) // 2 for total in totals)


@composite(method=False)
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: str | Numbers = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (N, C, L) or (C, L) with a weight (O, C / groups, K). Source: ``torch.nn.functional.conv1d``.

    See :func:`conv2d` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.conv1d(torch.arange(5.0).reshape(1, 5), torch.ones(1, 1, 3), padding="same")
        tensor([[1., 3., 6., 9., 7.]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: str | Numbers = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (N, C, H, W) or (C, H, W) with a weight (O, C / groups, K, K). Source: ``torch.nn.functional.conv2d``.

    Args:
        input: floating point numbers or integers. Floats of 16 bits are computed in 32 bits and rounded once.
        weight: of the input's dtype.
        bias: (O,), or None.
        stride: how many places the kernel moves at a time, one number or one for every dimension, as below.
        padding: how many zeros are added at both ends; ``"valid"`` for none, ``"same"`` for as many as give the result
            the places of the input.
        dilation: how far apart the elements of the kernel are.
        groups: into how many groups the channels are split, which do not mix.

    Raises:
        RuntimeError: the shapes, dtypes or options do not fit, or the kernel is larger than the padded input.
        NotImplementedError: the tensors are bool.

    Example:
        >>> import flambeau as torch
        >>> torch.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), torch.tensor([0.5]))
        tensor([[[[4.5000, 4.5000],
                  [4.5000, 4.5000]]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: str | Numbers = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (N, C, D, H, W) or (C, D, H, W) with (O, C / groups, K, K, K). Source: ``torch.nn.functional.conv3d``.

    See :func:`conv2d` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.conv3d(torch.ones(1, 1, 2, 2, 2), torch.ones(3, 1, 2, 2, 2)).flatten()
        tensor([8., 8., 8.])
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    options: tuple[Numbers, Numbers, Numbers, Numbers],
    groups: int,
) -> Tensor:
    _check_dims(f"conv_transpose{dims}d", input, dims)
    names = ("stride", "padding", "output_padding", "dilation")
    stride, padding, added, dilation = _for_weight(weight, dims, **dict(zip(names, options, strict=True)))
    groups = as_int(groups, "groups")

    def compute(input: Tensor) -> Tensor:
        return _of_numbers(input, weight, bias, stride, padding, dilation, added, True, groups)

    return _batched(input, dims, compute)


@composite(method=False)
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """Transposed convolution of (N, C, L) or (C, L). Source: ``torch.nn.functional.conv_transpose1d``.

    See :func:`conv_transpose2d` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.conv_transpose1d(torch.ones(1, 1, 2), torch.ones(1, 1, 2), stride=2)
        tensor([[[1., 1., 1., 1.]]])
    """
    return _conv_transpose(1, input, weight, bias, (stride, padding, output_padding, dilation), groups)


@composite(method=False)
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """Transposed convolution of (N, C, H, W) or (C, H, W): what the gradient of a convolution makes of its input.

    Source of the semantics: ``torch.nn.functional.conv_transpose2d``.

    Args:
        input: floating point numbers or int64.
        weight: (C, O / groups, K, K), of the input's dtype.
        bias: (O,), or None.
        stride: how many places an element of the input moves the kernel.
        padding: how many places are taken away at both ends of the result.
        output_padding: how many are added at its end; less than the stride or the dilation.
        groups: into how many groups the channels are split, which do not mix.
        dilation: how far apart the elements of the kernel are.

    Raises:
        RuntimeError: the shapes, dtypes or options do not fit, or the result would have no places.
        NotImplementedError: the tensors are of other integers.

    Example:
        >>> import flambeau as torch
        >>> torch.conv_transpose2d(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 2, 2))
        tensor([[[[1., 2., 1.],
                  [1., 2., 1.]]]])
    """
    return _conv_transpose(2, input, weight, bias, (stride, padding, output_padding, dilation), groups)


@composite(method=False)
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """Transposed convolution of (N, C, D, H, W) or (C, D, H, W). Source: ``torch.nn.functional.conv_transpose3d``.

    See :func:`conv_transpose2d` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.conv_transpose3d(torch.ones(1, 1, 1, 1, 1), torch.ones(1, 2, 2, 2, 2)).shape
        torch.Size([1, 2, 2, 2, 2])
    """
    return _conv_transpose(3, input, weight, bias, (stride, padding, output_padding, dilation), groups)


@composite(method=False)
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolve (time, batch, channels) with a weight (K, channels, O). Source: ``torch.conv_tbc``.

    Raises:
        RuntimeError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.conv_tbc(torch.ones(3, 1, 1), torch.ones(2, 1, 1), torch.zeros(1)).flatten()
        tensor([2., 2.])
    """
    for tensor, what, dims, parts in (
        (input, "Input", 3, "time, batch, in_channel"),
        (weight, "Weight tensor", 3, "kernel_width, in_channels, out_channels."),
        (bias, "Bias", 1, ""),
    ):
        if tensor.dim() != dims:
            must = f"must have {dims} dims: {parts}" if dims == 3 else "must be 1-D"
            raise RuntimeError(f"{what} {must}")
    if input.size(2) != weight.size(1):
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if weight.size(2) != bias.size(0):
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    moved = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, as_int(pad, "pad"))
    return moved.permute(2, 0, 1).contiguous()
