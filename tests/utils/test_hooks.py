"""Handles by which hooks are taken off."""

from __future__ import annotations

import gc
import weakref

import pytest

from flambeau._tensor.handles import RemovableHandle, new_hooks


def test_a_handle_removes_its_hook_only_and_more_than_once() -> None:
    hooks = new_hooks()
    first, second = (RemovableHandle.add(hooks, hook) for hook in (len, str))
    first.remove()
    first.remove()
    assert list(hooks.values()) == [str]
    with second:
        assert second.id in hooks
    assert not hooks


def test_a_hook_can_be_put_in_front() -> None:
    hooks: dict[int, object] = {}
    RemovableHandle.add(hooks, len)
    RemovableHandle.add(hooks, str, first=True).remove()
    RemovableHandle.add(hooks, int, first=True)
    assert list(hooks.values()) == [int, len]


def test_a_handle_does_not_keep_the_hooks_alive() -> None:
    hooks = new_hooks()
    handle, alive = RemovableHandle.add(hooks, len), weakref.ref(hooks)
    del hooks
    gc.collect()
    assert alive() is None
    handle.remove()


def test_what_is_not_callable_is_refused() -> None:
    with pytest.raises(TypeError, match="a hook must be callable, not str"):
        RemovableHandle.add(new_hooks(), "name")
