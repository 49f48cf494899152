"""Putting a function in the place of another, wherever that is referred to: the object stays, its code is exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from inspect import Parameter, Signature, signature
from itertools import count
from types import FunctionType
from typing import Any

__all__ = ["Around", "around", "exchangeable", "options_of", "touched", "without"]

Around = Callable[..., Any]
"""What stands around a function: called with the function as it was, then with the arguments."""

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


def around(function: FunctionType, hook: Around) -> None:
    """Call ``hook(original, …)`` whenever the function is called."""
    if compile_now := function.__globals__.get("compile_now"):  # of an op, which gets its code when it is first called
        with suppress(Exception):
            compile_now()
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    original.__kwdefaults__ = function.__kwdefaults__
    name = f"_fault_{next(_numbers)}"
    function.__globals__[name] = lambda *args, **kwargs: hook(original, *args, **kwargs)
    scope: dict[str, Any] = {}
    exec(f"def exchanged(*args, **kwargs):\n    return {name}(*args, **kwargs)\n", scope)
    function.__defaults__ = function.__kwdefaults__ = None
    function.__code__ = scope["exchanged"].__code__


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
        try:
            bound = own.bind(*args, **kwargs)
        except TypeError:
            return original(*args, **kwargs)
        if name in bound.arguments and bound.arguments[name] is not default:
            touched[0] += 1
            bound.arguments[name] = default
        return original(*bound.args, **bound.kwargs)

    return hook
