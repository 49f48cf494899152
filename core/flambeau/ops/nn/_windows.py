"""Where the windows of pooling lie: sizes of windows and results, and what PyTorch refuses of them.

The words of the errors are those of PyTorch's kernels, which pool one dimension as two of which the first has size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau.errors import argument_type
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape, as_int, contiguous_strides, normalize_dim

__all__ = [
    "Windows",
    "check_one_dim",
    "in_memory_order",
    "is_left_out",
    "maxima_order",
    "one_or_each",
    "pooling_order",
    "sizes_argument",
    "whole",
    "windows_of",
]


class Windows(NamedTuple):
    """Windows that repeat in equal steps, each field with one entry for each pooled dimension.

    Attributes:
        kernel: how many elements a window has.
        stride: from one window to the next.
        padding: how far the first window lies before the first element.
        dilation: from one element of a window to the next.
        sizes: how many windows there are.
    """

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    sizes: Shape

    def overhang(self, lengths: Shape) -> Shape:
        """How far the last window reaches beyond the last element."""
        return _overhang(self, tuple(lengths))

    def counts(self, lengths: Shape, with_padding: bool) -> list[list[int]]:
        """How many elements each window has along each dimension, with those of the padding or without."""
        found = []
        for kernel, stride, padding, size, length in zip(
            self.kernel, self.stride, self.padding, self.sizes, lengths, strict=True
        ):
            starts = [place * stride - padding for place in range(size)]
            whole = [min(start + kernel, length + padding) - start for start in starts]
            inside = [min(start + kernel, length) - max(start, 0) for start in starts]
            found.append(whole if with_padding else inside)
        return found


@lru_cache(maxsize=256)
def _overhang(windows: Windows, lengths: Shape) -> Shape:
    ends = [
        (size - 1) * stride + (kernel - 1) * dilation + 1 - padding
        for kernel, stride, padding, dilation, size in zip(*windows, strict=True)
    ]
    return tuple(max(end - length, 0) for end, length in zip(ends, lengths, strict=True))


_COUNTS = {1: "one int", 2: "two ints", 3: "three ints"}


def is_left_out(stride: Any) -> bool:
    """Whether a stride is None or an empty sequence: the kernel size counts then."""
    return stride is None or (stride.__class__ in (tuple, list) and not stride)


def sizes_argument(function: str, argument: str, position: int, value: Any) -> Shape:
    """An int or several, as a tuple.

    Raises:
        TypeError: it is neither, in PyTorch's words.
    """
    if not isinstance(value, (tuple, list)):
        try:
            return (as_int(value),)
        except TypeError:
            raise argument_type(function, argument, position, value, "tuple of ints") from None
    for entry in value:
        if entry.__class__ is not int:
            break
    else:
        return tuple(value)
    for place, entry in enumerate(value):
        try:
            as_int(entry)
        except TypeError:
            raise TypeError(
                f"{function}(): argument '{argument}' (position {position}) must be tuple of ints, but found element of type "
                f"{type(entry).__name__} at pos {place}"
            ) from None
    return tuple(map(as_int, value))


def one_or_each(sizes: Shape, count: int, words: str) -> Shape:
    """The sizes, one for each of ``count`` dimensions; a single one stands for all.

    Raises:
        RuntimeError: there is another number of them.
    """
    if len(sizes) == 1:
        return sizes * count
    if len(sizes) != count:
        raise RuntimeError(words)
    return sizes


def _given(function: str, named: str, count: int, values: Sequence[Any]) -> list[Shape]:
    """Kernel size, stride, padding and dilation for each dimension; the stride is the kernel size where it is left out."""
    either = "" if (count, len(values)) == (3, 3) else "either "
    found: list[Shape] = []
    for place, (argument, value) in enumerate(zip(_FORMS, values, strict=False)):
        if argument == "stride" and is_left_out(value):
            found.append(found[0])
            continue
        sizes = sizes_argument(function, argument, place + 2, value)
        words = f"{named}: {argument} must {_FORMS[argument].format(either=either)}a single int, or a tuple of {_COUNTS[count]}"
        if count == 1:
            words = f"{named}() argument '{argument}' should contain one int (got {len(sizes)})"
        found.append(one_or_each(sizes, count, words))
        if count > 1:
            _check_int(found[-1])
    if count == 1 and function != "max_pool1d":  # whose own loop counts in int64
        for sizes in found:
            _check_int(sizes)
    return found


def _check_int(sizes: Shape) -> None:
    """PyTorch computes the places of windows in C's int."""
    if any(not -(1 << 31) <= size < 1 << 31 for size in sizes):
        raise RuntimeError("value cannot be converted to type int without overflow")


