"""The plugin: registers the backend without importing NumPy."""

from __future__ import annotations

from pathlib import Path

from flambeau.backend import Backend, BackendContext, ConformanceContext, hookimpl

__all__ = ["flambeau_conformance", "flambeau_register_backends"]


def make_backend() -> Backend:
    """Make the backend; NumPy is imported here."""
    from .backend import NumpyBackend

    return NumpyBackend()


@hookimpl
def flambeau_register_backends(context: BackendContext) -> None:
    """Register the backend ``numpy`` for the device type ``cpu``."""
    context.register("numpy", device_type="cpu", api_version=1, factory=make_backend)


@hookimpl
def flambeau_conformance(context: ConformanceContext) -> None:
    """Declare what the backend claims."""
    context.manifest("numpy", str(Path(__file__).with_name("conformance.toml")))
