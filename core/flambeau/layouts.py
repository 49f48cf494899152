"""Memory layouts and memory formats: named singletons, compared by identity as in PyTorch."""

from __future__ import annotations

from typing import Final, final

__all__ = [
    "channels_last",
    "contiguous_format",
    "layout",
    "memory_format",
    "preserve_format",
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

contiguous_format: Final = memory_format("contiguous_format")
channels_last: Final = memory_format("channels_last")
preserve_format: Final = memory_format("preserve_format")
