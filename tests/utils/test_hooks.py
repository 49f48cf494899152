"""Handles by which hooks are taken off."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict

import pytest

from flambeau._tensor.handles import RemovableHandle, add_hook, new_hooks


def test_a_handle_removes_its_hook_only_and_more_than_once() -> None:
    hooks = new_hooks()
    first, second = (add_hook(hooks, hook) for hook in (len, str))
    first.remove()
    first.remove()
    assert list(hooks.values()) == [str]
    with second:
        assert second.id in hooks
    assert not hooks


def test_a_hook_can_be_put_in_front() -> None:
    hooks: dict[int, object] = {}
    add_hook(hooks, len)
    add_hook(hooks, str, first=True).remove()
    add_hook(hooks, int, first=True)
    assert list(hooks.values()) == [int, len]


def test_a_handle_does_not_keep_the_hooks_alive() -> None:
    hooks = new_hooks()
    handle, alive = add_hook(hooks, len), weakref.ref(hooks)
    del hooks
    gc.collect()
    assert alive() is None
    handle.remove()


def test_what_is_not_callable_is_refused() -> None:
    with pytest.raises(TypeError, match="a hook must be callable, not str"):
        add_hook(new_hooks(), "name")


def test_a_program_keeps_hooks_of_its_own() -> None:
    """It makes a handle on its dictionary, and puts the hook under the handle's number, as PyTorch's modules do."""
    hooks: dict[int, object] = {}
    extra, more = {}, OrderedDict()  # type: ignore[var-annotated]
    handle, other = RemovableHandle(hooks, extra_dict=[extra, more]), RemovableHandle(hooks)
    for each in (hooks, extra, more):
        each[handle.id] = each[other.id] = len
    handle.remove()
    assert [list(each) for each in (hooks, extra, more)] == [[other.id]] * 3
    other.remove()
    assert (hooks, list(extra)) == ({}, [other.id])


def test_the_hooks_of_a_handle_may_be_gone() -> None:
    hooks = OrderedDict()  # type: ignore[var-annotated]
    handle, alive = RemovableHandle(hooks), weakref.ref(hooks)
    del hooks
    gc.collect()
    assert alive() is None
    handle.remove()
