"""The entries of a key in brackets: what a program may write there, as ints, slices, None, bools and index tensors."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index as as_int
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.data import make_tensor as tensor
from flambeau.promotion import is_scalar

__all__ = ["MASKS", "ZERO_DIM", "expanded_key"]

MASKS = (dtypes.bool, dtypes.uint8)
"""The dtypes of masks."""

ZERO_DIM = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor "
    "to a number"
)


def expanded_key(input: Tensor, key: Any) -> list[Any]:
    """The key as a list with one entry per dimension it uses, ``...`` written out as slices."""
    entries = list(map(_as_index, _entries(key)))
    used = sum(map(_dims_used, entries))
    if used > input.dim():
        if input.dim() == 0:
            raise IndexError(ZERO_DIM)
        raise IndexError(f"too many indices for tensor of dimension {input.dim()}")
    if not any(entry is Ellipsis for entry in entries):
        return entries
    missing = [slice(None)] * (input.dim() - used)
    return [each for entry in entries for each in (missing if entry is Ellipsis else (entry,))]


_MOST_DIMS = 32  # a longer sequence is never taken apart


def _entries(key: Any) -> Sequence[Any]:
    """The entries of a key: of a tuple, and of a sequence that holds more than numbers."""
    if isinstance(key, tuple):
        return key
    if not isinstance(key, Sequence) or isinstance(key, _TEXT) or len(key) >= _MOST_DIMS or all(map(_is_plain, key)):
        return (key,)
    warnings.warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
        "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
        "which will result either in an error or a different result",
        UserWarning,
        stacklevel=level_of_caller(),
    )
    return key


_TEXT = (str, bytes)


def _is_plain(entry: Any) -> bool:
    """Whether an entry of a sequence is a number, so that the sequence may be one index tensor."""
    if entry is None or entry is Ellipsis or isinstance(entry, (slice, Tensor)):
        return False
    return not isinstance(entry, Sequence) and (not hasattr(entry, "__array_interface__") or is_scalar(entry))


def _as_index(entry: Any) -> Any:
    """One entry of a key as an int, slice, None, Ellipsis, bool or index tensor; uint8 tensors are masks."""
    if entry is None or entry is Ellipsis or isinstance(entry, (bool, int, slice)):
        return entry
    if isinstance(entry, Tensor):
        return _index_tensor(entry)
    if isinstance(entry, _TEXT):
        raise TypeError(f"new(): invalid data type '{type(entry).__name__}'")
    if isinstance(entry, Sequence) or (hasattr(entry, "__array_interface__") and not is_scalar(entry)):
        return _index_tensor(_tensor_of(entry))
    try:
        return as_int(entry)
    except TypeError:
        module = "numpy." if type(entry).__module__ == "numpy" else ""
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {module}{type(entry).__name__})"
        ) from None


def _tensor_of(indices: Any) -> Tensor:
    """Indices as a tensor: int64, but for masks, and for what is no index."""
    if getattr(getattr(indices, "dtype", None), "kind", "") == "u" and indices.dtype.itemsize > 1:
        indices = indices.tolist()  # of a dtype that tensors do not have
    made = tensor(list(indices) if isinstance(indices, Sequence) else indices)
    return made if made.dtype in MASKS else made.to(dtypes.int64)  # floats are cut off


def _index_tensor(index: Tensor) -> Any:
    """A tensor as an entry: a single integer as an int, a single mask as bool.

    Raises:
        IndexError: it has a dtype that is neither that of an index nor that of a mask.
    """
    dtype = index.dtype
    if index.dim() == 0 and dtype is dtypes.uint8:
        return index.ne(0)
    if index.dim() == 0 and dtype.category == dtypes.INTEGRAL:
        return int(index.item())
    if dtype not in (dtypes.int64, dtypes.int32, *MASKS):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return index


def _dims_used(entry: Any) -> int:
    if entry is None or entry is Ellipsis or isinstance(entry, bool):
        return 0
    if isinstance(entry, Tensor) and entry.dtype in MASKS:
        return entry.dim()
    return 1
