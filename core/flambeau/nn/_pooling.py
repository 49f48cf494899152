"""Pooling with all the options that PyTorch's functions have; what is computed is in :mod:`flambeau.ops.nn`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import inf, prod
from typing import Any

from flambeau._dispatch.checks import refuse_unless
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import scalar_type_name
from flambeau.ops.elementwise.rounding import sign
from flambeau.ops.nn import adaptive, averaging, pooling
from flambeau.ops.nn._windows import one_or_each, sizes_argument
from flambeau.ops.random.factories import rand
from flambeau.shapes import Shape

__all__ = [
    "adaptive_max_pool1d", "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "fractional_max_pool2d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d", "fractional_max_pool3d_with_indices", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip

Sizes = int | Sequence[int]


def _for_each(count: int, value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, Iterable) else (value,) * count


# -- the largest elements of windows ---------------------------------------------------------------


@overridable
def max_pool1d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Take the largest element of each window of (N, C, L) or (C, L). Source: ``torch.nn.functional.max_pool1d``.

    See :func:`flambeau.max_pool1d` for the arguments; with ``return_indices`` the places of the elements come too, for
    :func:`max_unpool1d`.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 7.0]]), 2, return_indices=True)
        (tensor([[5., 7.]]), tensor([[1, 3]]))
    """
    return pooling.pooled(1, return_indices, input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def max_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Take the largest element of each window of (N, C, H, W) or (C, H, W). Source: ``torch.nn.functional.max_pool2d``.

    See :func:`flambeau.max_pool2d` for the arguments; with ``return_indices`` the places of the elements come too, for
    :func:`max_unpool2d`.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_pool2d(torch.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """
    return pooling.pooled(2, return_indices, input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def max_pool3d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """Take the largest element of each window of (N, C, D, H, W). Source: ``torch.nn.functional.max_pool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[7.]]]])
    """
    return pooling.pooled(3, return_indices, input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def max_pool1d_with_indices(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`max_pool1d` with the places, whatever ``return_indices`` says."""
    return pooling.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def max_pool2d_with_indices(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`max_pool2d` with the places, whatever ``return_indices`` says."""
    return pooling.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def max_pool3d_with_indices(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`max_pool3d` with the places, whatever ``return_indices`` says."""
    return pooling.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


@overridable
def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Sizes, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """:func:`adaptive_max_pool1d` with the places, whatever ``return_indices`` says."""
    return adaptive.adaptive_max_pool1d(input, output_size)


@overridable
def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """:func:`adaptive_max_pool2d` with the places, whatever ``return_indices`` says."""
    return adaptive.adaptive_max_pool2d_with_indices(input, output_size)


@overridable
def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """:func:`adaptive_max_pool3d` with the places, whatever ``return_indices`` says."""
    return adaptive.adaptive_max_pool3d_with_indices(input, output_size)


@overridable
def adaptive_max_pool1d(input: Tensor, output_size: Sizes, return_indices: bool = False) -> Any:
    """Take the largest elements of so many windows of (N, C, L) or (C, L). Source: ``torch.nn.functional.adaptive_max_pool1d``.

    See :func:`flambeau.adaptive_avg_pool1d` for the windows; with ``return_indices`` the places of the elements come too.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[1.0, 9.0, 3.0, 4.0, 5.0]]), 2)
        tensor([[9., 5.]])
    """
    return _with_or_without(adaptive.adaptive_max_pool1d(input, output_size), return_indices)


@overridable
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The two-dimensional form of :func:`adaptive_max_pool1d`. Source: ``torch.nn.functional.adaptive_max_pool2d``.

    ``output_size`` is one number or two; None stands for the size of the input.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_max_pool2d(torch.arange(6.0).reshape(1, 2, 3), (1, None))
        tensor([[[3., 4., 5.]]])
    """
    return _with_or_without(adaptive.adaptive_max_pool2d_with_indices(input, output_size), return_indices)


@overridable
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The three-dimensional form of :func:`adaptive_max_pool1d`. Source: ``torch.nn.functional.adaptive_max_pool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), (1, 1, None))
        tensor([[[[6., 7.]]]])
    """
    return _with_or_without(adaptive.adaptive_max_pool3d_with_indices(input, output_size), return_indices)


def _with_or_without(pair: tuple[Tensor, Tensor], return_indices: bool) -> Any:
    return pair if return_indices else pair[0]


# -- windows at random ---------------------------------------------------------------


def _fractional(
    count: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{count}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if samples is None or output_size is None:
        input.size(-count - 1)  # an IndexError where there are fewer dimensions
    if output_size is None:
        ratio = _for_each(count, output_ratio)
        if len(ratio) > count:
            raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = [int(length * part) for length, part in zip(input.shape[-count:], ratio, strict=True)]
    kernel, sizes = _fractional_sizes(name, count, kernel_size, output_size)
    _check_fractional(name, count, input, kernel, sizes)
    batch = 1 if input.dim() == count + 1 else input.shape[0]
    if samples is None:
        samples = rand((batch, input.shape[-count - 1], count), dtype=input.dtype, device=input.device)
    _check_samples(samples, input, batch, count)
    return adaptive.fractional_maxima(input, kernel, sizes, samples)


def _fractional_sizes(name: str, count: int, kernel_size: Any, output_size: Any) -> tuple[Shape, Shape]:
    several = "tuple of three Ints" if count == 3 else "tuple of Ints"
    found = []
    for place, (argument, value) in enumerate((("kernel_size", kernel_size), ("output_size", output_size))):
        sizes = sizes_argument(name, argument, place + 2, value)
        found.append(one_or_each(sizes, count, f"{name}: {argument} must either be a single Int or {several}"))
    return found[0], found[1]


def _check_fractional(name: str, count: int, input: Tensor, kernel: Shape, sizes: Shape) -> None:
    shape = list(input.shape)
    title = f"{name}_out()" if count == 3 else f"{name}()"
    if len(shape) not in (count + 1, count + 2):
        raise RuntimeError(f"{title}: Expected {count + 1}D or {count + 2}D tensor, but got: {shape}")
    for dim, size in enumerate(shape):
        if dim and not size:
            raise RuntimeError(
                f"{title}: Expected input to have non-zero size for non-batch dimensions, but got{shape} with dimension {dim} "
                "being empty."
            )
    axes = ("time", "height", "width")[-count:]
    for axis, window, size, length in zip(axes, kernel, sizes, shape[-count:], strict=True):
        if size + window - 1 > length - (count == 3):  # in three dimensions windows must have room to move
            raise RuntimeError(f"{title}: pool {axis} {window} too large relative to input {axis} {length}")
    if min(sizes) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {[*shape[:-count], *sizes]}")
    if min(kernel) <= 0:
        raise RuntimeError(f"{title}: kernel_size should be greater than zero, but got {list(kernel)}")
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"\"{name}_out_frame\" not implemented for '{scalar_type_name(input.dtype)}'")


def _check_samples(samples: Tensor, input: Tensor, batch: int, count: int) -> None:
    if samples.dtype is not input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.dim() != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.dim()}")
    if samples.shape[0] < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    channels = input.shape[-count - 1]
    if samples.shape[1] != channels:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != count:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {count}; got {samples.shape[2]}.")
    text = "Expect _random_samples to be finite: windows have no place where they are not"
    refuse_unless(samples.isfinite(), lambda: RuntimeError(text))


