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
        (
            _WHOLE.replace('profile = "core"\n', ""),
            "missing entries: profile; unknown entries: none. A manifest has backend, dtypes",
        ),
        (_WHOLE + "speed = 1", "unknown entries: speed. A manifest has .* and may have max_elements"),
        (_WHOLE.replace("core", "half"), "unknown profile 'half'"),
        (_WHOLE.replace('["float32"]', '"float32"'), "'dtypes' must be a list of names"),
        (_WHOLE.replace('"numpy"', "7"), "'backend' must be the name of the backend"),
        (_WHOLE + "max_elements = 0", r"'max_elements' must be a positive integer \(got 0\)"),
        (_WHOLE + "max_elements = true", r"'max_elements' must be a positive integer \(got True\)"),
        (_WHOLE + 'max_elements = "2000"', r"'max_elements' must be a positive integer \(got '2000'\)"),
        ("backend = ", "Invalid value"),
        ("", "missing entries: backend, dtypes, extensions, layouts, profile"),
        (_WHOLE.replace('["float32"]', "[]"), "'dtypes' is empty: nothing would be claimed"),
        (_WHOLE.replace('["strided"]', "[]"), "'layouts' is empty: nothing would be claimed"),
        (f"a = {'[' * 100_000}", "maximum recursion depth exceeded"),
    ],
)
def test_wrong_manifests_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(text)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "conformance.toml"
    path.write_bytes(f"{_WHOLE}# é".encode("latin-1"))
    with pytest.raises(ManifestError, match=r"conformance.toml is not UTF-8, as TOML must be: .* byte 0xe9"):
        read_manifest(path)
    path.write_text(f"{_WHOLE}# é", encoding="utf-8")
    assert read_manifest(path).backend == "numpy"
    with pytest.raises(ManifestError, match="cannot read .*: Is a directory"):
        read_manifest(tmp_path)
    with pytest.raises(ManifestError, match="there is no file .*none.toml"):
        read_manifest(tmp_path / "none.toml")


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


_ENTRY = '[[expect]]\npattern = "op/*"\nreason = "x"\ncases = 1\nuntil = "0.2"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_ENTRY.replace('reason = "x"\n', ""), "the entry 'op/*' lacks reason"),
        (_ENTRY.replace('"x"', '""'), "the entry 'op/*' has reason = ''"),
        (_ENTRY.replace('"x"', '"  "'), "the entry 'op/*' has reason = '  '"),
        (_ENTRY.replace("= 1", '= "1"'), "the entry 'op/*' has cases = '1'"),
        (_ENTRY.replace("= 1", "= 0"), "the entry 'op/*' has cases = 0"),
        (_ENTRY.replace("= 1", "= -2"), "the entry 'op/*' has cases = -2"),
        (_ENTRY.replace("0.2", "never"), "the entry 'op/*' has until = 'never'"),
        (_ENTRY + 'who = "me"\n', "the entry 'op/*' has the unknown key who"),
        ('[[expected]]\npattern = "op/*"\n', "unknown entries: expected"),
        (_ENTRY + _ENTRY.replace('"x"', '"y"'), "2 entries have the pattern 'op/*'"),
        ("expect = 3\n", "'expect' is no list of entries (got 3)"),
        ('expect = ["op/*"]\n', "'op/*' is no entry"),
    ],
)
def test_wrong_expectations_are_refused_with_the_schema(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "expectations.toml"
    path.write_text(text)
    with pytest.raises(ManifestError) as raised:
        read_expectations(path)
    assert f"{path}: {message}" in str(raised.value)
    assert "[[expect]] with four keys: pattern (str, of addresses), reason (str, not empty)" in str(raised.value)


def test_a_manifest_may_cap_the_size_of_cases(tmp_path: Path) -> None:
    path = tmp_path / "conformance.toml"
    path.write_text(_WHOLE)
    assert read_manifest(path).max_elements is None
    path.write_text(_WHOLE + "max_elements = 2000")
    assert read_manifest(path).max_elements == 2000
    assert read_manifest(path).as_dict()["max_elements"] == 2000
