"""The library that reads images."""

from __future__ import annotations

__all__ = ["get_image_backend", "set_image_backend"]

_backend = "PIL"


def get_image_backend() -> str:
    """The name of the library that reads images: ``"PIL"`` or ``"accimage"``.

    Source of the semantics: ``torchvision.get_image_backend``.
    """
    return _backend


def set_image_backend(backend: str) -> None:
    """Choose the library that reads images. Source of the semantics: ``torchvision.set_image_backend``.

    Raises:
        ValueError: it is neither ``"PIL"`` nor ``"accimage"``.
    """
    global _backend
    if backend not in ("PIL", "accimage"):
        raise ValueError(f"Invalid backend '{backend}'. Options are 'PIL' and 'accimage'")
    _backend = backend
