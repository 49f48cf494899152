"""Normalisation of the last dims, of groups of channels, and of neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from flambeau._dispatch.declare import fused
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.ops.creation._own import own
from flambeau.ops.movement.padding import pad
from flambeau.shapes import Shape, float_argument, int_argument
from flambeau.type_info import finfo

from ._norms import (
    Normalized,
    Sums,
    array_of,
    as_taken,
    channel_slope,
    check_parameters,
    in_format_of,
    kept,
    moments,
    narrow,
    reciprocal_root,
    scaled,
    slope,
    standardized,
    wide,
)
from ._windows import sizes_argument

__all__ = ["group_norm", "layer_norm", "native_group_norm", "native_layer_norm", "rms_norm"]


def _single(tensor: Tensor) -> Tensor:
    """In float32 where it has 16 bits, with its history."""
    return tensor.float() if tensor._type.halves else tensor


# -- the last dims ---------------------------------------------------------------------------------------


def _last(input: Tensor, count: int) -> Shape:
    return tuple(range(-count, 0))


def _rows(tensor: Tensor, length: int) -> Any:
    """The array of a tensor as rows of that length."""
    type_, array = tensor._type, tensor._array
    return type_.kernels.reshape(array, (prod(array.shape) // max(length, 1), length))


def _shaped(array: Any, shape: tuple[int, ...], type_: TensorType) -> Tensor:
    """The tensor of what a kernel gave as rows."""
    return from_array(array if array.shape == shape else type_.kernels.reshape(array, shape), type_)


def _taken(kernel: str, input: Tensor, *others: Tensor | None) -> list[Any]:
    """Tensors as a kernel takes them: in float32 if it does not take the input's dtype, or one of them is of another."""
    type_, tensors = input._type, (input, *others)
    if type_.halves and type_.takes(kernel) and all(each is None or each._type is type_ for each in others):
        return [None if each is None else each.detach() for each in tensors]
    return [wide(each) for each in tensors]


def _layer_input(
    grad: Tensor, input: Tensor, weight: Tensor | None, count: int, eps: float, mean: Tensor, rstd: Tensor
) -> Tensor:
    dims = _last(input, count)
    if grad_enabled():
        weighted = _single(grad) if weight is None else _single(grad) * _single(weight)
        return slope(weighted, *standardized(_single(input), dims, eps), dims).to(input.dtype)
    (x, grad, weight), mean, rstd = _taken("layer_norm_backward", input, grad, weight), wide(mean), wide(rstd)
    kernel, length = x._type.kernels.layer_norm_backward, prod(input._array.shape[-count:])
    if kernel is None or not input.numel():
        x, grad, weight = wide(x), wide(grad), wide(weight)
        weighted = grad if weight is None else grad * weight
        return narrow(slope(weighted, (x - mean) * rstd, rstd, dims), input)
    row = None if weight is None else weight._type.kernels.reshape(weight._array, (weight.numel(),))
    found = kernel(_rows(grad, length), _rows(x, length), _rows(mean, 1), _rows(rstd, 1), row)
    return narrow(_shaped(found, input._array.shape, x._type), input)


def _layer_weight(
    grad: Tensor, input: Tensor, weight: Tensor, count: int, eps: float, mean: Tensor, rstd: Tensor
) -> Tensor:
    if grad_enabled():
        normal, _ = standardized(_single(input), _last(input, count), eps)
        return _over_rows(_single(grad) * normal, count).to(weight.dtype)
    (x, grad), mean, rstd = _taken("layer_norm_weight", input, grad), wide(mean), wide(rstd)
    kernel, length = x._type.kernels.layer_norm_weight, prod(weight._array.shape)
    if kernel is None or not input.numel():
        return narrow(_over_rows((wide(x) - mean) * rstd * wide(grad), count), weight)
    found = kernel(_rows(grad, length), _rows(x, length), _rows(mean, 1), _rows(rstd, 1))
    return narrow(_shaped(found, weight._array.shape, mean._type), weight)