_FORMS = {
    "kernel_size": "{either}be ", "stride": "{either}be omitted, ", "padding": "{either}be ", "dilation": "be {either}",
}  # fmt: skip


def windows_of(function: str, named: str, input: Tensor, count: int, values: Sequence[Any], ceil_mode: bool) -> Windows:
    """The windows that pool the last ``count`` dimensions of a tensor.

    Args:
        function: what the program called, for errors about types.
        named: what PyTorch calls it in other errors.
        input: of ``count`` + 1 or ``count`` + 2 dimensions.
        count: how many dimensions are pooled.
        values: kernel size, stride, padding, and dilation where there is one.
        ceil_mode: whether a last window that reaches beyond the padded tensor counts.

    Raises:
        TypeError: one of the values is no int and no tuple of ints.
        RuntimeError: the sizes do not fit each other, or the tensor.
    """
    listed = tuple(tuple(value) if isinstance(value, list) else value for value in values)
    remembered = all(map(_is_plain, listed))  # to a memory, 2.0 and True are what 2 and 1 are
    found = _found if remembered else _found.__wrapped__
    return found(function, named, tuple(input._array.shape), count, listed, bool(ceil_mode))


def _is_plain(value: Any) -> bool:
    if value.__class__ is tuple:
        return all(each.__class__ is int for each in value)
    return value.__class__ is int or value is None


@lru_cache(maxsize=512)
def _found(function: str, named: str, shape: Shape, count: int, values: tuple[Any, ...], ceil_mode: bool) -> Windows:
    averaging = len(values) == 3
    kernel, stride, padding, *rest = _given(function, named, count, values)
    dilation = rest[0] if rest else (1,) * count
    _check_dims(named, shape, count, averaging)
    _check_steps(kernel, stride, padding, dilation)
    _check_lengths(shape, count, averaging)
    _check_padding(kernel, padding)
    sizes = tuple(
        _size_of(length, ceil_mode, *each)
        for length, *each in zip(shape[-count:], kernel, stride, padding, dilation, strict=True)
    )
    _check_sizes(shape, kernel, sizes, averaging)
    return Windows(kernel, stride, padding, dilation, sizes)


_AXES = {1: ("H", "W"), 2: ("H", "W"), 3: ("T", "H", "W")}


def _listed(prefix: str, axes: Sequence[str], values: Sequence[Any], by: str = ": ", between: str = " ") -> str:
    values = (1,) * (len(axes) - len(values)) + tuple(values)
    return between.join(f"{prefix}{axis}{by}{value}" for axis, value in zip(axes, values, strict=True))


def _check_steps(kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> None:
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    for size, before, step in zip(kernel, padding, dilation, strict=True):
        if before < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {before}")
        if before > max((size - 1) * step + 1, 0) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={before}, kernel_size={size} and "
                f"dilation={step}"
            )
    axes = _AXES[len(kernel)]
    for what, prefix, values in (
        ("kernel size", "k", kernel),
        ("stride", "d", stride),
        ("dilation", "dilation", dilation),
    ):
        if min(values) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got {_listed(prefix, axes, values)}")


