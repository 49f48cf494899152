"""Functions of each element for themselves, on large arrays piece by piece: what lies between their steps stays in the cache.

Of a whole array, every step reads and writes all of memory, and memory that is new takes more time than arithmetic. A
backend says how many elements go together: :attr:`flambeau.backend.Backend.element_block`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from math import prod
from typing import Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled

from .precision import all_in_single

__all__ = ["by_element", "by_element_formula", "in_pieces"]


def in_pieces(type_: Any, compute: Callable[..., Any], *arrays: Any) -> Any:
    """``compute(type_, *arrays)`` of arrays of one shape, element by element."""
    if _in_pieces(type_, arrays):
        return _pieced(type_, partial(compute, type_), arrays)
    return compute(type_, *arrays)


def by_element(type_: Any, compute: Callable[..., Any], *arrays: Any) -> Any:
    """:func:`in_pieces`, of half precision in float32."""
    if _in_pieces(type_, arrays):
        return _pieced(type_, partial(all_in_single, type_, compute), arrays)
    return all_in_single(type_, compute, *arrays)


def by_element_formula(formula: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A derivative ``formula(grad, *saved)`` that goes element by element, where nothing is recorded in pieces."""

    @wraps(formula)
    def computed(grad: Tensor, saved: Tensor, *options: Any) -> Tensor:
        type_ = grad._type
        if saved._type is not type_ or grad._sparse or saved._sparse or grad_enabled():
            return formula(grad, saved, *options)
        arrays = (grad._array, saved._array)
        if not _in_pieces(type_, arrays):
            return formula(grad, saved, *options)

        def slope(*pieces: Any) -> Any:
            return formula(*[from_array(piece, type_) for piece in pieces], *options)._array

        return from_array(_pieced(type_, slope, arrays), type_)

    return computed


def _in_pieces(type_: Any, arrays: Sequence[Any]) -> bool:
    """Whether the arrays have one shape and their elements lie in its order, and are more than one block."""
    backend, shape = type_.backend, arrays[0].shape
    block = backend.element_block
    if not block or prod(shape) <= block or backend.capabilities.views != "alias":
        return False
    return all(array.shape == shape and backend.is_contiguous(array) for array in arrays)


def _pieced(type_: Any, compute: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    kernels, shape = type_.kernels, arrays[0].shape
    count, block = prod(shape), type_.backend.element_block
    result = kernels.empty((count,), type_.dtype.name)
    flat = [kernels.reshape(array, (count,)) for array in arrays]
    number = -(-count // block)

    def fill(place: int) -> None:
        start, stop = count * place // number, count * (place + 1) // number  # pieces of nearly the same size
        where = (start,), (stop - start,), (1,)
        made = compute(*[kernels.slice(array, *where) for array in flat])
        kernels.copy_into(kernels.slice(result, *where), made)

    type_.backend.each(fill, number)
    return kernels.reshape(result, shape)
