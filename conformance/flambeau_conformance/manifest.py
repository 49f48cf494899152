"""Manifests: what a backend claims; and expectations: which failures are known.

A claim is a promise: what is claimed must run and pass, what is not claimed is reported as such. An expected failure
has a reason, says how many cases it covers and until which version of the backend it is tolerated.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Expectation", "Manifest", "ManifestError", "expectations_of", "manifest_of", "manifests"]

_PROFILES = ("core",)
_KEYS = {"backend", "profile", "dtypes", "layouts", "extensions"}


class ManifestError(Exception):
    """A manifest or an expectations file is missing or wrong."""


@dataclass(frozen=True)
class Manifest:
    """The claims of one backend.

    Attributes:
        backend: its name.
        profile: how much of the suite applies; ``"core"`` is all of it.
        dtypes, layouts, extensions: what is claimed of each.
        path: where the claims were read.
    """

    backend: str
    profile: str
    dtypes: frozenset[str]
    layouts: frozenset[str]
    extensions: frozenset[str]
    path: Path


@dataclass(frozen=True)
class Expectation:
    """An expected failure: a pattern of addresses, why, how many cases, and the last version that may fail."""

    pattern: str
    reason: str
    cases: int
    until: str

    def covers(self, address: str) -> bool:
        """Whether the pattern matches."""
        return fnmatch.fnmatchcase(address, self.pattern)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ManifestError(f"there is no file {path}") from None
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: {error}") from None


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ManifestError: it is missing, is no TOML, or lacks or has wrong entries; the message names them.
    """
    data = _read(path)
    missing, unknown = sorted({"backend", "profile", "dtypes"} - set(data)), sorted(set(data) - _KEYS)
    if missing or unknown:
        raise ManifestError(f"{path}: missing entries: {missing or 'none'}; unknown entries: {unknown or 'none'}")
    if data["profile"] not in _PROFILES:
        raise ManifestError(f"{path}: unknown profile {data['profile']!r}; the profiles are {', '.join(_PROFILES)}")
    return Manifest(
        data["backend"], data["profile"], frozenset(data["dtypes"]), frozenset(data.get("layouts", ["strided"])),
        frozenset(data.get("extensions", [])), path,
    )  # fmt: skip


class _Context:
    """What the hook ``flambeau_conformance`` is given."""

    def __init__(self) -> None:
        self.paths: dict[str, Path] = {}
        self.modules: list[str] = []

    def manifest(self, backend: str, path: str) -> None:
        self.paths[backend] = Path(path)

    def cases(self, module: str) -> None:
        self.modules.append(module)


def declared() -> _Context:
    """What plugins declare for the suite."""
    from flambeau.backend import plugin_manager

    context = _Context()
    plugin_manager().hooks.hook.flambeau_conformance(context=context)
    return context


def manifests() -> dict[str, Path]:
    """The manifests that plugins declare, by backend."""
    return declared().paths


def manifest_of(backend: str) -> Manifest:
    """The manifest of a backend.

    Raises:
        ManifestError: no plugin declares one, or it is wrong.
    """
    paths = manifests()
    if backend not in paths:
        raise ManifestError(
            f"no plugin declares a manifest for the backend '{backend}'; there are manifests for: "
            f"{', '.join(sorted(paths)) or 'none'}"
        )
    manifest = read_manifest(paths[backend])
    if manifest.backend != backend:
        raise ManifestError(f"{manifest.path} is the manifest of '{manifest.backend}', not of '{backend}'")
    return manifest


def expectations_of(path: Path) -> list[Expectation]:
    """The expected failures in the file ``expectations.toml`` beside a manifest; none if there is no file.

    Raises:
        ManifestError: an entry lacks its pattern, reason, number of cases or end.
    """
    if not path.exists():
        return []
    entries: Iterable[dict[str, Any]] = _read(path).get("expect", [])
    found = []
    for entry in entries:
        missing = [key for key in ("pattern", "reason", "cases", "until") if not entry.get(key)]
        if missing:
            raise ManifestError(f"{path}: the entry {entry.get('pattern', '?')!r} lacks {', '.join(missing)}")
        found.append(Expectation(entry["pattern"], entry["reason"], int(entry["cases"]), str(entry["until"])))
    return found