@overridable
def fractional_max_pool2d_with_indices(
    input: Tensor, kernel_size: Sizes, output_size: Sizes | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`fractional_max_pool2d` with the places, whatever ``return_indices`` says."""
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


@overridable
def fractional_max_pool3d_with_indices(
    input: Tensor, kernel_size: Sizes, output_size: Sizes | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """:func:`fractional_max_pool3d` with the places, whatever ``return_indices`` says."""
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)


@overridable
def fractional_max_pool2d(
    input: Tensor, kernel_size: Sizes, output_size: Sizes | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """Take the largest elements of windows at random distances (Graham, 2014).

    Source of the semantics: ``torch.nn.functional.fractional_max_pool2d``.

    Args:
        input: floating, (N, C, H, W) or (C, H, W).
        kernel_size: of a window.
        output_size: how many windows there are in each dimension.
        output_ratio: in its place, which part of the input's size that is.
        return_indices: whether the places of the elements come too.
        _random_samples: in the place of numbers that are drawn, (N, C, 2), from 0 to 1.

    Raises:
        ValueError: there is neither size nor ratio.
        RuntimeError: the sizes do not fit each other, or the input.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.fractional_max_pool2d(torch.arange(16.0).reshape(1, 4, 4), 2, 1)
        tensor([[[15.]]])
    """
    pair = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return _with_or_without(pair, return_indices)


@overridable
def fractional_max_pool3d(
    input: Tensor, kernel_size: Sizes, output_size: Sizes | None = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Any:  # fmt: skip
    """The three-dimensional form of :func:`fractional_max_pool2d`. Source: ``torch.nn.functional.fractional_max_pool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.fractional_max_pool3d(torch.arange(27.0).reshape(1, 3, 3, 3), 2, 1)
        tensor([[[[26.]]]])
    """
    pair = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return _with_or_without(pair, return_indices)


# -- the inverse ---------------------------------------------------------------


def _unpooled(
    count: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    kernel = _for_each(count, kernel_size)
    steps = kernel if stride is None else _for_each(count, stride)
    lengths = _unpool_output_size(input, kernel, steps, _for_each(count, padding), output_size)
    shown = (*lengths, 1) if count == 1 else lengths
    return pooling.unpooled(input, indices, tuple(lengths), tuple(shown))


def _unpool_output_size(
    input: Tensor, kernel_size: Sequence[int], stride: Sequence[int], padding: Sequence[int], output_size: Any
) -> Sequence[int]:
    """The lengths of planes that pool to the size of the input: those that are asked for, if they do."""
    lengths = tuple(input.shape)
    count = len(kernel_size)
    default = [(lengths[dim - count] - 1) * stride[dim] + kernel_size[dim] - 2 * padding[dim] for dim in range(count)]
    if output_size is not None:
        if len(output_size) == count + 2:
            output_size = output_size[2:]
        if len(output_size) != count:
            raise ValueError(
                f"output_size should be a sequence containing {count} or {count + 2} elements, but it has a length of "
                f"'{len(output_size)}'"
            )
        for dim, (size, step) in enumerate(zip(default, stride, strict=True)):
            if not size - step < output_size[dim] < size + step:
                raise ValueError(
                    f'invalid output_size "{output_size}" (dim {dim} must be between {size - step} and {size + step})'
                )
    found: Sequence[int] = default if output_size is None else output_size
    for dim, size in enumerate(found):
        if size < 0:
            raise ValueError(
                f"max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[{dim}]={size}"
            )
    return found


@overridable
def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Put elements to their places, zeros elsewhere: what :func:`max_pool1d` takes. Source: ``torch.nn.functional.max_unpool1d``.

    Args:
        input: floating, (N, C, L) or (C, L).
        indices: int64, of its shape.
        kernel_size, stride, padding: of the pooling.
        output_size: the length of the result, of one entry or with N and C; the shortest that pools to ``input`` by default.

    Raises:
        ValueError: what is asked for does not pool to ``input``.
        RuntimeError: an index is out of range, or the indices have another shape or dtype.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_unpool1d(torch.tensor([[5.0, 7.0]]), torch.tensor([[1, 3]]), 2)
        tensor([[0., 5., 0., 7.]])
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


@overridable
def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """The two-dimensional form of :func:`max_unpool1d`. Source of the semantics: ``torch.nn.functional.max_unpool2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_unpool2d(torch.tensor([[[5.0]]]), torch.tensor([[[1]]]), 2)
        tensor([[[0., 5.],
                 [0., 0.]]])
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


@overridable
def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """The three-dimensional form of :func:`max_unpool1d`. Source of the semantics: ``torch.nn.functional.max_unpool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.max_unpool3d(torch.tensor([[[[5.0]]]]), torch.tensor([[[[7]]]]), 2).flatten()
        tensor([0., 0., 0., 0., 0., 0., 0., 5.])
    """
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


# -- power averages ---------------------------------------------------------------


def _lp_pooled(
    count: int,
    average: Callable[..., Tensor],
    input: Tensor,
    norm_type: float,
    kernel_size: Any,
    stride: Any,
    ceil_mode: bool,
) -> Tensor:
    if isinstance(norm_type, (int, float)) and norm_type in (inf, -inf):
        largest = partial(pooling.pooled, count, False)
        if norm_type > 0:
            return largest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[no-any-return]
        return -largest(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[no-any-return]
    kernel = _for_each(count, kernel_size)
    if len(kernel) != count:
        raise ValueError(f"lp_pool{count}d: kernel_size must be one number or {count}, but got {kernel_size}")
    averages = average(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    positive = sign(averages) * averages.abs().relu()
    return positive.mul(prod(kernel)).pow(1.0 / norm_type)


@overridable
def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: int, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """Take a norm of each window of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.functional.lp_pool1d``.

    Args:
        input: floating.
        norm_type: the exponent; an infinite one gives the largest absolute value, minus infinity the smallest.
        kernel_size: of a window.
        stride: from one window to the next; the kernel size by default.
        ceil_mode: whether a last window that reaches beyond the end counts.

    Raises:
        ZeroDivisionError: the exponent is 0.
        RuntimeError: the sizes do not fit each other, or the input.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.lp_pool1d(torch.tensor([[3.0, 4.0, 6.0, 8.0]]), 2, 2)
        tensor([[ 5., 10.]])
    """
    return _lp_pooled(1, averaging.avg_pool1d, input, norm_type, kernel_size, stride, ceil_mode)


@overridable
def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """The two-dimensional form of :func:`lp_pool1d`. Source of the semantics: ``torch.nn.functional.lp_pool2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.lp_pool2d(torch.ones(1, 2, 2), 2, 2)
        tensor([[[2.]]])
    """
    return _lp_pooled(2, averaging.avg_pool2d, input, norm_type, kernel_size, stride, ceil_mode)


@overridable
def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """The three-dimensional form of :func:`lp_pool1d`. Source of the semantics: ``torch.nn.functional.lp_pool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.lp_pool3d(torch.ones(1, 2, 2, 2), 3, 2)
        tensor([[[[2.]]]])
    """
    return _lp_pooled(3, averaging.avg_pool3d, input, norm_type, kernel_size, stride, ceil_mode)
