"""``__torch_function__``: how a class takes over what operations do with its objects.

A generated function looks at its operands through three doors, which are other names of what every tensor has:
``_plain_type``, ``_plain_node`` and ``_special``. A class that takes part has them closed (there is no such attribute, and the
last one is true), so that its tensors leave the usual path where what is no tensor leaves it, and plain tensors pay nothing.
Methods and properties that are no generated functions are wrapped for such a class alone, when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar, Token
from functools import cache, wraps
from typing import Any, TypeVar

from .misuse import check_tensors

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "NoImplementationError",
    "ask",
    "close_doors",
    "default_torch_function",
    "kept_results",
    "overridable_methods",
    "disabled_torch_function",
    "overridable",
    "overriding",
    "reset_enabled",
    "set_enabled",
    "special_in",
    "taken_over",
    "takes_part",
    "taking_part",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_enabled: ContextVar[bool] = ContextVar("flambeau_torch_function", default=True)

set_enabled, reset_enabled = _enabled.set, _enabled.reset

Tensor: Any = None
"""A door: the class of tensors, assigned once by :mod:`.tensor`."""

InvalidTensor: Any = None
"""Another: the class of views that a write has left without a history."""

taking_part: list[bool] = []
"""One entry once a class of tensors takes part: until then, functions that are not generated need not look."""

_running: ContextVar[Any] = ContextVar("flambeau_running", default=None)
"""The function that is run with the protocol off, for the class of an operand."""


class NoImplementationError(TypeError):
    """The classes of a call's operands take part, and none of them can do it."""


class DisableTorchFunctionSubclass:
    """A context in which ``__torch_function__`` is not called. Source: ``torch._C.DisableTorchFunctionSubclass``.

    Example:
        >>> import flambeau as torch
        >>> class Meters(torch.Tensor): ...
        >>> x = torch.ones(2).as_subclass(Meters)
        >>> with torch._C.DisableTorchFunctionSubclass():
        ...     type(x + 1).__name__
        'Tensor'
    """

    _before: Token[bool]

    def __enter__(self) -> None:
        self._before = set_enabled(False)

    def __exit__(self, *_: object) -> None:
        reset_enabled(self._before)


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """As :class:`DisableTorchFunctionSubclass`. Source of the semantics: ``torch._C.DisableTorchFunction``."""


def disabled_torch_function(
    function: Callable[..., Any],
    types: Iterable[type],
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """What a class sets ``__torch_function__`` to if it shall not take part.

    Source of the semantics: ``torch._C._disabled_torch_function_impl``.
    """
    return _run(function, args, kwargs or {})


def _run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The function with the protocol off; NotImplemented if it is of another library, which does not know our switch.

    Such a library asks again when its function is called, and would for ever.
    """
    if _running.get() == function:
        return NotImplemented
    token = _running.set(function)
    try:
        with DisableTorchFunctionSubclass():
            return function(*args, **kwargs)
    finally:
        _running.reset(token)


def takes_part(cls: type) -> bool:
    """Whether a class has a ``__torch_function__`` to be called; those of PyTorch's tensors would call the function again."""
    method = getattr(cls, "__torch_function__", None)
    if method is None or method is disabled_torch_function or cls is Tensor:
        return False
    return not any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in cls.__mro__)


def overriding(values: Iterable[Any]) -> list[Any]:
    """One operand of each class that takes part, in the order in which they are asked: subclasses before their bases."""
    found: list[Any] = []
    if _enabled.get():
        _collect(values, found)
    return found


def _collect(values: Iterable[Any], found: list[Any]) -> None:
    for value in values:
        kind = value.__class__
        if kind is tuple or kind is list:
            _collect(value, found)
        elif takes_part(kind) and not any(other.__class__ is kind for other in found):
            later = (place for place, other in enumerate(found) if issubclass(kind, other.__class__))
            found.insert(next(later, len(found)), value)


def special_in(tensors: Any) -> bool:
    """Whether a sequence has an entry that has to be asked about: of a class that takes part, sparse, or no tensor."""
    if not isinstance(tensors, (tuple, list)):
        return getattr(tensors, "_special", False)
    for tensor in tensors:  # noqa: SIM110 (any() would take four times as long)
        if getattr(tensor, "_special", True):
            return True
    return False


def taken_over(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    written: bool = False,
) -> Any:
    """What the class of an operand makes of a call; NotImplemented if no operand's class takes part.

    ``written`` says that the function is one that PyTorch writes in Python: ``types`` has the class of plain tensors too then.

    Raises:
        NoImplementationError: they do, and none of them can do it.
    """
    given = kwargs or {}
    found = overriding((*args, *given.values()))
    if not found:
        return NotImplemented
    failure = _failure(name, [value.__class__ for value in found]) if name else ""
    plain = (Tensor,) if written and _has_plain((*args, *given.values())) else ()
    return ask(found, function, args, given, failure, plain)


def _has_plain(values: Iterable[Any]) -> bool:
    return any(
        value.__class__ is Tensor or (value.__class__ in (tuple, list) and _has_plain(value)) for value in values
    )


