"""The module on trial: flambeau on some backend, or PyTorch itself."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .manifest import Manifest

__all__ = ["Subject", "subject_of"]


class Subject:
    """A module with PyTorch's interface, and what cases need to use it.

    Attributes:
        torch: the module.
        name: the backend's name, or ``"torch"``.
        manifest: what is claimed; None claims everything.
        worst_errors: the largest deviation seen, in units of the tolerance, per address.
    """

    def __init__(self, torch: Any, name: str, manifest: Manifest | None) -> None:
        self.torch = torch
        self.name = name
        self.manifest = manifest
        self.worst_error: float | None = None

    def claims(self, dtype: str) -> bool:
        """Whether a dtype is claimed."""
        return self.manifest is None or dtype in self.manifest.dtypes

    def tensor(self, values: Any, dtype: str, *, requires_grad: bool = False) -> Any:
        """A tensor of nested lists."""
        return self.torch.tensor(values, dtype=getattr(self.torch, dtype), requires_grad=requires_grad)

    def reshaped(self, flat: list[Any], shape: tuple[int, ...], dtype: str, *, requires_grad: bool = False) -> Any:
        """A tensor of a shape out of a flat list."""
        made = self.tensor(flat, dtype).reshape(shape)
        return made.requires_grad_() if requires_grad else made

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Choose the backend for as long as the block lasts."""
        if self.manifest is None:
            yield
        else:
            with self.torch.use_backend(self.name):
                yield


def subject_of(backend: str, module: str = "flambeau") -> Subject:
    """The subject for a backend, or for PyTorch.

    Raises:
        ManifestError: the backend has no manifest, or a wrong one.
        ImportError: the module is not installed.
    """
    if module == "torch":
        return Subject(importlib.import_module("torch"), "torch", None)
    from .manifest import manifest_of

    return Subject(importlib.import_module("flambeau"), backend, manifest_of(backend))