def _layer_bias(grad: Tensor, bias: Tensor, count: int) -> Tensor:
    return _over_rows(grad if grad._type is bias._type else _single(grad), count).to(bias.dtype)


def _over_rows(tensor: Tensor, count: int) -> Tensor:
    """The sum over all but the last dims."""
    dims = tuple(range(tensor.dim() - count))
    return tensor.sum(dims) if dims else tensor


@fused(
    "layer_norm",
    derivatives={"input": _layer_input, "weight": _layer_weight, "bias": _layer_bias},
    outputs=("values", "mean", "rstd"),
    method=False,
    node="NativeLayerNormBackward0",
)
def _layer_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, count: int, eps: float) -> Normalized:
    x, w, b = _taken("layer_norm", input, weight, bias)
    kernel, shape = x._type.kernels.layer_norm, x._array.shape
    if kernel is None or 0 in shape:
        return _composed_layer_norm(input, weight, wide(x), wide(w), wide(b), count, eps)
    if count == 1:
        rows = x._array if len(shape) == 2 else _rows(x, shape[-1])
        values, mean, rstd = kernel(rows, None if w is None else w._array, None if b is None else b._array, eps)
        outer = (*shape[:-1], 1)
    else:
        row = [None if each is None else x._type.kernels.reshape(each._array, (each.numel(),)) for each in (w, b)]
        values, mean, rstd = kernel(_rows(x, prod(shape[-count:])), *row, eps)
        outer = (*shape[:-count], *[1] * count)
    single = x._type.single()
    values, mean, rstd = _shaped(values, shape, x._type), _shaped(mean, outer, single), _shaped(rstd, outer, single)
    if single is input._type:  # neither is narrower
        return Normalized(values, mean, rstd)
    return Normalized(narrow(values, input), kept(mean, input, weight), kept(rstd, input, weight))


def _composed_layer_norm(
    input: Tensor, weight: Tensor | None, x: Tensor, w: Tensor | None, b: Tensor | None, count: int, eps: float
) -> Normalized:
    dims = _last(x, count)
    mean = x.mean(dims, keepdim=True)
    deviation = x - mean
    rstd = ((deviation * deviation).mean(dims, keepdim=True) + eps).rsqrt()
    values = deviation * rstd
    if w is not None:
        values = values * w
    if b is not None:
        values = values + b
    return Normalized(narrow(values.contiguous(), input), kept(mean, input, weight), kept(rstd, input, weight))


def _checked_shape(
    function: str, input: Tensor, normalized_shape: Any, expected: str, **parameters: Tensor | None
) -> int:
    """How many dims there are in ``normalized_shape``.

    Raises:
        TypeError: it is no sequence of ints.
        RuntimeError: it is not what the input's shape ends with, or a parameter has another shape.
    """
    if normalized_shape.__class__ is not tuple and (
        isinstance(normalized_shape, str) or not isinstance(normalized_shape, Sequence)
    ):
        raise argument_type(function, "normalized_shape", 2, normalized_shape, "tuple of ints")
    shape = sizes_argument(function, "normalized_shape", 2, tuple(normalized_shape))
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for name, parameter in parameters.items():
        if parameter is not None and parameter._array.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter._array.shape)} and normalized_shape = {list(shape)}"
            )
    found = input._array.shape
    if len(found) < len(shape) and function == "rms_norm":
        raise ValueError(f"Input tensor must have at least {len(shape)} dimensions, but got {len(found)}")
    if found[-len(shape) :] != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{expected}{sizes}], but got input of size"
            f"{list(found)}"
        )
    return len(shape)


