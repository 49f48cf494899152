"""What can be on trial: backends, PyTorch, and any module of its shape; departures from it do not go stale unseen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import flambeau
from flambeau_conformance import cli, codes
from flambeau_conformance.catalogue import matching
from flambeau_conformance.expectations import Expectation, read_expectations
from flambeau_conformance.manifest import ManifestError
from flambeau_conformance.session import Session
from flambeau_conformance.subject import Subject, subject_named, subject_of

_MODULE = """
import sys
import flambeau
__version__ = "3.5"
def __getattr__(name):
    if name.startswith("__"):  # a path that is flambeau's would let its files be run again under this name
        raise AttributeError(name)
    return getattr(flambeau, name)
"""


@pytest.fixture
def torchlike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of PyTorch's shape in a package, which hands everything on to flambeau."""
    package = tmp_path / "somebody"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "torchlike.py").write_text(_MODULE)
    (package / "toolbox.py").write_text("tensor = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "somebody.torchlike"
    for name in [name for name in sys.modules if name.partition(".")[0] == "somebody"]:
        del sys.modules[name]


def test_any_module_of_the_shape_can_be_on_trial(torchlike: str) -> None:
    subject = subject_of(None, torchlike)
    assert (subject.name, subject.version, subject.manifest) == (torchlike, "3.5", None)
    assert read_expectations(subject.expectations()) == []
    session = Session(subject, [])
    for case in matching("cumsum/*"):
        session.run(case)
    assert set(session.counts()) == {"pass"}


def test_what_is_not_of_the_shape_is_refused(torchlike: str) -> None:
    with pytest.raises(ImportError, match="'somebody.toolbox' is not of PyTorch's shape: it has no Tensor, Generator"):
        subject_of(None, "somebody.toolbox")
    with pytest.raises(ImportError, match="nobody"):
        subject_of(None, "nobody.torchlike")
    with pytest.raises(ManifestError, match="the backend 'numpy' is one of flambeau's"):
        subject_of("numpy", torchlike)


def test_a_name_is_a_backend_first(torchlike: str) -> None:
    assert subject_named("numpy").torch is flambeau
    assert subject_named(torchlike).name == torchlike


def test_departures_are_checked_for_staleness() -> None:
    passing, missing = "exp/value/plain/float32", "exp/value/none/*"
    subject = Subject(flambeau, "torch", "2.13.0+cpu", None)
    listed = [Expectation(passing, "a reason", 1, "2.13"), Expectation(missing, "a reason", 1, "2.13")]
    session = Session(subject, listed)
    (case,) = matching(passing)
    assert session.run(case).status == "stale"
    assert session.complaints() == [f"the expectation {missing!r} names 1 case(s) and covers 0"]


@pytest.mark.oracle
def test_pytorch_is_a_subject_by_its_name(torch: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--subject", "torch", "-k", "cumsum/value/*"]) == codes.CONFORMANT
    assert subject_of(None, "torch").expectations().name == "departures.toml"
    capsys.readouterr()
