"""The module on trial: flambeau on some backend, or PyTorch or another of its shape in its place."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flambeau.backend.registry import load_backend
from flambeau.backend.selection import default_place
from flambeau.backend.table import OPTIONAL
from flambeau.backend.types import CHECK_KERNELS

from .manifest import Manifest, ManifestError, manifest_of, manifests, version_of

__all__ = ["CPU_STREAM", "OWN_KERNELS", "Subject", "check_kernels", "subject_named", "subject_of"]


CPU_STREAM = "cpu_stream"
"""What cases need whose expected numbers were drawn by PyTorch's CPU. It is found out, not claimed."""

OWN_KERNELS = "own_kernels"
"""What cases need that compare optional kernels with what stands in for them. It is found out, not claimed."""

_NEEDED = ("Tensor", "tensor", "Generator", "manual_seed", "empty")
"""What a module must have for cases to run on it."""

_COUNTER_BYTES = 16  # of the state of a generator of CUDA devices


class Subject:
    """A module with PyTorch's interface, and what cases need to use it.

    Attributes:
        torch: the module.
        name: the backend's name, or that of a module in flambeau's place.
        version: the version of the backend's plugin, or of that module.
        manifest: what is claimed; None claims everything.
        worst_error: the largest deviation in the present case, as a share of what is tolerated.
    """

    def __init__(self, torch: Any, name: str, version: str, manifest: Manifest | None) -> None:
        self.torch = torch
        self.name = name
        self.version = version
        self.manifest = manifest
        self.worst_error: float | None = None

    def unclaimed(self, dtypes: Iterable[str], extensions: Iterable[str]) -> list[str]:
        """Those of the dtypes and extensions that are not claimed."""
        if self.manifest is None:
            return [name for name in extensions if name == OWN_KERNELS]
        claims = self.manifest.dtypes | self.manifest.extensions
        wanted = [name for name in (*dtypes, *extensions) if name not in claims]
        found = {CPU_STREAM: self._draws_the_cpu_stream, OWN_KERNELS: self._has_own_kernels}
        return [name for name in wanted if name not in found or not found[name]()]

    def _has_own_kernels(self) -> bool:
        """Whether the backend has optional kernels."""
        with self.in_use():
            kernels = default_place().kernels
            return any(getattr(kernels, name) is not None for name in OPTIONAL)

    def _draws_the_cpu_stream(self) -> bool:
        """Whether seeds give the numbers of PyTorch's CPU on the backend's device, as they do unless it draws by a counter."""
        with self.in_use():
            state = self.torch.Generator(device=self.torch.empty(0).device).get_state()
            return int(state.numel()) > _COUNTER_BYTES

    def keeps_memory_order(self) -> bool:
        """Whether results lie in memory as operands do. No kernel must; strides are compared where they do."""
        t = self.torch
        return tuple((t.zeros((2, 3)).t() + 1).stride()) == (1, 3)

    def has_addresses(self) -> bool:
        """Whether tensors tell where their memory is; only then it shows by itself which of them share it."""
        return bool(self.torch.ones(1).data_ptr())

    def tensor(self, values: Any, dtype: str, *, requires_grad: bool = False) -> Any:
        """A tensor of nested lists."""
        return self.torch.tensor(values, dtype=getattr(self.torch, dtype), requires_grad=requires_grad)

    def reshaped(self, flat: list[Any], shape: tuple[int, ...], dtype: str, *, requires_grad: bool = False) -> Any:
        """A tensor of a shape out of a flat list."""
        return self.tensor(flat, dtype).reshape(shape).requires_grad_(requires_grad)

    def expectations(self) -> Path:
        """The file with the known failures; for PyTorch, with the departures of flambeau from it. There need not be one."""
        if self.manifest is None:
            return Path(__file__).with_name(
                "departures.toml" if self.name == "torch" else f"departures-{self.name}.toml"
            )
        return self.manifest.path.with_name("expectations.toml")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Choose the backend for as long as the block lasts."""
        if self.manifest is None:
            yield
        else:
            with self.torch.use_backend(self.name):
                yield


def check_kernels() -> None:
    """Let core compare what kernels give with their contract, on devices first used from now on.

    ``FLAMBEAU_CHECK_KERNELS=0`` in the environment switches it off.
    """
    os.environ.setdefault(CHECK_KERNELS, "1")


def subject_of(backend: str | None, module: str = "flambeau") -> Subject:
    """The subject for a backend of flambeau, or for another module of PyTorch's interface, by the name it is imported by.

    Of another module everything is claimed, because no manifest says what is not.

    Raises:
        ManifestError: no backend is named, it has no manifest, or a wrong one; or a backend is named for another module.
        BackendError: the backend cannot be loaded.
        ImportError: the module is not installed, or it has no tensors.
    """
    if module == "flambeau":
        manifest = manifest_of(backend or "", load_backend)
        return Subject(importlib.import_module("flambeau"), manifest.backend, version_of(manifest.backend), manifest)
    if backend not in (None, module):
        raise ManifestError(f"the backend {backend!r} is one of flambeau's: the subject {module!r} takes none")
    torch = importlib.import_module(module)
    lacking = [name for name in _NEEDED if not hasattr(torch, name)]
    if lacking:
        raise ImportError(f"the module {module!r} is not of PyTorch's shape: it has no {', '.join(lacking)}")
    return Subject(torch, module, str(getattr(torch, "__version__", "0")), None)


def subject_named(name: str) -> Subject:
    """The subject of one name: a backend if a plugin declares a manifest for it, otherwise a module.

    Raises:
        ManifestError, BackendError, ImportError: as for :func:`subject_of`.
    """
    return subject_of(name) if name in manifests() else subject_of(None, name)
