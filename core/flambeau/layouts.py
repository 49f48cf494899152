"""Memory layouts and memory formats: named singletons, compared by identity as in PyTorch."""

from __future__ import annotations

from typing import Final, final

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "layout",
    "memory_format",
    "preserve_format",
    "sparse_bsc",
    "sparse_bsr",
    "sparse_coo",
    "sparse_csc",
    "sparse_csr",
    "strided",
]


@final
class layout:
    """How a tensor organises its elements in memory. Source of the semantics: ``torch.layout``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


@final
class memory_format:
    """The order of a dense tensor's dimensions in memory. Source of the semantics: ``torch.memory_format``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided: Final = layout("strided")
sparse_coo: Final = layout("sparse_coo")
sparse_csr: Final = layout("sparse_csr")
sparse_csc: Final = layout("sparse_csc")
sparse_bsr: Final = layout("sparse_bsr")
sparse_bsc: Final = layout("sparse_bsc")

contiguous_format: Final = memory_format("contiguous_format")
channels_last: Final = memory_format("channels_last")
channels_last_3d: Final = memory_format("channels_last_3d")
preserve_format: Final = memory_format("preserve_format")

CHANNELS_LAST: Final = {channels_last: 4, channels_last_3d: 5}
"""The formats that have the channels innermost, with the number of dimensions that each is for."""


def channels_last_order(ndim: int) -> tuple[int, ...]:
    """The dimensions in the order of memory, the outermost first: batch, places, channels."""
    return (0, *range(2, ndim), 1)


def order_of_format(format: memory_format, ndim: int) -> tuple[int, ...]:
    """The dimensions in the order of memory, the outermost first, of a tensor that follows no other one.

    Raises:
        RuntimeError: the format is for another number of dimensions, or says to preserve.
    """
    if format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    rank = CHANNELS_LAST.get(format)
    if rank is None:
        return tuple(range(ndim))
    if ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {format.name} format")
    return channels_last_order(rank)


def suggested_format(shape: tuple[int, ...], strides: tuple[int, ...]) -> memory_format:
    """The format that the strides of a tensor follow, contiguous where they would fit several.

    Source of the semantics: PyTorch's ``suggest_memory_format``.
    """
    for format, ndim in CHANNELS_LAST.items():
        if len(shape) == ndim and _innermost_channels(shape, strides):
            return format
    return contiguous_format


def _innermost_channels(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    least = 0
    if not strides[1] or 0 in shape:
        return False
    for dim in reversed(channels_last_order(len(shape))):
        if strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * shape[dim]
    return True
