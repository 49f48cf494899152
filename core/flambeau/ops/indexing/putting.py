"""Writing elements by index tensors that are given as an argument: ``index_put``."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau import dtypes
from flambeau._dispatch.declare import composite
from flambeau._dispatch.overlaps import check_apart
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.methods import method

from ._entries import expanded_key
from .keys import _apply_basic, _dtypes_differ, _fills, _put_at

__all__ = ["index_put", "index_put_"]


def _put(function: str, input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool) -> None:
    for position, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 1, but got {type(index).__name__}")
    if not isinstance(values, Tensor):
        raise TypeError(f"{function}(): argument 'values' (position 3) must be Tensor, not {type(values).__name__}")
    if values.dtype is not input.dtype:
        raise _dtypes_differ(input, values)
    if not indices:
        raise IndexError(f"{function}(): expected one index tensor at least")
    check_apart(input, (*indices, values), wholly=True)
    entries = expanded_key(input, tuple(index.reshape(1) if _is_number(index) else index for index in indices))
    view, advanced = _apply_basic(input, entries, not accumulate and _fills(entries, values))
    _put_at(view, advanced, values, accumulate)


def _is_number(index: Tensor) -> bool:
    return index.dim() == 0 and index.dtype is not dtypes.bool


@composite()
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """Copy a tensor with the elements that index tensors name replaced, or added to if ``accumulate``.

    Masks are index tensors too; ``values`` broadcasts to the shape of ``input[indices]``. Source: ``torch.index_put``.

    Raises:
        IndexError: an index is out of range, or no index.
        RuntimeError: ``values`` has another dtype, or does not broadcast.

    Example:
        >>> import flambeau as torch
        >>> torch.index_put(torch.zeros(3), (torch.tensor([2, 2]),), torch.tensor([4.0, 5.0]), accumulate=True)
        tensor([0., 0., 9.])
    """
    result = input.clone()
    _put("index_put", result, indices, values, accumulate)
    return result


@spelled()
@method("index_put_")
def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """In-place form of :func:`flambeau.index_put`.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2).index_put_((torch.tensor([1]),), torch.tensor(3.0))
        tensor([0., 3.])
    """
    _put("index_put_", input, indices, values, accumulate)
    return input
