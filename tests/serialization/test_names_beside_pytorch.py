"""Every public name of `torch.serialization` and `torch.hub`, with its parameters, is there or stands below with its reason."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

import flambeau

pytestmark = pytest.mark.oracle

ABSENT = {
    "serialization.validate_hpu_device": "for one maker's devices, which no backend serves",
    "serialization.normalize_storage_type": "of storages' classes, which are all one here",
    "serialization.storage_to_tensor_type": "of storages' classes, which are all one here",
    "serialization.mkdtemp": "a helper for the tar format, which is not read",
    "hub.list": "runs programs of a repository: what comes from the network is data here",
    "hub.help": "runs programs of a repository: what comes from the network is data here",
    "hub.load": "runs programs of a repository: what comes from the network is data here",
}


def _public(torch: ModuleType) -> list[str]:
    return [f"{name}.{entry}" for name in ("serialization", "hub") for entry in getattr(torch, name).__all__] + [
        "save",
        "load",
    ]


def _found(library: ModuleType, path: str) -> object:
    for part in path.split("."):
        library = getattr(library, part)
    return library


def test_names_and_parameters(torch: ModuleType) -> None:
    for path in _public(torch):
        if path in ABSENT:
            assert not hasattr(_found(flambeau, path.rpartition(".")[0]), path.rpartition(".")[2]), path
            continue
        theirs, ours = _found(torch, path), _found(flambeau, path)
        if not isinstance(theirs, type):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), path  # type: ignore[arg-type]


def test_what_is_said_to_be_absent_is_pytorchs(torch: ModuleType) -> None:
    assert ABSENT.keys() <= set(_public(torch))


def test_defaults(torch: ModuleType) -> None:
    """Those of PyTorch, but for what comes from the network, which is not trusted."""
    for path in ("load", "save", "hub.download_url_to_file", "hub.load_state_dict_from_url"):
        theirs, ours = (
            {name: each.default for name, each in inspect.signature(_found(library, path)).parameters.items()}  # type: ignore[arg-type]
            for library in (torch, flambeau)
        )
        if path.endswith("_from_url"):
            assert ours.pop("weights_only") is True
            del theirs["weights_only"]
        assert ours == theirs, path
