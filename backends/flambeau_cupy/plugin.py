"""The plugin: registers the backend without importing CuPy."""

from __future__ import annotations

from pathlib import Path

from flambeau.backend import Backend, BackendContext, ConformanceContext, hookimpl

from ._presence import broken_package, check_presence

__all__ = ["flambeau_conformance", "flambeau_register_backends"]


def make_backend() -> Backend:
    """Make the backend; CuPy is imported here.

    Raises:
        DeviceUnavailableError: CuPy, the driver or a device is missing; the message says which, and what to install.
    """
    check_presence()
    try:
        import cupy  # noqa: F401 (what fails here is CuPy, not this package)
    except ImportError as error:
        raise broken_package(str(error)) from error
    from .backend import CupyBackend

    return CupyBackend()


@hookimpl
def flambeau_register_backends(context: BackendContext) -> None:
    """Register the backend ``cupy`` for the device type ``cuda``."""
    context.register("cupy", device_type="cuda", api_version=1, factory=make_backend)


@hookimpl
def flambeau_conformance(context: ConformanceContext) -> None:
    """Declare what the backend claims."""
    context.manifest("cupy", str(Path(__file__).with_name("conformance.toml")))
