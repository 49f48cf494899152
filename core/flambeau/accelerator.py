"""The device that is faster than the CPU, if there is one: CUDA's. Source of the semantics: ``torch.accelerator``.

Devices of plugins are chosen by their names, and none of them is meant here.
"""

from __future__ import annotations

from typing import Any

from . import cuda
from .devices import device as Device  # noqa: N812 (a class that is called as PyTorch calls it)

__all__ = [
    "current_accelerator", "current_device_idx", "current_device_index", "device_count", "is_available", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """Whether there is an accelerator; never raises. Source of the semantics: ``torch.accelerator.is_available``.

    Example:
        >>> import flambeau as torch
        >>> device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
        >>> torch.ones(2, device=device).sum().item()
        2.0
    """
    return cuda.is_available()


def current_accelerator(check_available: bool = False) -> Device | None:
    """The type of the accelerator as a device without a number; None if there is none.

    Backends are looked at whether ``check_available`` says so or not.
    Source of the semantics: ``torch.accelerator.current_accelerator``.
    """
    return Device("cuda") if cuda.is_available() else None


def device_count() -> int:
    """How many devices the accelerator has; 0 without one. Source of the semantics: ``torch.accelerator.device_count``."""
    return cuda.device_count()


def current_device_index() -> int:
    """The number of the device that the accelerator's type means. Source: ``torch.accelerator.current_device_index``.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check_available()
    return cuda.current_device()


def current_device_idx() -> int:
    """The older name of :func:`current_device_index`. Source of the semantics: ``torch.accelerator.current_device_idx``."""
    return current_device_index()


def synchronize(device: Any = None, /) -> None:
    """Wait until all work given to a device is done. Source of the semantics: ``torch.accelerator.synchronize``.

    Raises:
        RuntimeError: there is no accelerator.
    """
    _check_available()
    cuda.synchronize(device)


def _check_available() -> None:
    if not cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")