def _layer_normalized(
    function: str, input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Normalized:
    count = _checked_shape(function, input, normalized_shape, "*, ", weight=weight, bias=bias)
    check_parameters("LayerNormKernelImpl", input, weight, bias)
    return _layer_norm(input, weight, bias, count, float_argument(function, "eps", 5, eps))


@spelled()
def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-05, cudnn_enable: bool = True,
) -> Tensor:  # fmt: skip
    """Bring the last dims to mean 0 and variance 1, times ``weight`` plus ``bias``. Source: ``torch.layer_norm``.

    Args:
        input: of floating point numbers, of shape (…, *normalized_shape).
        normalized_shape: the shape of what is normalised together.
        weight, bias: of that shape, or None.
        eps: added to the variance.
        cudnn_enable: not used.

    Raises:
        RuntimeError: shapes or dtypes do not fit.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.layer_norm(torch.tensor([[1.0, 3.0], [2.0, 6.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]])
    """
    return _layer_normalized("layer_norm", input, normalized_shape, weight, bias, eps).values


@spelled()
def native_layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """As :func:`layer_norm`, with the mean and one over the standard deviation. Source: ``torch.native_layer_norm``.

    Example:
        >>> import flambeau as torch
        >>> torch.native_layer_norm(torch.tensor([1.0, 3.0]), (2,), None, None, 0.0)
        (tensor([-1.,  1.]), tensor([2.]), tensor([1.]))
    """
    found = _layer_normalized("native_layer_norm", input, normalized_shape, weight, bias, eps)
    return found.values, found.mean, found.rstd


