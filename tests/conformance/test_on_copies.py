"""A fixed part of the suite on a backend whose views are copies and whose arrays cannot be changed.

It runs in this process, on :class:`FrozenBackend`. The list names what depends on how views and writes are made of copies:
whatever moves, indexes, writes or shares memory, and how gradients find their way through it; of the training set, since the
full set runs by one command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

import conformance_on
import copying_backends
import flambeau
from copying_backends import FrozenBackend, registered
from flambeau.backend._strided_memory import Memory, Strided
from flambeau.backend.promises import PROMISES, Writes
from flambeau.backend.types import CHECK_KERNELS
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.manifest import Manifest
from flambeau_conformance.model import Case
from flambeau_conformance.session import Session
from flambeau_conformance.sets import chosen
from flambeau_conformance.subject import Subject

PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "made and converted": (("creation/*", "*"),),
    "views and movement": (("movement/*", "*"),),
    "indexing and writes by index": (("indexing/*", "*"),),
    "in-place forms": (("*", "*/inplace/*"),),
    "out=": (("*", "*/out/*"),),
    "memory that is shared, or is not": (("*", "*/alias/*"),),
    "operands in another order of memory": (("*", "*/noncontiguous/*"),),
    "documented behaviour": (("documented/*", "*"),),
    "forms, memory of other libraries, graphs, modules": (
        ("across/forms", "*"),
        ("across/tensor", "*"),
        ("across/interchange", "*"),
        ("across/autograd", "*"),
        ("across/transforms", "*"),
        ("across/modules", "*"),
    ),
}
"""By what a part is about: patterns of sections, each with one of addresses (the ``-k`` of ``flambeau-conformance``)."""

FEWEST = 3000
"""Cases that all parts have together at least, so that the list cannot run dry unseen."""


@cache
def _training() -> list[Case]:
    return chosen(all_cases(), "training", ())


def _cases(part: str) -> list[str]:
    return [
        case.address
        for case in _training()
        if any(fnmatchcase(case.section, section) and fnmatchcase(case.address, k) for section, k in PARTS[part])
    ]


@pytest.fixture(scope="module")
def _frozen() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment, registered(FrozenBackend):
        environment.setenv(CHECK_KERNELS, "1")
        yield


@pytest.fixture
def session(_frozen: None) -> Session:
    claims = FrozenBackend.capabilities
    manifest = Manifest("frozen", "core", claims.dtypes, claims.layouts, claims.extensions, Path("conformance.toml"))
    return Session(Subject(flambeau, "frozen", "1", manifest), [])


def _failures(session: Session, addresses: list[str]) -> list[str]:
    wanted = set(addresses)
    for case in all_cases():
        if case.address in wanted:
            session.run(case)
    return [f"{result.address}: {result.detail}" for result in session.failures()]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_suite_passes(session: Session, part: str) -> None:
    assert _failures(session, _cases(part)) == []
    assert set(session.counts()) == {"pass"}


@pytest.mark.parametrize("backend", ["cupy", "bare"])
def test_backends_that_no_one_installs_run_by_one_command(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert conformance_on.main([backend, "-k", "add/value/plain/float32", "--json", str(path)]) == 0
    about, result = [json.loads(line) for line in path.read_text().splitlines()]
    assert (about["subject"], result["status"]) == (backend, "pass")


def test_another_backend_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert conformance_on.main(["numpy"]) == 2
    assert "name one of cupy, copying, frozen, bare" in capfd.readouterr().err


def test_the_parts_are_as_large_as_they_were() -> None:
    assert len({address for part in PARTS for address in _cases(part)}) >= FEWEST
    for part, patterns in PARTS.items():
        for section, k in patterns:
            assert any(fnmatchcase(c.section, section) and fnmatchcase(c.address, k) for c in all_cases()), (part, k)


def test_what_a_kernel_is_said_to_write_are_arguments_of_its() -> None:
    for name, promise in PROMISES.items():
        if isinstance(promise, Writes):
            assert len(copying_backends._WRITTEN[name]) == len(promise.names) > 0


def _forgets_writes(self: Strided, array: object) -> None:
    pass


def _keeps_old_copies(self: Memory, array: object) -> None:
    self._array = array


def _starts_at_the_front(self: Strided, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> Strided:
    return Strided(self.memory, shape, strides, self.offset)


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        (Strided, "write", _forgets_writes),
        (Memory, "written", _keeps_old_copies),
        (Strided, "viewed", _starts_at_the_front),
    ],
)
def test_a_planted_fault_is_noticed(
    session: Session, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, fault: object
) -> None:
    monkeypatch.setattr(owner, name, fault)
    assert _failures(session, _cases("in-place forms") + _cases("forms, memory of other libraries, graphs, modules"))
