"""The plugin: registers the backend without importing CuPy."""

from __future__ import annotations

from pathlib import Path

from flambeau.backend import Backend, BackendContext, ConformanceContext, hookimpl
from flambeau.errors import MissingExtraError

__all__ = ["flambeau_conformance", "flambeau_register_backends"]


def make_backend() -> Backend:
    """Make the backend; CuPy is imported here.

    Raises:
        MissingExtraError: CuPy is not installed.
        BackendLoadError: it is, but there is no driver or no device.
    """
    try:
        from .backend import CupyBackend
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise
        raise MissingExtraError(
            "the backend 'cupy' (extra cuda12 or cuda13, as the CUDA version of the driver)", "cupy", "cuda12"
        ) from error
    return CupyBackend()


@hookimpl
def flambeau_register_backends(context: BackendContext) -> None:
    """Register the backend ``cupy`` for the device type ``cuda``."""
    context.register("cupy", device_type="cuda", api_version=1, factory=make_backend)


@hookimpl
def flambeau_conformance(context: ConformanceContext) -> None:
    """Declare what the backend claims."""
    context.manifest("cupy", str(Path(__file__).with_name("conformance.toml")))