def ask(
    found: list[Any],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    failure: str = "",
    further: tuple[type, ...] = (),
) -> Any:
    """The first answer of the classes of ``found``, which are told that ``further`` ones are among the operands.

    Raises:
        NoImplementationError: there is none; ``failure`` is what it says, if it shall not be PyTorch's words for an operation.
    """
    types = (*[value.__class__ for value in found], *further)
    for value in found:
        result = value.__torch_function__(function, types, args, dict(kwargs))
        if result is not NotImplemented:
            return result
    raise NoImplementationError(failure or _failure(f"torch.{function.__name__}", types))


def _failure(name: str, types: Iterable[type]) -> str:
    classes = "\n".join(f"  - tensor subclass {kind}" for kind in types)
    return (
        f"Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned NotImplemented:\n\n{classes}"
    )


def default_torch_function(
    cls: type, function: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What ``Tensor.__torch_function__`` does: the operation itself, whose results become tensors of the class."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    result = _run(function, args, kwargs)
    if result is NotImplemented or cls is Tensor or function in kept_results():
        return result
    with DisableTorchFunctionSubclass():
        return _converted(result, cls)


@cache
def kept_results() -> frozenset[Any]:
    """What gives a tensor that it does not make, whose class is its own affair."""
    return frozenset({Tensor._base.__get__, Tensor.grad.__get__})


def _converted(result: Any, cls: Any) -> Any:
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        entries = [_converted(entry, cls) for entry in result]
        return type(result)(*entries) if hasattr(result, "_fields") else type(result)(entries)
    return result


def overridable(function: _Function) -> _Function:
    """Let classes take over a function that is not generated."""

    @wraps(function)
    def form(*args: Any, **kwargs: Any) -> Any:
        if taking_part:
            taken = taken_over(form, args, kwargs, written=True)
            if taken is not NotImplemented:
                return taken
        try:
            return function(*args, **kwargs)
        except (TypeError, AttributeError) as error:  # of what is no tensor, whose class may take part all the same
            taken = taken_over(form, args, kwargs, written=True)
            if taken is NotImplemented:
                if isinstance(error, AttributeError):
                    check_tensors(error, Tensor, function, args, kwargs)
                raise
        return taken

    return form  # type: ignore[return-value]


# -- classes of tensors ---------------------------------------------------------------------------------------------------


def close_doors(cls: type) -> None:
    """Prepare a new class of tensors: let operations meet its tensors as strangers if it takes part."""
    if not takes_part(cls):
        if isinstance(cls._special, property):  # type: ignore[attr-defined]  # of a base that takes part
            cls._plain_type, cls._plain_node, cls._special = Tensor._type, Tensor._node, False  # type: ignore[attr-defined]
        return
    if not taking_part:
        taking_part.append(True)
    cls._plain_type, cls._plain_node, cls._special = _DOORS  # type: ignore[attr-defined]
    for name, wrapper in _wrappers().items():
        if next(base for base in cls.__mro__ if name in vars(base)) in Tensor.__mro__:
            setattr(cls, name, wrapper)


def _door(slot: str) -> property:
    def look(tensor: Any) -> Any:
        if _enabled.get():
            raise AttributeError(f"the class of the tensor takes over: there is no {slot} for operations")
        return getattr(tensor, slot)

    return property(look)


_DOORS = _door("_type"), _door("_node"), property(lambda tensor: _enabled.get() or tensor._sparse)

_TAKEN = frozenset(
    {
        "_base", "_version", "__array__", "__bool__", "__complex__", "__contains__", "__deepcopy__", "__dlpack__",
        "__dlpack_device__", "__float__", "__format__", "__getitem__", "__index__", "__int__", "__invert__", "__len__",
        "__reduce_ex__", "__repr__", "__reversed__", "__setitem__",
    }
)  # fmt: skip
"""What a class takes over beside public names; operators are generated functions, or made of them."""

_OWN = frozenset({"as_subclass"})
"""What no class takes over."""


def overridable_methods() -> Iterator[tuple[str, Any]]:
    """The methods of tensors by name, and what reads their properties, as classes get to see them."""
    for name, value in _originals().items():
        if isinstance(value, property):
            yield f"{name}.__get__", value.__get__
        else:
            yield name, value


def _originals() -> dict[str, Any]:
    return {
        name: value
        for base in reversed(Tensor.__mro__[:-1])
        for name, value in vars(base).items()
        if name not in _OWN and (name[0] != "_" or name in _TAKEN) and callable(getattr(value, "__get__", None))
    }


@cache
def _wrappers() -> dict[str, Any]:
    """What stands in a class that takes part in the place of the methods and properties of tensors."""
    return {
        name: _wrapped_property(name, value) if isinstance(value, property) else _wrapped_method(name, value)
        for name, value in _originals().items()
    }


def _wrapped_method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = taken_over(function, (self, *args), kwargs, name=f"torch.Tensor.{name}")
        return function(self, *args, **kwargs) if result is NotImplemented else result

    return method


def _wrapped_property(name: str, own: property) -> property:
    def accessor(which: str) -> Callable[..., Any]:
        access = getattr(own, which)

        def form(self: Any, *value: Any) -> Any:
            result = taken_over(access, (self, *value), name=f"torch.Tensor.{name}.{which}")
            return access(self, *value) if result is NotImplemented else result

        return form

    return property(accessor("__get__"), accessor("__set__"), accessor("__delete__"), own.__doc__)
