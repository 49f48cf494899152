"""Pooling by the largest element of a window, and its inverse."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._bent import bent
from flambeau.ops.indexing._ends import in_range
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape

from ._maxima import has_kernel, largest, largest_and_places
from ._windows import Windows, in_memory_order, is_left_out, maxima_order, sizes_argument, windows_of
from .rectifiers import check_floating

__all__ = ["max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d"]

Sizes = int | Sequence[int]


class Pooled(NamedTuple):
    """The largest elements, and their places in the plane."""

    values: Tensor
    indices: Tensor


# -- planes: elements by their places ---------------------------------------------------------------


def _flat_places(type_: Any, indices: Any, planes: int, length: int) -> Any:
    """Places in their planes as places in all planes, one after the other; a vector."""
    kernels = type_.kernels
    places = kernels.reshape(indices, (planes, prod(indices.shape) // max(planes, 1)))
    if planes > 1:
        starts = kernels.reshape(kernels.arange(0, length, planes, "int64"), (planes, 1))
        places = kernels.add(places, starts)
    return kernels.reshape(places, (prod(places.shape),))


def _plain(tensor: Tensor) -> Any:
    """The array of a tensor, contiguous."""
    array = tensor._array
    return array if tensor._type.backend.is_contiguous(array) else tensor._type.kernels.clone(array, False)


def _in_order_of(result: Tensor, order: Shape | None) -> Tensor:
    """A contiguous result without history as the tensor is that has its dims in such an order in memory."""
    if order is None:
        return result
    kernels = result._type.kernels
    back = tuple(map(order.index, range(len(order))))
    turned = kernels.clone(kernels.permute(result._array, order), False)
    return from_array(kernels.permute(turned, back), result._type)


def _spread_input(grad: Tensor, indices: Tensor, lengths: Shape) -> Tensor:
    slope: Tensor = _collect(grad, indices, len(lengths))
    return slope


@primitive(derivatives={"input": _spread_input}, method=False, node="MaxUnpool2DBackward0")
def _spread(
    input: Tensor, indices: Tensor, lengths: Shape, adding: bool, order: Shape | None, windows: Windows | None = None
) -> Tensor:
    """Planes of zeros with the elements at their places; the last one counts, or their sum, where there are several.

    The result has its dims in such an order in memory, their own for None. Places may be those that windows have found.
    """
    type_ = input._type
    kernels, count = type_.kernels, len(lengths)
    if windows is not None and has_kernel("window_backward", type_, input._array, lengths, windows):
        array, dims, turned_back = in_memory_order(input, count, order)
        places, *_ = in_memory_order(indices, count, order)
        return from_array(
            turned_back(kernels.window_backward(array, places, dims[0], *windows[:4], tuple(lengths))), type_
        )
    lead = tuple(input._array.shape[:-count])
    planes, length = prod(lead), prod(lengths)
    result = kernels.full((planes * length,), 0, type_.dtype.name)
    if input.numel():
        places = _flat_places(type_, _plain(indices), planes, length)
        values = kernels.reshape(_plain(input), (input.numel(),))
        if adding:
            kernels.scatter_add(result, 0, places, values)
        else:
            kernels.index_put(result, [places], values, False)
    return _in_order_of(from_array(kernels.reshape(result, lead + tuple(lengths)), type_), order)


def _collect_input(grad: Tensor, input_shape: Shape, indices: Tensor, count: int) -> Tensor:
    slope: Tensor = _spread(grad, indices, tuple(input_shape)[-count:], True, None)
    return slope


@primitive(derivatives={"input": _collect_input}, method=False, node="MaxPoolBackwardBackward0")
def _collect(input: Tensor, indices: Tensor, count: int) -> Tensor:
    """The elements of planes at such places."""
    type_ = input._type
    kernels, shape = type_.kernels, input._array.shape
    if not indices.numel():
        return from_array(kernels.full(tuple(indices._array.shape), 0, type_.dtype.name), type_)
    places = _flat_places(type_, _plain(indices), prod(shape[:-count]), prod(shape[-count:]))
    flat = kernels.reshape(_plain(input), (input.numel(),))
    taken = kernels.reshape(kernels.index(flat, [places]), tuple(indices._array.shape))
    return _in_order_of(from_array(taken, type_), channels_order(indices))


# -- the largest elements of windows ---------------------------------------------------------------


def _is_apart(windows: Windows) -> bool:
    """Whether no element is in two windows."""
    spans = [(kernel - 1) * step + 1 for kernel, step in zip(windows.kernel, windows.dilation, strict=True)]
    return all(span <= stride for span, stride in zip(spans, windows.stride, strict=True))


def _pool_input(grad: Tensor, input: Tensor, indices: Tensor, windows: Windows) -> Tensor:
    lengths = tuple(input._array.shape[-len(windows.kernel) :])
    spread = _spread(grad, indices, lengths, not _is_apart(windows), channels_order(input), windows)
    return bent(spread, input)


def with_places(input: Tensor, windows: Windows, order: Shape | None) -> Pooled:
    """The largest elements and their places, without history, with their dims in such an order in memory."""
    type_ = input._type
    array, dims, turned_back = in_memory_order(input, len(windows.kernel), order)
    values, places = largest_and_places(type_, array, dims, windows)
    return Pooled(
        from_array(turned_back(values), type_), from_array(turned_back(places), type_.with_dtype(dtypes.int64))
    )


@primitive(
    derivatives={"input": _pool_input},
    outputs=("values", "indices"),
    method=False,
    node="MaxPool2DWithIndicesBackward0",
)
def _max_pool2d(input: Tensor, windows: Windows) -> Pooled:
    return with_places(input, windows, maxima_order(input, len(windows.kernel)))


@primitive(
    derivatives={"input": _pool_input},
    outputs=("values", "indices"),
    method=False,
    node="MaxPool3DWithIndicesBackward0",
)
def _max_pool3d(input: Tensor, windows: Windows) -> Pooled:
    return with_places(input, windows, maxima_order(input, len(windows.kernel)))


def _values(input: Tensor, windows: Windows) -> Tensor:
    """The values alone, which take a third of the time where no gradient asks for places."""
    count = len(windows.kernel)
    if input._node is not None and grad_enabled():
        return (_max_pool3d if count == 3 else _max_pool2d)(input, windows)[0]
    array, dims, turned_back = in_memory_order(input, count, maxima_order(input, count))
    return from_array(turned_back(largest(input._type, array, dims, windows)), input._type)


def _check_numbers(kernel: str, input: Tensor) -> None:
    if input.dtype is dtypes.bool or input.dtype.is_complex:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")


def _windows(function: str, input: Tensor, count: int, values: Sequence[Any], ceil_mode: bool) -> Windows:
    windows = windows_of(function, f"max_pool{count}d", input, count, values, ceil_mode)
    _check_numbers("max_pool3d" if count == 3 else "max_pool2d", input)
    return windows


@composite(method=False)
def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = (),
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the largest element of each window of (N, C, H, W) or (C, H, W). Source of the semantics: ``torch.max_pool2d``.

    Args:
        input: of any real dtype but bool.
        kernel_size: of a window, one number or one for each dimension.
        stride: from one window to the next; the kernel size by default.
        padding: how many places before and after the plane belong to windows; no largest element is there.
        dilation: from one element of a window to the next.
        ceil_mode: whether a last window that reaches beyond the plane counts.

    Raises:
        RuntimeError: the sizes do not fit each other, or the input.
        NotImplementedError: the input is of bool or complex numbers.

    Example:
        >>> import flambeau as torch
        >>> torch.max_pool2d(torch.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 1.0]]]), 2)
        tensor([[[5., 8.]]])
    """
    return _values(input, _windows("max_pool2d", input, 2, (kernel_size, stride, padding, dilation), ceil_mode))


