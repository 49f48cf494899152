"""Collation: from a list of samples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from copy import copy
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import float64
from flambeau.ops.creation.data import as_tensor, tensor
from flambeau.ops.movement.joining import stack

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack tensors, arrays and numbers; keep the structure of mappings, sequences and named tuples.

    Source of the semantics: ``torch.utils.data.default_collate``.

    Raises:
        TypeError: a sample is of a type that no batch can be made of.
        RuntimeError: sequences in the batch differ in length.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.data.default_collate([(torch.tensor(1.0), 2), (torch.tensor(3.0), 4)])
        [tensor([1., 3.]), tensor([2, 4])]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, float):
        return tensor(list(batch), dtype=float64)
    if isinstance(first, (bool, int)):
        return tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _mapping_like(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(column) for column in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(column) for column in zip(*batch, strict=True)]
    if _is_array(first):
        return stack([as_tensor(sample) for sample in batch])
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}"
    )


def default_convert(data: Any) -> Any:
    """Make tensors of the arrays in a sample; keep its structure and everything else.

    Source of the semantics: ``torch.utils.data.default_convert``.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.data.default_convert({"name": "seven", "sizes": (2, 3)})
        {'name': 'seven', 'sizes': [2, 3]}
    """
    if isinstance(data, (Tensor, str, bytes)):
        return data
    if _is_array(data):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence):
        return [default_convert(value) for value in data]
    return data


def _is_array(value: Any) -> bool:
    """Whether it is an array, or a scalar, of numbers: NumPy's, or one that looks like it."""
    return hasattr(value, "__array_interface__") and value.dtype.kind in "biufc"


def _mapping_like(original: Mapping[Any, Any], entries: dict[Any, Any]) -> Mapping[Any, Any]:
    """Entries in a mapping of the type of the original, if such a one can be filled."""
    if not isinstance(original, MutableMapping):
        try:
            return type(original)(entries)  # type: ignore[call-arg]
        except TypeError:  # whatever it is made of
            return entries
    made = copy(original)
    made.update(entries)
    return made
