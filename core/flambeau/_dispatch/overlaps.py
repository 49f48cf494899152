"""Writes where elements share memory, refused as PyTorch refuses them. Source of the semantics: ATen's ``MemoryOverlap``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.storage import same_memory
from flambeau.errors import level_of_caller

__all__ = [
    "check_apart", "check_distinct", "check_operands", "check_out", "fill_places", "overlaps_itself",
    "repeated_dims", "same_places", "warn_expanded",
]  # fmt: skip


def overlaps_itself(tensor: Tensor) -> bool:
    """Whether several elements are known to be one place in memory: those of a dim with the stride 0."""
    strides, shape = tensor._type.backend.strides(tensor._array), tensor._array.shape
    if 0 not in strides or 0 in shape:
        return False
    return any(stride == 0 and size > 1 for size, stride in zip(shape, strides, strict=True))


def check_distinct(target: Tensor) -> None:
    """Refuse to write to a tensor of which several elements are one place in memory."""
    if overlaps_itself(target):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def same_places(one: Tensor, other: Any) -> bool:
    """Whether two tensors are the same elements of the same memory, in the same order, so that to copy one is to do nothing."""
    if one is other:
        return True
    return (
        isinstance(other, Tensor)
        and one._storage is other._storage is not None
        and one._type is other._type
        and one._array.shape == other._array.shape
        and (one.storage_offset(), one.stride()) == (other.storage_offset(), other.stride())
    )


def repeated_dims(tensor: Tensor) -> list[int]:
    """The dims along which all elements are one place in memory."""
    strides = tensor._type.backend.strides(tensor._array)
    return [
        d for d, (size, stride) in enumerate(zip(tensor._array.shape, strides, strict=True)) if stride == 0 and size > 1
    ]


def fill_places(tensor: Tensor, mask: Tensor, value: Any) -> None:
    """Write a number to every place of an expanded tensor at which ``mask`` holds for one of its elements."""
    mask = mask.expand(tensor.shape)
    for dim in repeated_dims(tensor):
        tensor, mask = tensor.narrow(dim, 0, 1), mask.any(dim, keepdim=True)
    tensor.masked_fill_(mask, value)


def warn_expanded(function: str, example: str) -> None:
    """Warn, in PyTorch's words, of a write to a tensor of which several elements are one place in memory."""
    warnings.warn(
        f"Use of {function} on expanded tensors is deprecated. Please clone() the tensor before performing this operation. This "
        f"also applies to advanced indexing e.g. {example}",
        UserWarning,
        stacklevel=level_of_caller(),
    )


_UNCHECKED = frozenset((
    "masked_scatter", "mm", "mv", "matmul", "bmm", "dot", "addmm", "addmv", "addbmm", "baddbmm", "chain_matmul", "softmax",
    "log_softmax", "tril", "triu", "diag", "bernoulli",
))  # fmt: skip
"""What PyTorch lets write to a part of its operands: the result is complete before it is written."""

_APART = frozenset((
    "index_copy", "index_add", "index_fill", "index_reduce", "scatter", "scatter_add", "scatter_reduce", "put", "_index_put",
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack", "diff", "index_select",
    "take", "take_along_dim", "masked_select", "outer", "ger", "kron",
))  # fmt: skip
"""What reads its operands in another order than it writes: not even all of the target may be an operand."""

_POINTWISE = frozenset((
    "where", "clamp", "clip", "clamp_min", "clamp_max", "lerp", "addcmul", "addcdiv", "addr", "cross",
    "floor_divide", "true_divide",
))  # fmt: skip
"""What reads its operands element by element as it writes, though it is made of other functions."""

_NUMBERS = frozenset(("fill", "masked_fill", "index_fill"))
"""What takes a tensor for a number, which is read before anything is written."""

_REPEATING = frozenset((
    "sum", "nansum", "prod", "amax", "amin", "argmax", "argmin", "any", "all", "var", "std", "norm", "cummax", "cummin", "mv",
    "tril", "triu", "eye", "empty", "full", "ones", "zeros",
))  # fmt: skip
"""What PyTorch lets write to expanded tensors: the last of the elements that share a place stays."""


def check_operands(name: str, target: Tensor, operands: Sequence[Any]) -> None:
    """Refuse what the in-place form of an op must not have for operands beside ``target``."""
    if name in _UNCHECKED or not _may_share(target, operands):
        return
    if name in _NUMBERS:
        operands = [operand for operand in operands if isinstance(operand, Tensor) and operand.dim()]
    check_apart(target, operands, wholly=name in _APART)


def check_out(name: str, target: Tensor, operands: Sequence[Any], *, elementwise: bool, resized: bool = False) -> None:
    """Refuse what ``out=`` of a function must not be beside its operands; ``resized``: it has another shape still."""
    elementwise = elementwise or name in _POINTWISE
    if not resized and (target._storage or target._view) is not None and name not in _REPEATING:
        check_distinct(target)
    if name == "gather":  # whose index may be the target
        check_apart(target, operands[:1], wholly=True)
        check_apart(target, operands[1:])
    elif name in _APART and not (resized and name == "diff"):  # of which the parts that are subtracted are copies then
        check_apart(target, operands, wholly=True)
    elif name not in _UNCHECKED and (elementwise or not resized):
        check_apart(target, [each for each in operands if elementwise or getattr(each, "shape", None) == target.shape])


def check_apart(target: Tensor, operands: Iterable[Any], *, wholly: bool = False) -> None:
    """Refuse operands that share a part of their memory with ``target``.

    All of it, in the same order, they may share, unless they shall be apart ``wholly``.
    """
    storage = target._storage
    for operand in _tensors(operands):
        if operand is target:
            shared = "all" if target.numel() else ""
        else:
            shared = _shared(target, operand) if same_memory(storage, operand._storage) else ""
        if shared == "a part" or (wholly and shared):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. Please clone() the tensor before performing the operation."
            )


def _may_share(target: Tensor, operands: Sequence[Any]) -> bool:
    """Whether it is worth while to look closer: for nearly no call."""
    storage = target._storage
    for operand in operands:
        kind = operand.__class__
        if operand is target or kind is list or kind is tuple:
            return True
        if storage is not None and same_memory(storage, getattr(operand, "_storage", None)):
            return True
    return False


def _tensors(operands: Iterable[Any]) -> Iterator[Tensor]:
    for operand in operands:
        if isinstance(operand, (tuple, list)):
            yield from _tensors(operand)
        elif isinstance(operand, Tensor):
            yield operand


def _shared(one: Tensor, other: Tensor) -> str:
    """Which memory of two tensors is the same: ``""`` for none, ``"a part"`` or ``"all"``.

    As PyTorch tells it: only of tensors whose elements lie in one piece, each in a place of its own.
    """
    if not (one.numel() and other.numel()):
        return ""
    if not (_dense(one) and _dense(other)) or one.itemsize != other.itemsize:
        return ""
    start, begin = one.storage_offset(), other.storage_offset()
    if (start, one.numel()) == (begin, other.numel()):
        return "all" if one.stride() == other.stride() else "a part"
    return "a part" if start < begin + other.numel() and begin < start + one.numel() else ""


def _dense(tensor: Tensor) -> bool:
    expected = 1
    for stride, size in sorted(
        (step, size) for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1
    ):
        if stride != expected:
            return False
        expected *= size
    return True
