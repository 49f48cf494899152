"""The entry point: registers the backend without importing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flambeau.backend import BackendContext, ConformanceContext, hookimpl

if TYPE_CHECKING:
    from .backend import MinimalBackend

__all__ = ["flambeau_conformance", "flambeau_register_backends"]


@hookimpl
def flambeau_register_backends(context: BackendContext) -> None:
    """Register the backend ``minimal``, whose modules are imported on first use."""
    context.register("minimal", device_type="minimal", api_version=1, factory=make_backend)


def make_backend() -> MinimalBackend:
    """Make the backend. Core calls this once, when a ``minimal`` device is first used."""
    from .backend import MinimalBackend

    return MinimalBackend()


@hookimpl
def flambeau_conformance(context: ConformanceContext) -> None:
    """Declare what the backend claims."""
    context.manifest("minimal", str(Path(__file__).with_name("conformance.toml")))
