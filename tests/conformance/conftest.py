"""Sessions on a manifest of the test's own, and backends with planted faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau.backend import Backend, BackendRegistration, plugin_manager, registry, selection
from flambeau_conformance.expectations import Expectation
from flambeau_conformance.manifest import Manifest
from flambeau_conformance.session import Session
from flambeau_conformance.subject import Subject

MakeSession = Callable[..., Session]


@pytest.fixture
def make_session() -> MakeSession:
    """A session on numpy that claims nothing but float32."""

    def make(*expectations: Expectation, version: str = "0.1") -> Session:
        strided, none = frozenset({"strided"}), frozenset[str]()
        manifest = Manifest("numpy", "core", frozenset({"float32"}), strided, none, Path("conformance.toml"))
        return Session(Subject(flambeau, "numpy", version, manifest), list(expectations))

    return make


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[type[Backend]], Subject]]:
    """Register a backend class for the test; the subject that it makes claims all it can do."""
    planted: list[str] = []

    def register(backend: type[Any]) -> Subject:
        manager = plugin_manager()
        entry = BackendRegistration(backend.name, backend.device_type, 1, backend, "minimal")
        monkeypatch.setattr(manager, "registrations", [*manager.registrations, entry])
        planted.append(backend.name)
        abilities = registry.load_backend(backend.name).capabilities
        manifest = Manifest(
            backend.name, "core", abilities.dtypes, abilities.layouts, abilities.extensions, Path("conformance.toml")
        )
        return Subject(flambeau, backend.name, "0.1", manifest)

    yield register
    for name in planted:
        registry._backends.pop(name, None)
        for place in [place for place in selection._places if place[0] == name]:
            del selection._places[place]
