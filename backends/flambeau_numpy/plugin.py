"""The plugin: registers the backend without importing NumPy."""

from __future__ import annotations

from flambeau.backend import Backend, BackendContext, hookimpl

__all__ = ["flambeau_register_backends"]


def make_backend() -> Backend:
    """Make the backend; NumPy is imported here."""
    from .backend import NumpyBackend

    return NumpyBackend()


@hookimpl
def flambeau_register_backends(context: BackendContext) -> None:
    """Register the backend ``numpy`` for the device type ``cpu``."""
    context.register("numpy", device_type="cpu", api_version=1, factory=make_backend)
