"""The names of ``torch.utils.data``, parameters, attributes and module paths, beside PyTorch's; data pipes are left out."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

import flambeau

pytestmark = pytest.mark.oracle

LEFT_OUT = {
    "DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe", "functional_datapipe", "non_deterministic",
    "guaranteed_datapipes_determinism", "argument_validation", "runtime_validation", "runtime_validation_disabled",
}  # fmt: skip
"""Data pipes: PyTorch has stopped to work on them, and no program that was looked at has any."""

MODULES = ("dataset", "dataloader", "sampler", "distributed")

INSIDE = {
    "_utils.collate": (
        "collate", "collate_float_fn", "collate_int_fn", "collate_numpy_array_fn", "collate_numpy_scalar_fn", "collate_str_fn",
        "collate_tensor_fn", "default_collate", "default_collate_err_msg_format", "default_collate_fn_map", "default_convert",
    ),
    "_utils.pin_memory": ("pin_memory",),
    "_utils.worker": ("WorkerInfo", "get_worker_info"),
}  # fmt: skip
"""Names that PyTorch has in modules of its own affairs, and programs write all the same."""

KEPT_TO_ITSELF = {"DataLoader": {"multiprocessing_context"}}
"""Attributes that are properties of PyTorch's classes, and plain attributes of objects here."""


def _public(torch: ModuleType) -> list[str]:
    return [name for name in torch.utils.data.__all__ if name not in LEFT_OUT and name[0] != "_"]


def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:  # a class without a constructor of its own
        return []
    return [(each.name, each.kind, _default(each.default)) for each in found]


def _default(value: Any) -> Any:
    return type(value).__name__ if type(value).__name__ == "Generator" else value


def test_every_name_is_there_with_its_parameters(torch: ModuleType) -> None:
    names = _public(torch)
    assert len(names) == 19, "PyTorch has other names than it had"
    for name in names:
        ours, theirs = (getattr(module.utils.data, name) for module in (flambeau, torch))
        assert _parameters(ours) == _parameters(theirs), name


def test_every_member_is_there_with_its_parameters(torch: ModuleType) -> None:
    for name in _public(torch):
        ours, theirs = (getattr(module.utils.data, name) for module in (flambeau, torch))
        if not inspect.isclass(theirs):
            continue
        members = {
            each for base in theirs.__mro__ if base.__module__.startswith("torch") for each in vars(base)
            if each in ("__len__", "__iter__", "__getitem__", "__getitems__", "__add__") or each[0] != "_"
        }  # fmt: skip
        for member in members - KEPT_TO_ITSELF.get(name, set()):
            assert hasattr(ours, member), f"{name}.{member}"
            if inspect.isfunction(getattr(theirs, member)) and member[0] != "_":
                assert _parameters(getattr(ours, member)) == _parameters(getattr(theirs, member)), f"{name}.{member}"


def test_loaders_have_pytorchs_attributes(torch: ModuleType) -> None:
    for options in ({}, {"batch_size": None}, {"batch_sampler": [[0]]}, {"shuffle": True, "drop_last": True}):
        found = []
        for module in (flambeau, torch):
            loader = module.utils.data.DataLoader(range(3), **options)
            attributes = {name: value for name, value in vars(loader).items() if name[0] != "_"}
            attributes["multiprocessing_context"] = loader.multiprocessing_context
            kept = {name: _told(value) for name, value in attributes.items()}
            found.append(kept)
        assert found[0] == found[1]


def _told(value: Any) -> Any:
    return (
        value if isinstance(value, (bool, int, float, str, range, list, type(None))) else type(value).__name__.lower()
    )


@pytest.mark.parametrize("path", MODULES)
def test_pytorchs_files_are_modules(torch: ModuleType, path: str) -> None:
    ours = importlib.import_module(f"flambeau.utils.data.{path}")
    theirs = importlib.import_module(f"torch.utils.data.{path}")
    for name in theirs.__all__:
        assert getattr(ours, name) is getattr(flambeau.utils.data, name), name


@pytest.mark.parametrize("path", INSIDE)
def test_what_programs_take_from_the_inside_is_there(torch: ModuleType, path: str) -> None:
    ours = importlib.import_module(f"flambeau.utils.data.{path}")
    theirs = importlib.import_module(f"torch.utils.data.{path}")
    for name in INSIDE[path]:
        function = getattr(theirs, name)
        if callable(function):
            assert _parameters(getattr(ours, name)) == _parameters(function), name
        else:
            assert type(getattr(ours, name)) is type(function), name
