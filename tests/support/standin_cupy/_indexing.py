"""Indexing as CuPy does it: keys of device arrays, wrapped indices, no order among writes to one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._ndarray import ndarray

__all__ = ["arrays_in", "assign", "host_key", "index_array", "scatter"]

# What CUDA's atomic operations exist for.
_ATOMIC = {
    "add": ("int32", "float16", "float32", "float64", "uint32", "uint64"),
    "max": ("int32", "float32", "float64", "uint32", "uint64"),
    "min": ("int32", "float32", "float64", "uint32", "uint64"),
}
_SCATTER: dict[str, Any] = {"add": np.add, "max": np.maximum, "min": np.minimum}


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_array(part: Any) -> bool:
    return hasattr(part, "_host")


def arrays_in(key: Any) -> list[Any]:
    """The device arrays in a key."""
    return [part for part in _parts(key) if _is_array(part)]


def index_array(part: Any) -> np.ndarray[Any, Any]:
    """The NumPy array of an index array."""
    if not _is_array(part):
        raise TypeError(f"{type(part)} as an index would be copied to the device in silence")
    host: np.ndarray[Any, Any] = part._host
    if host.dtype.kind not in "biu":
        raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {host.dtype.type})")
    return host


def host_key(target: ndarray, key: Any) -> tuple[tuple[Any, ...], bool]:
    """A key for the NumPy array of ``target``, and whether it has index arrays; integers wrap around, unchecked."""
    parts = _parts(key)
    taken = sum(_dims(part) for part in parts)
    if taken > target.ndim:
        raise IndexError(f"too many indices for array: array is {target.ndim}-dimensional, but {taken} were indexed")
    result: list[Any] = []
    dim = 0
    for part in parts:
        result.append(_host_part(part, target.shape[dim : dim + 1]))
        dim += target.ndim - taken if part is Ellipsis else _dims(part)
    if Ellipsis not in [part for part in parts if not _is_array(part)]:
        result.append(Ellipsis)  # makes NumPy give an array where all dims are indexed
    return tuple(result), any(_is_array(part) for part in parts)


def _dims(part: Any) -> int:
    """How many dims a part of a key indexes."""
    if part is None or part is Ellipsis:
        return 0
    return int(part.ndim) if _is_array(part) and part.dtype.kind == "b" else 1


def _host_part(part: Any, size: tuple[int, ...]) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, int) and not isinstance(part, bool):
        return part
    host = index_array(part)
    return host if host.dtype.kind == "b" or not size[0] else host % size[0]


def assign(target: ndarray, key: Any, value: Any) -> None:
    """``target[key] = value``; of several values for one place the first one stays."""
    place, advanced = host_key(target, key)
    with np.errstate(all="ignore"):
        if not advanced:
            target._host[place] = _host_value(value)
            return
        places = np.arange(target.size).reshape(target.shape)[place]
        values = np.broadcast_to(_host_value(value), places.shape).astype(target.dtype)
        target._host.flat[places.ravel()[::-1]] = values.ravel()[::-1]


def scatter(target: ndarray, key: Any, value: Any, operation: str) -> None:
    """Add, or take the larger or smaller, at places that may be repeated."""
    place, advanced = host_key(target, key)
    integers = [part for part in arrays_in(key) if part.dtype.kind != "b"]
    if advanced and integers and target.dtype.name not in _ATOMIC[operation]:
        raise TypeError(f"scatter_{operation} only supports {', '.join(_ATOMIC[operation])} as data type")
    with np.errstate(all="ignore"):
        _SCATTER[operation].at(target._host, place, np.asarray(_host_value(value)).astype(target.dtype))


def _host_value(value: Any) -> Any:
    if _is_array(value):
        return value._host
    if isinstance(value, bool | int | float | complex | np.generic):
        return value
    raise TypeError(f"{type(value)} would be copied to the device in silence")
