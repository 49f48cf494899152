"""Writes where elements share memory, refused as PyTorch refuses them. Source of the semantics: ATen's ``MemoryOverlap``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flambeau._tensor import Tensor

__all__ = ["check_apart", "check_distinct", "overlaps_itself"]


def overlaps_itself(tensor: Tensor) -> bool:
    """Whether several elements are known to be one place in memory: those of a dim with the stride 0."""
    shape = tensor._array.shape
    if 0 in shape:
        return False
    strides = tensor._type.backend.strides(tensor._array)
    return any(stride == 0 and size > 1 for size, stride in zip(shape, strides, strict=True))


def check_distinct(target: Tensor) -> None:
    """Refuse to write to a tensor of which several elements are one place in memory."""
    if overlaps_itself(target):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def check_apart(target: Tensor, operands: Iterable[Any]) -> None:
    """Refuse operands that share a part of their memory with ``target``; all of it, in the same order, they may."""
    storage = target._storage
    if storage is None:
        return
    for operand in operands:
        if operand is not target and getattr(operand, "_storage", None) is storage and _partly_shared(target, operand):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. Please clone() the tensor before performing the operation."
            )


def _partly_shared(one: Tensor, other: Tensor) -> bool:
    """As PyTorch tells it: only of tensors whose elements lie in one piece, each in a place of its own."""
    if not (one.numel() and other.numel() and _dense(one) and _dense(other)) or one.itemsize != other.itemsize:
        return False
    start, begin = one.storage_offset(), other.storage_offset()
    if (start, one.numel()) == (begin, other.numel()):
        return bool(one.stride() != other.stride())
    return start < begin + other.numel() and begin < start + one.numel()


def _dense(tensor: Tensor) -> bool:
    expected = 1
    for stride, size in sorted(
        (step, size) for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1
    ):
        if stride != expected:
            return False
        expected *= size
    return True
