"""What an op gives of something that it has made itself."""

from __future__ import annotations

from flambeau._tensor import Tensor, from_array

__all__ = ["own"]


def own(result: Tensor) -> Tensor:
    """The result as a tensor of its own, no view of what was computed on the way, so that it can be written in place."""
    return from_array(result._array, result._type)
