"""Where ``to`` shall bring a tensor or a module: the three forms of its arguments."""

from __future__ import annotations

from typing import Any, NamedTuple

from flambeau import dtypes, layouts
from flambeau._tensor import Tensor
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = ["Destination", "check_device", "check_format", "destination"]

_OPTIONS = "bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None"
_FORMS = (
    f"(torch.device device = None, torch.dtype dtype = None, {_OPTIONS})",
    f"(torch.dtype dtype, {_OPTIONS})",
    f"(Tensor tensor, {_OPTIONS})",
)


class Destination(NamedTuple):
    """What ``to`` is asked for; None where it is not asked for anything."""

    device: Any
    dtype: dtypes.dtype | None
    copy: bool
    non_blocking: bool
    memory_format: layouts.memory_format | None


def destination(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Destination:
    """The destination that the arguments of ``to`` name.

    Raises:
        TypeError: they are those of none of its forms, in PyTorch's words.
    """
    if len(args) > 4:
        raise TypeError(f"to() takes from 0 to 4 positional arguments but {len(args)} were given")
    names = _names_of(args, kwargs)
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names) or given.keys() & kwargs.keys():
        raise _no_form(args, kwargs)
    given |= kwargs
    if not all(name in (*names, "memory_format") and _fits(name, value) for name, value in given.items()):
        raise _no_form(args, kwargs)
    other: Any = given.get("tensor")
    dtype: Any = given.get("dtype")
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    device, dtype = (given.get("device"), dtype) if other is None else (other.device, other.dtype)
    copy, non_blocking = (bool(given.get(name, False)) for name in ("copy", "non_blocking"))
    return Destination(device, dtype, copy, non_blocking, given.get("memory_format"))


def _names_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
    """The names of the positional arguments of the form that a call has."""
    first = args[0] if args else None
    if isinstance(first, Tensor) or "tensor" in kwargs:
        return "tensor", "non_blocking", "copy"
    if dtypes.stands_for_dtype(first):
        return "dtype", "non_blocking", "copy"
    return "device", "dtype", "non_blocking", "copy"


def _fits(name: str, value: Any) -> bool:
    if name in ("non_blocking", "copy"):
        return type(value).__name__ in ("bool", "bool_")
    if name == "tensor":
        return isinstance(value, Tensor)
    if value is None:
        return True
    if name == "device":
        return isinstance(value, (Device, str, int)) and not isinstance(value, bool)
    return dtypes.stands_for_dtype(value) if name == "dtype" else isinstance(value, layouts.memory_format)


def _no_form(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    got = ", ".join([*map(_type_name, args), *(f"{name}={_type_name(kwargs[name])}" for name in sorted(kwargs))])
    if kwargs and not args:
        got += ", "
    forms = "".join(f"\n * {form}" for form in _FORMS)
    return TypeError(f"to() received an invalid combination of arguments - got ({got}), but expected one of:{forms}\n")


def _type_name(value: Any) -> str:
    prefix = "torch." if isinstance(value, (Device, dtypes.dtype, layouts.memory_format)) else ""
    return prefix + type(value).__name__


def check_device(function: str, device: Any) -> None:
    """Refuse what names no device.

    Raises:
        TypeError: in PyTorch's words.
    """
    if not _fits("device", device):
        raise TypeError(f"{function}(): argument 'device' (position 1) must be torch.device, not {_type_name(device)}")


def check_format(function: str, memory_format: Any) -> None:
    """Refuse what is no memory format.

    Raises:
        TypeError: in PyTorch's words.
    """
    if memory_format is not None and not isinstance(memory_format, layouts.memory_format):
        raise TypeError(
            f"{function}(): argument 'memory_format' must be torch.memory_format, not {type(memory_format).__name__}"
        )
