"""Channels and places exchanged, and channels of groups interleaved."""

from __future__ import annotations

from typing import Any

from flambeau._dispatch.declare import primitive
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape, int_argument

__all__ = ["channel_shuffle", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def _moved(input: Tensor, split: Shape, order: Shape, shape: Shape) -> Tensor:
    """The elements under another shape, with its dims in another order, and under a third one; channels stay innermost."""
    type_ = input._type
    turned = type_.kernels.permute(type_.kernels.reshape(input._array, split), order)
    result = from_array(type_.kernels.reshape(type_.kernels.clone(turned, False), shape), type_)
    channels = channels_order(input)
    return result if channels is None else in_memory_order(result, channels)


def _check(name: str, factor_name: str, input: Tensor, factor: Any) -> int:
    if input.dim() < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input.dim()} dimension(s)"
        )
    factor = int_argument(name, factor_name, 2, factor)
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {factor_name}, but got {factor}")
    return factor  # type: ignore[no-any-return]


def _shuffle_input(grad: Tensor, upscale_factor: int) -> Tensor:
    return pixel_unshuffle(grad, upscale_factor)


@primitive(
    derivatives={"input": _shuffle_input},
    method=False,
    node="PixelShuffleBackward0",
)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Make places of channels: (…, C * r * r, H, W) gives (…, C, H * r, W * r).

    Source of the semantics: ``torch.nn.functional.pixel_shuffle``.

    Raises:
        RuntimeError: the factor is not positive, or the channels cannot be divided by its square.

    Example:
        >>> import flambeau as torch
        >>> torch.pixel_shuffle(torch.arange(4).reshape(4, 1, 1), 2)
        tensor([[[0, 1],
                 [2, 3]]])
    """
    r = _check("pixel_shuffle", "upscale_factor", input, upscale_factor)
    *lead, channels, height, width = input._array.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
            f"input.size(-3)={channels} is not divisible by {r * r}"
        )
    count, kept = len(lead), channels // (r * r)
    order = (*range(count), count, count + 3, count + 1, count + 4, count + 2)
    return _moved(input, (*lead, kept, r, r, height, width), order, (*lead, kept, height * r, width * r))


def _unshuffle_input(grad: Tensor, downscale_factor: int) -> Tensor:
    return pixel_shuffle(grad, downscale_factor)


@primitive(
    derivatives={"input": _unshuffle_input},
    method=False,
    node="PixelUnshuffleBackward0",
)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Make channels of places: (…, C, H * r, W * r) gives (…, C * r * r, H, W).

    Source of the semantics: ``torch.nn.functional.pixel_unshuffle``.

    Raises:
        RuntimeError: the factor is not positive, or height and width cannot be divided by it.

    Example:
        >>> import flambeau as torch
        >>> torch.pixel_unshuffle(torch.arange(4).reshape(1, 2, 2), 2).shape
        torch.Size([4, 1, 1])
    """
    r = _check("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    *lead, channels, height, width = input._array.shape
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is not "
                f"divisible by {r}"
            )
    count = len(lead)
    order = (*range(count), count, count + 2, count + 4, count + 1, count + 3)
    split = (*lead, channels, height // r, r, width // r, r)
    return _moved(input, split, order, (*lead, channels * r * r, height // r, width // r))


def _turned_back(grad: Tensor, groups: int) -> Tensor:
    return grad if not grad.size(1) else channel_shuffle(grad, grad.size(1) // groups)


@primitive(derivatives={"input": _turned_back}, method=False, node="ChannelShuffleBackward0")
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Take channels of (N, C, …) from each group in turn. Source: ``torch.nn.functional.channel_shuffle``.

    Raises:
        RuntimeError: the number of groups is not positive, or does not divide the channels.

    Example:
        >>> import flambeau as torch
        >>> torch.channel_shuffle(torch.arange(4).reshape(1, 4, 1, 1), 2).flatten()
        tensor([0, 2, 1, 3])
    """
    shape = tuple(input._array.shape)
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}")
    groups = int_argument("channel_shuffle", "groups", 2, groups)
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[1]} channels and {groups} groups."
        )
    count, channels, *places = shape
    split = (count, groups, channels // groups, *places)
    return _moved(input, split, (0, 2, 1, *range(3, len(split))), shape)


@spelled()
def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """What :func:`channel_shuffle` does, without a derivative in PyTorch. Source: ``torch.native_channel_shuffle``."""
    return channel_shuffle(input, groups)
