"""Putting a function in the place of another, wherever that is referred to: the object stays, its code is exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from inspect import BoundArguments, Parameter, Signature, signature
from itertools import count
from types import FunctionType
from typing import Any

import flambeau

from .survey import Watch

__all__ = [
    "Around", "Called", "FunctionFault", "always", "around", "exchangeable", "given", "options_of", "touched", "watching",
    "without",
]  # fmt: skip

Around = Callable[..., Any]
"""What stands around a function: called with the function as it was, then with the arguments."""


@dataclass(frozen=True)
class Called:
    """What came of a call.

    Attributes:
        args, kwargs: what was given.
        result: what came back.
        error: what was raised, if anything.
        version: that of the first argument before the call, if it is a tensor.
        recording: whether the graph was recorded.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any = None
    error: BaseException | None = None
    version: int = 0
    recording: bool = True


@dataclass(frozen=True)
class FunctionFault:
    """A fault of a function.

    Attributes:
        name: what is wrong.
        family: the column of the matrix.
        hook: stands around the function.
        shows: whether it would have changed a call.
    """

    name: str
    family: str
    hook: Around
    shows: Callable[[Called], bool]


def always(called: Called) -> bool:
    """Of a fault that changes whatever is not refused."""
    return called.error is None


_numbers = count()

touched = [0]
"""How often a fault has changed something, in this process."""


def exchangeable(function: Any) -> FunctionType | None:
    """The plain function whose code can be exchanged: what ``function`` wraps, if it does; None if there is none."""
    while hasattr(function, "__wrapped__"):
        if isinstance(function, FunctionType) and not function.__closure__:
            break
        function = function.__wrapped__
    return function if isinstance(function, FunctionType) and not function.__closure__ else None


def around(function: FunctionType, hook: Around) -> Callable[[], None]:
    """Call ``hook(original, …)`` whenever the function is called; what comes back ends that."""
    if compile_now := function.__globals__.get("compile_now"):  # of an op, which gets its code when it is first called
        with suppress(Exception):
            compile_now()
    before = function.__code__, function.__defaults__, function.__kwdefaults__
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    original.__kwdefaults__ = function.__kwdefaults__
    name = f"_fault_{next(_numbers)}"
    function.__globals__[name] = lambda *args, **kwargs: hook(original, *args, **kwargs)
    scope: dict[str, Any] = {}
    exec(f"def exchanged(*args, **kwargs):\n    return {name}(*args, **kwargs)\n", scope)
    function.__defaults__ = function.__kwdefaults__ = None
    function.__code__ = scope["exchanged"].__code__

    def lift() -> None:
        function.__code__, function.__defaults__, function.__kwdefaults__ = before
        del function.__globals__[name]

    return lift


def watching(watch: Watch, place: str, faults: Sequence[FunctionFault]) -> Around:
    """What notes which faults would have changed a call."""

    def hook(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not watch.wanted(place):
            return original(*args, **kwargs)
        version = getattr(args[0], "_version", 0) if place.endswith("_") and args else 0
        try:
            result = original(*args, **kwargs)
        except Exception as error:
            _look(watch, place, faults, Called(args, kwargs, None, error, version))
            raise
        _look(watch, place, faults, Called(args, kwargs, result, None, version, flambeau.is_grad_enabled()))
        return result

    return hook


def _look(watch: Watch, place: str, faults: Sequence[FunctionFault], called: Called) -> None:
    watch.look(place, {fault.name: partial(fault.shows, called) for fault in faults})


def options_of(function: Any) -> Iterator[str]:
    """The parameters of a function that have a default."""
    with suppress(ValueError, TypeError):
        for each in signature(function).parameters.values():
            if each.default is not Parameter.empty and not each.name.startswith("_"):
                yield each.name


def without(own: Signature, name: str) -> Around:
    """The function with an option ignored: it keeps its default."""
    default = own.parameters[name].default

    def hook(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        bound = _bound(own, args, kwargs)
        if bound is None:
            return original(*args, **kwargs)
        if _differs(bound, name, default):
            touched[0] += 1
            bound.arguments[name] = default
        return original(*bound.args, **bound.kwargs)

    return hook


def given(own: Signature, name: str) -> Callable[[Called], bool]:
    """Whether an option was given another value than its default."""
    default = own.parameters[name].default

    def shows(called: Called) -> bool:
        bound = _bound(own, called.args, called.kwargs)
        return bound is not None and _differs(bound, name, default)

    return shows


def _bound(own: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> BoundArguments | None:
    try:
        return own.bind(*args, **kwargs)
    except TypeError:
        return None


_PLAIN = (bool, int, float, str)


def _differs(bound: BoundArguments, name: str, default: Any) -> bool:
    if name not in bound.arguments or bound.arguments[name] is default:
        return False
    value = bound.arguments[name]
    return not (type(value) is type(default) and isinstance(value, _PLAIN) and value == default)
