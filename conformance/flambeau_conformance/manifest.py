"""Manifests: what a backend claims.

A claim is a promise: what is claimed must run and pass, what is not claimed is reported as such::

    backend = "mybackend"
    profile = "core"
    dtypes = ["bool", "int64", "float32", "float64"]
    layouts = ["strided"]
    extensions = []
    max_elements = 2000  # optional: no case with larger tensors is claimed

A plugin declares its manifest in the hook ``flambeau_conformance(context)`` with ``context.manifest(backend, path)``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flambeau.backend import plugin_manager

__all__ = [
    "Manifest", "ManifestError", "declared_modules", "manifest_of", "manifests", "read_manifest", "read_toml",
    "version_of",
]  # fmt: skip

PROFILES = ("core",)
"""How much of the suite applies; ``"core"`` is all of it, for the dtypes that are claimed."""

_NAMES = ("dtypes", "layouts", "extensions")
_LIMIT = "max_elements"


class ManifestError(Exception):
    """A manifest or an expectations file is missing or wrong."""


@dataclass(frozen=True)
class Manifest:
    """The claims of one backend.

    Attributes:
        backend: its name.
        profile: one of :data:`PROFILES`.
        dtypes, layouts, extensions: what is claimed of each.
        path: where the claims were read.
        max_elements: the largest number of elements of a tensor in the cases that are claimed; None for any.
    """

    backend: str
    profile: str
    dtypes: frozenset[str]
    layouts: frozenset[str]
    extensions: frozenset[str]
    path: Path
    max_elements: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The claims as plain data, for JSON."""
        claims: dict[str, Any] = {"profile": self.profile} | {key: sorted(getattr(self, key)) for key in _NAMES}
        return claims if self.max_elements is None else claims | {"max_elements": self.max_elements}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ManifestError: there is none, it cannot be read, or it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"there is no file {path}") from None
    except OSError as error:
        raise ManifestError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8, as TOML must be: {error}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(f"{path}: {error}") from None


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ManifestError: it is missing, is no TOML, or lacks or has wrong entries; the message names them.
    """
    data = read_toml(path)
    needed = {"backend", "profile", *_NAMES}
    missing, unknown = sorted(needed - set(data)), sorted(set(data) - needed - {_LIMIT})
    if missing or unknown:
        raise ManifestError(
            f"{path}: missing entries: {', '.join(missing) or 'none'}; unknown entries: {', '.join(unknown) or 'none'}. "
            f"A manifest has {', '.join(sorted(needed))}, and may have {_LIMIT}"
        )
    if not isinstance(data["backend"], str) or not data["backend"]:
        raise ManifestError(f"{path}: 'backend' must be the name of the backend (got {data['backend']!r})")
    if data["profile"] not in PROFILES:
        raise ManifestError(f"{path}: unknown profile {data['profile']!r}; the profiles are {', '.join(PROFILES)}")
    for key in _NAMES:
        if not isinstance(data[key], list) or not all(isinstance(name, str) for name in data[key]):
            raise ManifestError(f"{path}: {key!r} must be a list of names (got {data[key]!r})")
        if not data[key] and key != "extensions":
            raise ManifestError(f"{path}: {key!r} is empty: nothing would be claimed, and nothing tried")
    limit = data.get(_LIMIT)
    if limit is not None and (type(limit) is not int or limit < 1):
        raise ManifestError(f"{path}: {_LIMIT!r} must be a positive integer (got {limit!r})")
    dtypes, layouts, extensions = (frozenset(data[key]) for key in _NAMES)
    return Manifest(data["backend"], data["profile"], dtypes, layouts, extensions, path, limit)


class _Context:
    """What the hook ``flambeau_conformance`` is given."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.modules: list[str] = []

    def manifest(self, backend: str, path: str) -> None:
        if not isinstance(backend, str):
            raise TypeError(f"manifest() takes the name of a backend (got {backend!r})")
        if backend in self.paths:
            raise ValueError(f"the manifest of the backend '{backend}' is already declared: {self.paths[backend]}")
        self.paths[backend] = Path(path)

    def cases(self, module: str) -> None:
        if not isinstance(module, str):
            raise TypeError(f"cases() takes the name of a module (got {module!r})")
        self.modules.append(module)


def _declared() -> _Context:
    context = _Context()
    plugin_manager().call_each("flambeau_conformance", lambda _: context)
    return context


def declared_modules() -> list[str]:
    """The modules with cases that plugins add."""
    return sorted(_declared().modules)


def manifests() -> dict[str, Path]:
    """The manifests that plugins declare, by backend."""
    return _declared().paths


def manifest_of(backend: str, load: Callable[[str], Any]) -> Manifest:
    """The manifest of a backend, which claims no more than the backend itself says it can do.

    Raises:
        ManifestError: no plugin declares one, or it is wrong.
        BackendError: the backend cannot be loaded with ``load``.
    """
    paths = manifests()
    if backend not in paths:
        raise ManifestError(
            f"no plugin declares a manifest for the backend '{backend}'; there are manifests for: "
            f"{', '.join(sorted(paths)) or 'none'}{plugin_manager().failures_text(backend)}"
        )
    manifest = read_manifest(paths[backend])
    if manifest.backend != backend:
        raise ManifestError(f"{manifest.path} is the manifest of '{manifest.backend}', not of '{backend}'")
    _check_claims(manifest, load(backend).capabilities)
    return manifest


def _check_claims(manifest: Manifest, capabilities: Any) -> None:
    for key in _NAMES:
        beyond = sorted(getattr(manifest, key) - getattr(capabilities, key))
        if beyond:
            raise ManifestError(
                f"{manifest.path} claims the {key} {', '.join(beyond)}, which the capabilities of the backend lack"
            )


def version_of(backend: str) -> str:
    """The version of the distribution that a backend's plugin comes from.

    Raises:
        ManifestError: no plugin registers the backend.
    """
    manager = plugin_manager()
    for entry in manager.registrations:
        if entry.name == backend:
            return manager.record(entry.plugin).version
    raise ManifestError(f"no plugin registers the backend '{backend}'")
