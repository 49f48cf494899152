"""Collation: from a list of samples to a batch.

How samples of a type become a batch stands in ``default_collate_fn_map``, which a program may add to.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flambeau._dispatch.factories import type_for
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import float64, int64
from flambeau.ops.creation.data import as_tensor, tensor
from flambeau.ops.movement.joining import stack

from .containers import is_named_tuple, mapping_like, sequence_like

__all__ = [
    "collate", "collate_float_fn", "collate_int_fn", "collate_numpy_array_fn", "collate_numpy_scalar_fn",
    "collate_str_fn", "collate_tensor_fn", "default_collate", "default_collate_err_msg_format",
    "default_collate_fn_map", "default_convert",
]  # fmt: skip

CollateMap = dict[Any, Callable[..., Any]]

_NUMBERS, _NO_NUMBERS = "biufc", "SUaO"
"""NumPy's kinds of dtypes that tensors can be made of, and those of text and objects."""

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


class _Arrays(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return hasattr(instance, "__array_interface__") and hasattr(instance, "__setitem__")


class NumpyArray(metaclass=_Arrays):
    """What has an ``__array_interface__``: NumPy's arrays, without NumPy being asked for its classes."""

    dtype: Any


class _Scalars(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            hasattr(instance, "__array_interface__")
            and not hasattr(instance, "__setitem__")
            and instance.dtype.kind in _NUMBERS
        )


class NumpyScalar(metaclass=_Scalars):
    """A number of NumPy: as an array, but one that cannot be written to."""


def default_collate(batch: Any) -> Any:
    """Stack tensors, arrays and numbers; keep the structure of mappings, sequences and named tuples.

    What is done with a type is what ``default_collate_fn_map`` says. Source: ``torch.utils.data.default_collate``.

    Raises:
        TypeError: a sample is of a type that no batch can be made of.
        RuntimeError: sequences in the batch differ in length, or tensors in shape.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.data.default_collate([(torch.tensor(1.0), 2), (torch.tensor(3.0), 4)])
        [tensor([1., 3.]), tensor([2, 4])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Make a batch of samples by a map from types to functions, which get the list of what is to be put together.

    The entry of the very type comes first, then the first whose type the sample is an instance of; mappings, named tuples
    and sequences that have none are gone into. Source of the semantics: ``torch.utils.data._utils.collate.collate``.

    Raises:
        TypeError: a sample is of a type that the map does not have.
        RuntimeError: sequences in the batch differ in length.
    """
    first = batch[0]
    function = _function_for(first, collate_fn_map or {})
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return mapping_like(
            first, lambda key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map)
        )
    if is_named_tuple(first):
        return type(first)(*_columns(batch, collate_fn_map))
    if not isinstance(first, Sequence):
        raise TypeError(default_collate_err_msg_format.format(type(first)))
    if len(set(map(len, batch))) > 1:
        raise RuntimeError("each element in list of batch should be of equal size")
    if isinstance(first, tuple):
        return _columns(batch, collate_fn_map)
    return sequence_like(first, lambda: _columns(batch, collate_fn_map))


def _function_for(sample: Any, collate_fn_map: CollateMap) -> Callable[..., Any] | None:
    if type(sample) in collate_fn_map:
        return collate_fn_map[type(sample)]
    return next((function for kind, function in collate_fn_map.items() if isinstance(sample, kind)), None)


def _columns(batch: Any, collate_fn_map: CollateMap | None) -> list[Any]:
    return [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)]


def collate_tensor_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Stack tensors of one shape.

    Raises:
        RuntimeError: they are sparse, or their shapes differ.
    """
    first = batch[0]
    if first._sparse:
        raise RuntimeError(
            "Batches of sparse tensors are not currently supported by the default collate_fn; "
            "please provide a custom collate_fn to handle them appropriately."
        )
    arrays = _arrays_of_one_kind(batch, first)
    return stack(list(batch)) if arrays is None else _stacked(arrays, first._type)


def _arrays_of_one_kind(batch: Any, first: Tensor) -> list[Any] | None:
    """The arrays of ordinary tensors of one type and shape without history, the usual batch, which is made fast; else None."""
    type_, shape = first._type, first._array.shape
    arrays = []
    for sample in batch:
        if sample.__class__ is not Tensor or sample._type is not type_ or sample._node is not None:
            return None
        if (array := sample._array).shape != shape:
            return None
        arrays.append(array)
    return arrays


def _stacked(arrays: list[Any], type_: Any) -> Tensor:
    shape, kernels = arrays[0].shape, type_.kernels
    if not shape:
        arrays = [kernels.reshape(single, (1,)) for single in arrays]
    joined = kernels.reshape(kernels.concat(arrays, 0), (len(arrays), *shape))
    return from_array(contiguous_array(type_, joined), type_)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Stack arrays as tensors.

    Raises:
        TypeError: they are of text, or of objects.
    """
    dtype = batch[0].dtype
    if dtype.kind in _NO_NUMBERS:
        raise TypeError(default_collate_err_msg_format.format(dtype))
    return collate([as_tensor(sample) for sample in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Make a tensor of NumPy's numbers."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Make a float64 tensor of Python's floats."""
    return _of_numbers("d", batch, float64) if type(batch[0]) is float else tensor(list(batch), dtype=float64)


def collate_int_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Make an int64 tensor of integers, a bool tensor of truth values."""
    return _of_numbers("q", batch, int64) if type(batch[0]) is int else tensor(list(batch))


def _of_numbers(code: str, batch: Any, dtype: DType) -> Tensor:
    """A vector of numbers of one kind; what the host's arrays do not take goes the long way, where errors have words."""
    try:
        elements = array(code, batch)
    except (TypeError, OverflowError):
        return tensor(list(batch), dtype=float64 if code == "d" else None)
    type_ = type_for(dtype, None)
    return from_array(type_.kernels.from_host(memoryview(elements).cast("B"), (len(elements),), dtype.name), type_)


def collate_str_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Leave text and bytes as they are."""
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: collate_tensor_fn, NumpyScalar: collate_numpy_scalar_fn, NumpyArray: collate_numpy_array_fn,
    float: collate_float_fn, int: collate_int_fn, str: collate_str_fn, bytes: collate_str_fn,
}  # fmt: skip
"""How samples of a type become a batch: functions of the list of samples and, by name, of a map as this one."""


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
    if type(data).__module__ != "numpy" and isinstance(data, (NumpyArray, NumpyScalar)):
        return data  # as a masked array: a tensor would lose what it has beyond its numbers
    if isinstance(data, NumpyArray):
        return data if data.dtype.kind in _NO_NUMBERS else as_tensor(data)
    if isinstance(data, NumpyScalar):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return mapping_like(data, lambda key: default_convert(data[key]))
    if is_named_tuple(data):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(entry) for entry in data]
    if isinstance(data, Sequence):
        return sequence_like(data, lambda: [default_convert(entry) for entry in data])
    return data