def _check_padding(kernel: Shape, padding: Shape) -> None:
    if all(before <= size // 2 for size, before in zip(kernel, padding, strict=True)):
        return
    axes = _AXES[len(kernel)]
    if len(kernel) == 3:
        turned = (0, 2, 1)
        names = tuple(axes[place] for place in turned)
        kernel, padding = (tuple(sizes[place] for place in turned) for sizes in (kernel, padding))
        words = f"{_listed('k', names, kernel)} {_listed('pad', names, padding)}"
    else:
        kernel, padding = ((1, *kernel)[-2:], (0, *padding)[-2:])
        words = ", ".join(_listed(*each, " = ", ", ") for each in (
            ("pad", axes[::-1], padding[::-1]), ("k", axes[::-1], kernel[::-1]),
        ))  # fmt: skip
    raise RuntimeError(f"pad should be smaller than or equal to half of kernel size, but got {words}")


def _size_of(length: int, ceil_mode: bool, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit; with ``ceil_mode`` a last one that begins before the end of what is padded on the left."""
    free = length + 2 * padding - dilation * (kernel - 1) - 1 + (stride - 1 if ceil_mode else 0)
    size = free // stride + 1
    if ceil_mode and (size - 1) * stride >= length + padding:
        size -= 1
    return size


def _check_dims(named: str, shape: Shape, count: int, averaging: bool) -> None:
    dims = len(shape)
    if count == 1:
        check_one_dim(named, dims)
    elif averaging and count == 2:
        if not dims:
            raise IndexError("Dimension specified as -3 but tensor has no dimensions")
        normalize_dim(-3, dims)
    elif dims not in (count + 1, count + 2):
        raise RuntimeError(f"non-empty {count + 1}D or {count + 2}D (batch mode) tensor expected for input")


def check_one_dim(named: str, dims: int) -> None:
    """Refuse what is neither (C, L) nor (N, C, L).

    Raises:
        RuntimeError: it has another number of dimensions.
    """
    if dims not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {dims}-dimensional tensor for argument #1 'self' (while checking "
            f"arguments for {named})"
        )


def _check_lengths(shape: Shape, count: int, averaging: bool) -> None:
    """Only a batch may be empty."""
    sample = shape[-count - 1 :]
    if count < 3 and (0 in sample or len(shape) not in (count + 1, count + 2)):
        seen = shape if count == 2 else (*shape[:-1], 1, shape[-1])
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(seen)}"
        )
    if 0 in sample:
        name = "avg_pool3d()" if averaging else "max_pool3d_with_indices_out_cpu_template()"
        raise RuntimeError(
            f"{name}: Expected input's non-batch dimensions to have positive length, but input has a shape of {list(shape)} "
            f"and non-batch dimension {len(shape) - len(sample) + sample.index(0)} has length zero!"
        )


def _check_sizes(shape: Shape, kernel: Shape, sizes: Shape, averaging: bool) -> None:
    count = len(kernel)
    channels, lengths = shape[-count - 1], shape[-count:]
    if count == 3 and averaging and any(size > length for size, length in zip(kernel, lengths, strict=True)):
        axes = _AXES[3]
        raise RuntimeError(
            f"input image ({_listed('', axes, lengths)}) smaller than kernel size ({_listed('k', axes, kernel)})"
        )
    if min(sizes) >= 1:
        return
    one = (1,) * (count == 1)
    raise RuntimeError(
        f"Given input size: ({_product(channels, *one, *lengths)}). Calculated output size: "
        f"({_product(channels, *one, *sizes)}). Output size is too small"
    )


def _product(*sizes: int) -> str:
    return "x".join(map(str, sizes))


def whole(type_: Any, array: Any) -> Any:
    """An array that is contiguous, as if it had been made so: the strides of a part of another tell of the whole."""
    if tuple(type_.backend.strides(array)) != contiguous_strides(array.shape):
        return type_.kernels.clone(array, False)
    return array


def pooling_order(input: Tensor, count: int) -> Shape | None:
    """The dimensions in the order of memory in which results of pooling ``count`` of them lie, if the channels are innermost.

    Only pooling of two dimensions, and maxima of windows in equal steps, keep them there, as in PyTorch.
    """
    return channels_order(input) if count < 3 else None


def maxima_order(input: Tensor, count: int) -> Shape | None:
    """:func:`pooling_order` of maxima of windows in equal steps; also of one sample, if its channels are innermost throughout."""
    if count < 3 or len(input._array.shape) == 5:
        return channels_order(input)
    innermost, contiguous = (1, 2, 3, 0), input._type.backend.is_contiguous
    array = input._array
    return innermost if not contiguous(array) and contiguous(input._type.kernels.permute(array, innermost)) else None


def in_memory_order(input: Tensor, count: int, order: Shape | None) -> tuple[Any, tuple[int, ...], Any]:
    """The array of a tensor with its dims in such an order, where the pooled ones are, and how to turn a result back.

    What is not contiguous in that order is copied, as in PyTorch.
    """
    type_, array = input._type, input._array
    kernels = type_.kernels
    back = None if order is None else tuple(map(order.index, range(len(order))))
    if order is not None:
        array = kernels.permute(array, order)
    if not type_.backend.is_contiguous(array):
        array = kernels.clone(array, False)
    if back is None:
        return array, tuple(range(len(array.shape) - count, len(array.shape))), lambda result: result
    return array, back[-count:], lambda result: kernels.permute(result, back)
