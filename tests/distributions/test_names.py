"""The public names of ``torch.distributions``, of its modules and of their classes, and their parameters, beside ours."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import flambeau

REASONS = {
    "LogitRelaxedBernoulli.has_rsample": "it has rsample(), and says so",
}
"""What differs on purpose, and why."""


def _modules(torch: ModuleType) -> Iterator[tuple[ModuleType, ModuleType]]:
    for found in pkgutil.iter_modules(torch.distributions.__path__):
        yield (
            importlib.import_module(f"torch.distributions.{found.name}"),
            importlib.import_module(f"flambeau.distributions.{found.name}"),
        )


def _parameters(function: Any) -> list[tuple[str, str]]:
    """Names and defaults; a generator is beyond PyTorch, and an empty shape is one in any spelling."""
    return [
        (parameter.name, repr(parameter.default).replace("torch.Size([])", "()"))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "generator"
    ]


def _differences(name: str, theirs: Any, ours: Any) -> Iterator[str]:
    if isinstance(theirs, type):
        for member in dir(theirs):
            if member != "__init__" and member.startswith("_"):
                continue
            if not hasattr(ours, member):
                yield f"{name}.{member} is missing"
                continue
            yield from _differences(f"{name}.{member}", getattr(theirs, member), getattr(ours, member))
    elif inspect.isfunction(theirs):
        if _parameters(theirs) != _parameters(ours):
            yield f"{name}: {_parameters(ours)}, not {_parameters(theirs)}"
    elif isinstance(theirs, (bool, int)) and theirs != ours:
        yield f"{name}: {ours}, not {theirs}"


def test_names_and_parameters_are_pytorchs(torch: ModuleType) -> None:
    found = []
    for theirs, ours in _modules(torch):
        for name in getattr(theirs, "__all__", []):
            assert hasattr(ours, name), f"{ours.__name__} has no {name}"
            found += _differences(name, getattr(theirs, name), getattr(ours, name))
    assert [line for line in found if line.split(":")[0] not in REASONS] == []
    assert len(found) == len(REASONS), "what no longer differs needs no reason"
    assert set(torch.distributions.__all__) == set(flambeau.distributions.__all__)


def test_registries_have_pytorchs_entries(torch: ModuleType) -> None:
    registry = importlib.import_module("flambeau.distributions._divergences.registry")
    pairs = {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}
    assert pairs == {(p.__name__, q.__name__) for p, q in registry._REGISTERED}
    for table in ("biject_to", "transform_to"):
        theirs, ours = (getattr(t.distributions, table)._registry for t in (torch, flambeau))
        assert {kind.__name__ for kind in theirs} == {kind.__name__ for kind in ours}
