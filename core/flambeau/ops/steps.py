"""Steps of optimizers: as one kernel, of many small tensors at once, and of a large one in blocks.

``flambeau.optim`` need not know what a tensor's memory is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, TypeAlias

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.storage import propagate_write

__all__ = ["BLOCK", "batches", "blocks", "fill", "packed", "step_by_kernel", "steps_at_once", "unpack"]

SMALL = 1 << 14
"""Elements up to which a tensor is one of many that are changed together."""

BLOCK = 1 << 16
"""Elements of a large tensor that are changed together: what a formula makes of them stays in the cache."""

Pair: TypeAlias = tuple[Tensor, Tensor]
"""A parameter and its gradient."""


def step_by_kernel(name: str, grad: Tensor, written: Sequence[Tensor | None], *options: Any) -> bool:
    """Write the parameter and its states by the backend's kernel ``name``: whether it has one for these tensors.

    ``written`` is the parameter and what the optimizer keeps about it, None for a state that it does without. The
    kernel gets the arrays of the parameter, of ``grad`` and of the states, then ``options``. Without a kernel, or
    where the gradient or a state is of another dtype or device, nothing is changed and the answer is False.
    """
    parameter, *states = written
    assert parameter is not None
    type_ = parameter._type
    kernel = getattr(type_.kernels, name)
    if (
        kernel is None
        or grad._type is not type_
        or any(each is not None and each._type is not type_ for each in states)
    ):
        return False
    arrays = (parameter._array, grad._array, *[None if each is None else each._array for each in states])
    if _gathered.rows is None:
        kernel(*arrays, *options)
    else:
        _gathered.rows.setdefault((type_.kernels.many_steps, name, options), []).append(arrays)
    for each in written:
        if each is not None:
            propagate_write(each)
    return True


class _Gathered(threading.local):
    """The rows of arrays of the steps that are to be made at once, by kernel and options; None where they are made one by one."""

    rows: dict[Any, list[Any]] | None = None


_gathered = _Gathered()


@contextmanager
def steps_at_once(pairs: Sequence[Pair]) -> Iterator[None]:
    """Make the steps of parameters by kernels that are asked for inside all together when it is left, if the backend can.

    Not where two of the parameters lie in the same memory: of those the second sees what became of the first.
    """
    if not pairs or pairs[0][0]._type.kernels.many_steps is None or not _can_wait(pairs):
        yield
        return
    _gathered.rows = {}
    try:
        yield
    finally:  # also those before an error, which are counted
        rows, _gathered.rows = _gathered.rows, None
        for (kernel, name, options), arrays in rows.items():
            kernel(name, arrays, options)


def _can_wait(pairs: Sequence[Pair]) -> bool:
    """Whether the backends of all parameters have the kernel, and no two lie in the same memory."""
    if any(parameter._type.kernels.many_steps is None for parameter, _ in pairs):
        return False
    return len({_memory_of(parameter) for parameter, _ in pairs}) == len(pairs)


def _memory_of(tensor: Tensor) -> int:
    """A number that tensors on the same memory have in common."""
    storage = tensor._storage
    return id(tensor if storage is None else storage if storage.kin is None else storage.kin)


def batches(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Parameters and gradients in lists: small ones of one dtype and device together, if the backend has the kernels for that.

    No two of a list lie in the same memory: of those the second sees what became of the first.
    """
    found: list[list[Pair]] = []
    small: dict[Any, list[Pair] | None] = {}
    taken: set[int] = set()
    for pair in pairs:
        parameter, grad = pair
        type_, memory = parameter._type, _memory_of(parameter)
        if type_ not in small:
            small[type_] = None if type_.kernels.pack is None else []
        batch = small[type_]
        alone = batch is None or memory in taken or grad._sparse or grad._type is not type_
        if batch is None or alone or prod(parameter._array.shape) > SMALL:
            found.append([pair])
            continue
        if not batch:
            found.append(batch)
        taken.add(memory)
        batch.append(pair)
    return found


def packed(tensors: Sequence[Tensor], *, alike: bool = False) -> Tensor | None:
    """The elements of all tensors as a vector; None where they are of several dtypes, or the backend has no kernel for it.

    ``alike``: they are known to be of one dtype and device.
    """
    type_ = tensors[0]._type
    kernel = type_.kernels.pack
    if kernel is None or not (alike or all(tensor._type is type_ for tensor in tensors)):
        return None
    return from_array(kernel([tensor._array for tensor in tensors]), type_)


def unpack(vector: Tensor, tensors: Sequence[Tensor]) -> None:
    """Write the elements of a vector, as :func:`packed` gives it, into tensors."""
    vector._type.kernels.unpack(vector._array, [tensor._array for tensor in tensors])
    for tensor in tensors:
        propagate_write(tensor)


def fill(tensors: Sequence[Tensor], value: Tensor) -> None:
    """Write the number that one tensor is into others."""
    if tensors and {tensor._type for tensor in tensors} == {value._type}:
        vector = packed([value] * len(tensors))
        if vector is not None:
            unpack(vector, tensors)
            return
    for tensor in tensors:
        tensor.copy_(value)


def blocks(tensors: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
    """Large tensors of one shape cut alike into views of blocks; whole, if they are small, not contiguous, or on a GPU."""
    size = tensors[0].numel()
    if size <= BLOCK or tensors[0].is_cuda or not all(tensor.is_contiguous() for tensor in tensors):
        yield tuple(tensors)
        return
    flat = [tensor.detach().reshape(-1) for tensor in tensors]
    for start in range(0, size, BLOCK):
        yield tuple(each[start : start + BLOCK] for each in flat)
