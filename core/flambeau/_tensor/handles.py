"""Handles by which hooks are taken off again."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["RemovableHandle", "add_hook", "new_hooks"]

_ids = itertools.count()


class _Hooks(dict[int, Any]):
    """A dictionary of hooks that handles can refer to without keeping it alive."""

    __slots__ = ("__weakref__",)


class RemovableHandle:
    """Takes a hook off with :meth:`remove`, or at the end of a ``with`` block.

    Source of the semantics: ``torch.utils.hooks.RemovableHandle``.
    """

    def __init__(self, hooks_dict: dict[int, Any], *, extra_dict: Any = None) -> None:
        """Choose a number, ``id``, that is free in ``hooks_dict``; whoever asks puts the hook there.

        Args:
            hooks_dict: the hooks.
            extra_dict: a dictionary, or a list of them, out of which :meth:`remove` takes the number as well.
        """
        self.id = next(id for id in _ids if id not in hooks_dict)  # hooks that were unpickled bring their own
        self._hooks = _reference(hooks_dict)
        extra = extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self._extra = [_reference(each) for each in extra if each is not None]

    def remove(self) -> None:
        """Take the hook off; nothing happens if it is off already."""
        for reference in (self._hooks, *self._extra):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> tuple[dict[int, Any] | None, int]:
        return self._hooks(), self.id

    def __setstate__(self, state: tuple[dict[int, Any] | None, int]) -> None:
        (hooks, self.id), self._extra = state, []
        self._hooks = _reference(_Hooks() if hooks is None else hooks)  # of hooks that are no more: a dead reference

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def add_hook(hooks: dict[int, Any], hook: Any, *, first: bool = False) -> RemovableHandle:
    """Add ``hook`` to ``hooks``, at the end or in front."""
    if not callable(hook):
        raise TypeError(f"a hook must be callable, not {type(hook).__name__}")
    handle = RemovableHandle(hooks)
    others = dict(hooks) if first else {}
    if first:
        hooks.clear()
    hooks[handle.id] = hook
    hooks.update(others)
    return handle


def _reference(hooks: dict[int, Any]) -> Callable[[], dict[int, Any] | None]:
    try:
        return weakref.ref(hooks)
    except TypeError:  # a plain dictionary
        return lambda: hooks


def new_hooks() -> dict[int, Any]:
    """An empty dictionary of hooks."""
    return _Hooks()
