"""Hooks around the calls of modules."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .module import Module

__all__ = ["CallHook", "call_with_hooks"]


@dataclass(frozen=True, slots=True)
class CallHook:
    """A hook, and how it wants to be called.

    Attributes:
        function: what the user registered.
        with_kwargs: whether it is given the keyword arguments.
        always: whether it is called even if something before it raises.
    """

    function: Callable[..., Any]
    with_kwargs: bool
    always: bool = False

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"a hook must be callable, not {type(self.function).__name__}")

    def __call__(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], *result: Any) -> Any:
        if self.with_kwargs:
            return self.function(module, args, kwargs, *result)
        return self.function(module, args, *result)


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run the hooks and ``forward``; hooks may replace the arguments and the result."""
    waiting = {number: hook for number, hook in module._forward_hooks.items() if hook.always}
    result = None
    try:
        for hook in list(module._forward_pre_hooks.values()):
            args, kwargs = _changed_arguments(hook, module, args, kwargs)
        result = module.forward(*args, **kwargs)
        for number, hook in list(module._forward_hooks.items()):
            waiting.pop(number, None)
            changed = hook(module, args, kwargs, result)
            result = result if changed is None else changed
    except Exception:
        for hook in waiting.values():
            _call_after_error(hook, module, args, kwargs, result)
        raise
    return result


def _changed_arguments(
    hook: CallHook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    changed = hook(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not hook.with_kwargs:
        return changed if isinstance(changed, tuple) else (changed,), kwargs
    if not isinstance(changed, tuple) or len(changed) != 2:
        raise RuntimeError(
            f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
        )
    return changed


def _call_after_error(
    hook: CallHook, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> None:
    """Call a hook while an error is on its way; one of its own must not hide that."""
    try:
        hook(module, args, kwargs, result)
    except Exception as error:
        warnings.warn(
            "module forward hook with ``always_call=True`` raised an exception that was silenced as another error was "
            f"raised in forward: {error}",
            stacklevel=4,
        )
