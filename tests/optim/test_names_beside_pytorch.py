"""Every public name of PyTorch's `torch.optim`, with its parameters and methods, is there, or stands in the table below."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import flambeau

NAMESPACES = ["optim", "optim.lr_scheduler", "optim.optimizer", "optim.swa_utils"]

ABSENT = {
    "PyTorch's own helper, which it does not document": {
        "optim.Optimizer.profile_hook_step", "optim.optimizer.Optimizer.profile_hook_step",
    },
    "variables of types": {"optim.optimizer.R", "optim.optimizer.T"},
}  # fmt: skip
"""Names that are not there, by the reason."""

HIDDEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _names(module: ModuleType) -> list[str]:
    """What a namespace lists, and the classes and functions that are written there."""
    written = {name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__}
    return sorted(name for name in {*getattr(module, "__all__", ()), *written} if not name.startswith("_"))


def _wanted(torch: ModuleType) -> Iterator[tuple[str, Any]]:
    """Paths and what is there, members of classes among them."""
    for path in NAMESPACES:
        module = importlib.import_module(f"{torch.__name__}.{path}")
        for name in _names(module):
            value = getattr(module, name)
            yield f"{path}.{name}", value
            for member in vars(value) if isinstance(value, type) else ():
                if not member.startswith("_") and inspect.isroutine(getattr(value, member)):
                    yield f"{path}.{name}.{member}", getattr(value, member)


def _found(path: str) -> Any:
    owner: Any = flambeau
    for name in path.split("."):
        owner = getattr(owner, name, None)
    return owner


def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.oracle
def test_every_name_is_there_or_has_its_reason(torch: ModuleType) -> None:
    shown = {path for path, value in _wanted(torch) if _found(path) is None}
    assert shown == set().union(*ABSENT.values()), "the table is not what is missing"
    assert len(list(_wanted(torch))) > 80


@pytest.mark.oracle
def test_parameters_their_kinds_and_defaults_are_the_same(torch: ModuleType) -> None:
    apart = {}
    for path, value in _wanted(torch):
        found = _found(path)
        if found is None or not (inspect.isroutine(value) or isinstance(value, type)):
            continue
        ours, theirs = _parameters(found), _parameters(value)
        if ours != theirs and not any(
            each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
            for each in inspect.signature(value).parameters.values()
        ):
            apart[path] = (ours, theirs)
    assert apart == {}


@pytest.mark.parametrize("name", ["lr_scheduler", "swa_utils"])
def test_a_namespace_is_there_by_attribute_and_by_import(name: str) -> None:
    assert importlib.import_module(f"flambeau.optim.{name}") is getattr(flambeau.optim, name)
    assert name in dir(flambeau.optim)
    with pytest.raises(AttributeError, match="module 'flambeau.optim' has no attribute 'nothing'"):
        _ = flambeau.optim.nothing  # type: ignore[attr-defined]