@composite(method=False)
def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = (),
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the largest element of each window of (N, C, D, H, W) or (C, D, H, W). Source: ``torch.max_pool3d``.

    The arguments and errors are those of :func:`flambeau.max_pool2d`.

    Example:
        >>> import flambeau as torch
        >>> torch.max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[7.]]]])
    """
    return _values(input, _windows("max_pool3d", input, 3, (kernel_size, stride, padding, dilation), ceil_mode))


@composite(method=False)
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = (),
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """Take the largest element of each window, and its place. Source of the semantics: ``torch.max_pool1d_with_indices``.

    The arguments and errors are those of :func:`flambeau.max_pool2d`, but for the dimensions: (N, C, L) or (C, L).

    Example:
        >>> import flambeau as torch
        >>> torch.max_pool1d_with_indices(torch.tensor([[1.0, 5.0, 2.0, 7.0]]), 2)
        (tensor([[5., 7.]]), tensor([[1, 3]]))
    """
    values = (kernel_size, stride, padding, dilation)
    found = _max_pool2d(input, _windows("max_pool1d_with_indices", input, 1, values, ceil_mode))
    return found[0], found[1]


@composite(method=False)
def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = (),
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the largest element of each window of (N, C, L) or (C, L). Source of the semantics: ``torch.max_pool1d``.

    The arguments are those of :func:`flambeau.max_pool2d`.

    Raises:
        RuntimeError: the sizes do not fit each other, or the input.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 7.0]]), 2)
        tensor([[5., 7.]])
    """
    values = (kernel_size, stride, padding, dilation)
    _check_one_dim(input, values, ceil_mode)
    if input._node is not None and grad_enabled():
        return max_pool1d_with_indices(input, *values, ceil_mode)[0]
    check_floating("max_pool1d_impl", input)
    return _values(input, windows_of("max_pool1d", "max_pool1d", input, 1, values, ceil_mode))