@spelled()
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root of the mean square of the last dims. Source of the semantics: ``torch.rms_norm``.

    Args:
        input: of floating point or complex numbers, of shape (…, *normalized_shape).
        normalized_shape: the shape of what is normalised together.
        weight: of that shape, what the result is multiplied by, or None.
        eps: added to the mean square; the smallest step from 1 of the dtype if None.

    Raises:
        RuntimeError: shapes do not fit.
        NotImplementedError: the input is of integers.

    Example:
        >>> import flambeau as torch
        >>> torch.rms_norm(torch.tensor([3.0, 3.0]), (2,))
        tensor([1., 1.])
    """
    count = _checked_shape("rms_norm", input, normalized_shape, "*", weight=weight)
    if not input._type.floats:
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{scalar_type_name(input.dtype)}'")
    single = _single(input)
    eps = finfo(single.dtype.to_real()).eps if eps is None else float_argument("rms_norm", "eps", 4, eps)
    normal = single * ((single * single).mean(_last(input, count), keepdim=True) + eps).rsqrt()
    result = (normal if weight is None else normal * weight).to(input.dtype)
    return in_format_of(result.contiguous(), input)


# -- groups of channels ----------------------------------------------------------------------------------


def _grouped(tensor: Tensor, groups: int) -> Tensor:
    shape = tensor._array.shape
    return tensor.reshape(shape[0], groups, prod(shape[1:]) // groups)


def _as_channels(tensor: Tensor) -> Tensor:
    """The channels of all samples as those of one."""
    shape = tensor._array.shape
    return tensor.reshape(1, shape[0] * shape[1], prod(shape[2:]))


def _to_channels(numbers: Tensor, channels: int) -> Tensor:
    """A number a group, (N, groups), as one for each channel of each sample."""
    samples, groups = numbers._array.shape
    return numbers.unsqueeze(2).expand(samples, groups, channels // groups).reshape(samples * channels)


def _per_channel(numbers: Tensor, input: Tensor) -> Tensor:
    return numbers.reshape(-1, *[1] * (input.dim() - 2))


def _outer_dims(input: Tensor) -> Shape:
    return (0, *range(2, input.dim()))


def _group_standardized(input: Tensor, groups: int, eps: float) -> tuple[Tensor, Tensor]:
    return standardized(_grouped(_single(input), groups), (2,), eps)


def _group_input(
    grad: Tensor, input: Tensor, weight: Tensor | None, groups: int, eps: float, sums: Sums, mean: Tensor, rstd: Tensor
) -> Tensor:
    shape = input._array.shape
    if grad_enabled():
        weighted = _single(grad) if weight is None else _single(grad) * _single(_per_channel(weight, input))
        found = slope(_grouped(weighted, groups), *_group_standardized(input, groups, eps), (2,))
        return found.reshape(shape).to(input.dtype)
    x, mean, rstd = _as_channels(as_taken(input)), wide(mean), wide(rstd)
    average, root = _to_channels(mean, shape[1]), _to_channels(rstd, shape[1])
    total, product = (each.reshape(shape[0], shape[1]) for each in sums(grad, x, average))
    if weight is not None:
        total, product = total * wide(weight), product * wide(weight)
    count = max(prod(shape[1:]) // groups, 1)
    total, product = _grouped(total, groups).sum(2), _grouped(product, groups).sum(2)
    factor = _to_channels(product * rstd * rstd * rstd / -count, shape[1])
    shift = _to_channels(total * rstd / -count, shape[1])
    scale = root if weight is None else root * wide(weight).repeat(shape[0])
    found = channel_slope(_as_channels(as_taken(grad)), x, average, scale, factor, shift)
    return in_format_of(narrow(found.reshape(shape), input), input)


def _group_weight(
    grad: Tensor, input: Tensor, weight: Tensor, groups: int, eps: float, sums: Sums, mean: Tensor, rstd: Tensor
) -> Tensor:
    shape = input._array.shape
    if grad_enabled():
        normal = _group_standardized(input, groups, eps)[0].reshape(shape)
        return (_single(grad) * normal).sum(_outer_dims(input)).to(weight.dtype)
    average = _to_channels(wide(mean), shape[1])
    products = sums(grad, _as_channels(as_taken(input)), average)[1] * _to_channels(wide(rstd), shape[1])
    return narrow(products.reshape(shape[0], shape[1]).sum(0), weight)


def _group_bias(grad: Tensor, input: Tensor, bias: Tensor, sums: Sums, mean: Tensor) -> Tensor:
    shape = input._array.shape
    if grad_enabled():
        return _single(grad).sum(_outer_dims(input)).to(bias.dtype)
    totals = sums(grad, _as_channels(as_taken(input)), _to_channels(wide(mean), shape[1]))[0]
    return narrow(totals.reshape(shape[0], shape[1]).sum(0), bias)


@fused(
    "channel_moments",
    derivatives={"input": _group_input, "weight": _group_weight, "bias": _group_bias},
    outputs=("values", "mean", "rstd"),
    method=False,
    node="NativeGroupNormBackward0",
)
def _group_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, groups: int, eps: float, sums: Sums
) -> Normalized:
    x, shape = as_taken(input), input._array.shape
    type_, array, samples, channels = x._type, x._array, shape[0], shape[1]
    single, kernels, repeated = type_.single(), type_.kernels, samples * channels

    def of_each(numbers: Any) -> Any:
        """A number for each channel of each sample, from one for each group or, of all samples, each channel."""
        wanted = (samples, groups, channels // groups) if numbers.shape[-1] == 1 else (samples, channels)
        return kernels.reshape(kernels.expand(numbers, wanted), (repeated,))

    mean, variance = moments(type_, kernels.reshape(array, (1, samples * groups, prod(shape[1:]) // groups)))
    rstd = reciprocal_root(single, variance, eps)
    average, scale = (of_each(kernels.reshape(each, (samples, groups, 1))) for each in (mean, rstd))
    if weight is not None:
        scale = kernels.mul(scale, of_each(kernels.reshape(array_of(weight), (1, channels))))
    shift = None if bias is None else of_each(kernels.reshape(array_of(bias), (1, channels)))
    values = scaled(type_, kernels.reshape(array, (1, repeated, prod(shape[2:]))), average, scale, shift)
    found = own(in_format_of(narrow(from_array(kernels.reshape(values, shape), type_), input), input))
    statistics = [from_array(kernels.reshape(each, (samples, groups)), single) for each in (mean, rstd)]
    return Normalized(found, kept(statistics[0], input, weight), kept(statistics[1], input, weight))


def _check_groups(input: Tensor, groups: int, weight: Tensor | None, bias: Tensor | None) -> None:
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {groups}")
    if shape[1] % groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape {list(shape)} and "
            f"num_groups={groups}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter._array.shape != (shape[1],):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape "
                f"{list(parameter._array.shape)} and input of shape {list(shape)}"
            )
    check_parameters("GroupNormKernelImpl", input, weight, bias)


@spelled()
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-05,
    cudnn_enabled: bool = True,
) -> Tensor:  # fmt: skip
    """Normalise groups of channels of (N, C, …), each sample by itself. Source of the semantics: ``torch.group_norm``.

    Args:
        input: of floating point numbers; channels are its second dim.
        num_groups: how many groups of neighbouring channels there are.
        weight, bias: of shape (C,), what the result is multiplied by and what is added; None for 1 and 0.
        eps: added to the variance.
        cudnn_enabled: not used.

    Raises:
        RuntimeError: the channels cannot be divided so, or shapes or dtypes do not fit.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.group_norm(torch.tensor([[1.0, 3.0, 0.0, 4.0]]), 2, eps=0.0)
        tensor([[-1.,  1., -1.,  1.]])
    """
    groups = int_argument("group_norm", "num_groups", 2, num_groups)
    _check_groups(input, groups, weight, bias)
    eps = float_argument("group_norm", "eps", 5, eps)
    values: Tensor = _group_norm(input, weight, bias, groups, eps, Sums()).values
    return values


@spelled()
def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,  # noqa: N803
    C: int,  # noqa: N803
    HxW: int,  # noqa: N803
    group: int,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """As :func:`group_norm`, with the mean and one over the standard deviation. Source: ``torch.native_group_norm``.

    ``N``, ``C`` and ``HxW`` are the sizes of the input, the last one of all dims behind the channels.

    Raises:
        RuntimeError: as for :func:`group_norm`, and where the sizes are not the input's.

    Example:
        >>> import flambeau as torch
        >>> torch.native_group_norm(torch.tensor([[1.0, 3.0]]), None, None, 1, 2, 1, 1, 0.0)
        (tensor([[-1.,  1.]]), tensor([[2.]]), tensor([[1.]]))
    """
    _check_groups(input, group, weight, bias)
    if input.numel() != N * C * HxW or input._array.shape[:2] != (N, C):
        raise RuntimeError(
            f"Expected X.numel() == N * C * HxW to be true, but got a tensor of shape {list(input.shape)}"
        )
    found: Normalized = _group_norm(input, weight, bias, group, eps, Sums())
    return found.values, found.mean, found.rstd


# -- neighbouring channels -------------------------------------------------------------------------------


def over_neighbours(input: Tensor, before: int, behind: int) -> Tensor:
    """For each channel of (N, C, …) the sum over it and so many before and behind it."""
    channels = input.shape[1]
    padded = pad(input, (*[0] * (2 * (input.dim() - 2)), before, behind))
    total = padded.narrow(1, 0, channels)
    for step in range(1, before + behind + 1):
        total = total + padded.narrow(1, step, channels)
    return total


def cross_map_lrn2d(input: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """What :class:`flambeau.nn.CrossMapLRN2d` computes; the first channel stays in every window, as in PyTorch."""
    reach = int((size - 1) / 2 + 1)
    squares = input * input
    total = over_neighbours(squares, min(reach, input.shape[1]) - 1, min(reach, input.shape[1]) - 1)
    if input.shape[1] > reach:
        late = input.shape[1] - reach
        total = total + pad(squares.narrow(1, 0, 1).expand(-1, late, -1, -1), (0, 0, 0, 0, reach, 0))
    normal: Tensor = input * (total * (alpha / size) + k) ** -beta
    return normal
