"""Manifests and expectations files."""

from __future__ import annotations

from pathlib import Path

import pytest

from flambeau.backend.registry import load_backend
from flambeau_conformance import manifest as manifest_module
from flambeau_conformance.expectations import Expectation, read_expectations
from flambeau_conformance.manifest import ManifestError, manifest_of, manifests, read_manifest

_WHOLE = 'backend = "numpy"\nprofile = "core"\ndtypes = ["float32"]\nlayouts = ["strided"]\nextensions = []\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_WHOLE.replace('profile = "core"\n', ""), r"missing entries: \['profile'\]"),
        (_WHOLE + "speed = 1", r"unknown entries: \['speed'\]"),
        (_WHOLE.replace("core", "half"), "unknown profile 'half'"),
        (_WHOLE.replace('["float32"]', '"float32"'), "'dtypes' must be a list of names"),
        ("backend = ", "Invalid value"),
    ],
)
def test_wrong_manifests_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(text)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_a_manifest_cannot_claim_more_than_the_backend_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(_WHOLE.replace("float32", "float8"))
    monkeypatch.setattr(manifest_module, "manifests", lambda: {"numpy": path})
    with pytest.raises(ManifestError, match="claims the dtypes float8, which the capabilities of the backend lack"):
        manifest_of("numpy", load_backend)


@pytest.mark.parametrize("backend", ["numpy", "minimal"])
def test_shipped_manifests_claim_all_that_the_backend_can_do(backend: str) -> None:
    assert manifest_of(backend, load_backend).dtypes == load_backend(backend).capabilities.dtypes


def test_the_manifest_of_cupy_can_be_read_without_a_gpu() -> None:
    assert read_manifest(manifests()["cupy"]).backend == "cupy"


def test_expectations_are_read(tmp_path: Path) -> None:
    path = tmp_path / "expectations.toml"
    path.write_text('[[expect]]\npattern = "op/*"\nreason = "known"\ncases = 3\nuntil = "0.2"\n')
    assert read_expectations(path) == [Expectation("op/*", "known", 3, "0.2")]
    assert read_expectations(tmp_path / "none.toml") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[expect]]\npattern = "op/*"\ncases = 1\nuntil = "0.2"\n', r"'op/\*' lacks reason"),
        ('[[expect]]\npattern = "op/*"\nreason = ""\ncases = 1\nuntil = "0.2"\n', r"'op/\*' lacks reason"),
        ('[[expect]]\npattern = "op/*"\nreason = "x"\ncases = "1"\nuntil = "0.2"\n', r"'op/\*' lacks cases"),
        ('[[expect]]\npattern = "op/*"\nreason = "x"\ncases = 1\nuntil = "never"\n', "is no version"),
        ('[[expect]]\npattern = "op/*"\nreason = "x"\ncases = 1\nuntil = "1"\nwho = "me"\n', "unknown: who"),
        ('[[expected]]\npattern = "op/*"\n', "unknown entries: expected"),
    ],
)
def test_wrong_expectations_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "expectations.toml"
    path.write_text(text)
    with pytest.raises(ManifestError, match=message):
        read_expectations(path)