def _check_one_dim(input: Tensor, values: Sequence[Any], ceil_mode: bool) -> None:
    """What PyTorch refuses with words of their own."""
    shape = list(input.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            f"max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{shape}"
        )
    given: list[int] = []
    for place, (argument, value) in enumerate(
        zip(("kernel_size", "stride", "padding", "dilation"), values, strict=True)
    ):
        if argument == "stride" and is_left_out(value):
            given.append(given[0])
            continue
        sizes = sizes_argument("max_pool1d", argument, place + 2, value)
        if len(sizes) != 1:
            none, comma = ("None, ", ",") if argument == "stride" else ("", "," if argument == "padding" else "")
            raise RuntimeError(
                f"max_pool1d() {argument} must be {none}an int, list of ints{comma} or tuple of ints of size 1 but got size "
                f"{len(sizes)}"
            )
        given.append(sizes[0])
    kernel, stride, padding, dilation = given
    for argument, number in (("kernel_size", kernel), ("stride", stride)):
        if number <= 0:
            raise RuntimeError(f"max_pool1d() {argument} must be greater than zero, but got {number}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and kernel_size={kernel}"
        )
    if dilation <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dilation}")
    free = shape[-1] + 2 * padding - dilation * (kernel - 1) - 1 + (stride - 1 if ceil_mode else 0)
    if free // stride + 1 <= 0:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {free // stride + 1}")


@composite(method=False)
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """:func:`flambeau.max_pool2d` and the places of what it takes. Source: ``torch.nn.functional.max_pool2d_with_indices``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_pool2d_with_indices(torch.tensor([[[1.0, 5.0], [3.0, 4.0]]]), 2)
        (tensor([[[5.]]]), tensor([[[1]]]))
    """
    values = (kernel_size, stride, padding, dilation)
    found = _max_pool2d(input, _windows("max_pool2d_with_indices", input, 2, values, ceil_mode))
    return found[0], found[1]


@composite(method=False)
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """:func:`flambeau.max_pool3d` and the places of what it takes. Source: ``torch.nn.functional.max_pool3d_with_indices``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_pool3d_with_indices(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        (tensor([[[[7.]]]]), tensor([[[[7]]]]))
    """
    values = (kernel_size, stride, padding, dilation)
    found = _max_pool3d(input, _windows("max_pool3d_with_indices", input, 3, values, ceil_mode))
    return found[0], found[1]


# -- the inverse ---------------------------------------------------------------


def unpooled(input: Tensor, indices: Tensor, lengths: Shape, shown: Shape) -> Tensor:
    """Planes of zeros with elements at their places.

    Args:
        input: of as many dimensions of planes as ``lengths`` has entries, one of channels, and one of samples or none.
        indices: int64, of its shape.
        lengths: of the planes.
        shown: the lengths as errors show them: those of the dimensions that PyTorch's kernel sees.

    Raises:
        RuntimeError: the indices are of another dtype or shape, or one is out of range.
        NotImplementedError: the input is not floating.
    """
    count = len(shown)
    one = (1,) * (count - len(lengths))
    if indices.dtype is not dtypes.int64:
        found = f" but got: {scalar_type_name(indices.dtype)}" if count == 2 else ""
        raise RuntimeError(f"elements in indices should be type int64{found}")
    dims = input.dim() + len(one)
    if dims not in (count + 1, count + 2):
        raise RuntimeError(
            f"Input to max_unpooling{count}d should be a {count + 1}d or {count + 2}d Tensor, but got a tensor with {dims} "
            "dimensions."
        )
    check_places(f"max_unpool{count}d", input, indices)
    if indices._array.shape != input._array.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({[*input.shape, *one]}) but got indices tensor "
            f"with shape: {[*indices.shape, *one]}"
        )
    for dim, size in enumerate(input.shape):
        if dim and not size:
            raise RuntimeError(
                f"max_unpooling{count}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but "
                f"got {[*input.shape, *one]} with dimension {dim} being empty."
            )
    check_floating(f"max_unpool{count}d", input)
    indices = _checked_places(indices, lengths, shown)
    return _spread(input, indices, lengths, False, channels_order(input))


def _checked_places(indices: Tensor, lengths: Shape, shown: Shape) -> Tensor:
    if not indices.numel():
        return indices
    stop = prod(lengths)

    def refusal(bad: int) -> RuntimeError:
        if not indices._type.backend.asynchronous:
            bad = int(indices[(indices < 0) | (indices >= stop)][0])  # the first one
        return RuntimeError(
            f"Found an invalid max index: {bad} (output volumes are of size {'x'.join(map(str, shown))})"
        )

    return in_range(indices, 0, stop, refusal)


# -- as the layers call them: with the indices or without ---------------------------------------------------------------

_FUNCTIONS = {
    1: (max_pool1d, max_pool1d_with_indices),
    2: (max_pool2d, max_pool2d_with_indices),
    3: (max_pool3d, max_pool3d_with_indices),
}


def pooled(count: int, return_indices: bool, input: Tensor, *values: Any) -> Any:
    """The largest elements of windows over ``count`` dimensions, with their places or without."""
    return _FUNCTIONS[count][bool(return_indices)](input, *values)
