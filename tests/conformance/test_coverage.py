"""Coverage: what it finds lacking, how what is pending is kept honest, and what a trace of the cases sees."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau_conformance import behaviours, coverage, public_calls
from flambeau_conformance.behaviours import Behaviour, read_behaviours
from flambeau_conformance.checks import expect_raises
from flambeau_conformance.coverage import lacks
from flambeau_conformance.enumerations import enumerated
from flambeau_conformance.manifest import ManifestError
from flambeau_conformance.model import Case
from flambeau_conformance.pending import Lack, Pending, defer, drop_stale, read_pending
from flambeau_conformance.public_calls import Seen, Trace, traced
from flambeau_conformance.surface import groups, names, namespaces


def _case(check: Any, address: str = "program/value/one/-") -> Case:
    return Case(address, "across/programs", check)


def _trace(*checks: Any) -> Trace:
    return traced([_case(check, f"program/value/case-{number}/-") for number, check in enumerate(checks)])


# -- the surface ---------------------------------------------------------------------------------------------------------


def test_namespaces_are_what_programs_write() -> None:
    assert {"", "nn", "nn.functional", "linalg", "optim", "utils.data", "distributions"} <= namespaces().keys()
    assert not {"ops", "backend.making", "shapes", "nn.modules.linear"} & namespaces().keys()


def test_one_thing_has_one_group_of_names() -> None:
    assert {"clamp", "clip", "clamp_", "Tensor.clamp", "Tensor.clip_"} <= set(groups()["clamp"])
    assert groups()["nn.Linear"] == ("nn.Linear",)
    assert {"Tensor.sum", "nn.Linear.forward", "float32", "pi"} <= names().keys()


# -- texts ---------------------------------------------------------------------------------------------------------------

_TABLE = {"low": 0, "high": 1}


def _inner(value: Any, way: str) -> Any:
    return value if way == "left" or way in ("right", "both") else None


def _chosen(value: Any, way: str = "left", level: str = "low", free: str = "") -> Any:
    used = way or "left"
    return _inner(value, used), _TABLE[level], free


_chosen.__module__ = _inner.__module__ = "flambeau.somewhere"


class _Layer:
    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self) -> bool:
        return self.reduction not in ("none", "mean", "sum")


def test_texts_are_read_from_comparisons_and_tables() -> None:
    assert enumerated(_chosen) == {"way": {"left", "right", "both"}, "level": {"low", "high"}}
    assert enumerated(_Layer) == {"reduction": {"none", "mean", "sum"}}


@pytest.mark.parametrize(
    ("name", "parameter", "texts"),
    [
        ("nn.functional.pad", "mode", {"constant", "reflect", "replicate", "circular", "edge", "symmetric"}),
        ("quantile", "interpolation", {"linear", "lower", "higher", "midpoint", "nearest"}),
        ("linalg.qr", "mode", {"reduced", "complete", "r"}),
        ("nn.MSELoss", "reduction", {"none", "mean", "sum", "elementwise_mean"}),
    ],
)
def test_texts_of_the_library(name: str, parameter: str, texts: set[str]) -> None:
    assert enumerated(names()[name])[parameter] == texts


# -- the trace -----------------------------------------------------------------------------------------------------------


def test_a_trace_sees_what_is_given_and_what_is_not() -> None:
    def check(subject: Any) -> None:
        t = subject.torch
        x = t.ones(2, 3, requires_grad=True)
        t.sum(x, dim=1, keepdim=False)
        t.nn.functional.pad(x, (1, 1), mode="reflect").sum().backward()
        layer = t.nn.Linear(3, 1, bias=False)
        layer(x).sum().backward()
        expect_raises(lambda: layer(t.ones(2, 2)), RuntimeError)

    seen = _trace(check)
    assert seen.failed == {}
    assert seen.names["sum"].parameters == {"input", "dim"}
    assert seen.names["nn.functional.pad"].texts == {"mode": {"reflect"}}
    assert seen.names["nn.functional.pad"].gradient
    assert seen.names["nn.Linear"].parameters - {"self"} == {"in_features", "out_features", "bias"}
    assert (seen.names["nn.Linear"].raised, seen.names["nn.Linear"].gradient) == (True, True)
    assert "nn.functional.linear" not in seen.names  # the layer's own call
    assert seen.cases["program/value/case-0/-"] >= {"sum", "Tensor.sum", "nn.Linear", "Tensor.backward"}


def test_nothing_is_left_behind_by_a_trace() -> None:
    before = dict(vars(flambeau)), dict(vars(flambeau.Tensor)), flambeau.nn.Module.__call__
    seen = _trace(lambda subject: subject.torch.nope)
    assert next(iter(seen.failed.values())).startswith("AttributeError")
    assert (dict(vars(flambeau)), dict(vars(flambeau.Tensor)), flambeau.nn.Module.__call__) == before


def test_a_trace_is_kept_as_text() -> None:
    seen = _trace(lambda subject: subject.torch.div(subject.torch.ones(2), 2, rounding_mode="floor"))
    again = Trace.from_json(seen.to_json())
    assert (again.names, again.cases, again.failed) == (seen.names, seen.cases, seen.failed)


def test_what_a_trace_lacks_is_told_in_sentences() -> None:
    seen = Trace(
        {
            "nn.Softplus": Seen({"beta"}, {}, {"value"}),
            "linalg.qr": Seen({"A", "mode"}, {"mode": {"r"}}, {"value"}, raised=True),
        },
        {"exp/value/plain/float32": {"sin"}, "add/value/reflected/float32": {"Tensor.__radd__"}},
    )
    found = {(lack.kind, lack.name): lack.text for lack in lacks(seen)}
    assert found["call", "nn.GELU"] == "no case calls nn.GELU"
    assert found["parameter", "nn.Softplus.threshold"] == "no case gives threshold= to nn.Softplus, but its default"
    assert ("parameter", "nn.Softplus.beta") not in found
    assert found["text", "linalg.qr.mode=complete"] == "no case calls linalg.qr with mode='complete'"
    assert found["error", "nn.Softplus"] == "no case shows what the layer nn.Softplus refuses"
    assert found["gradient", "nn.Softplus"] == "no case has a gradient through the layer nn.Softplus"
    assert found["reach", "exp/value/plain/float32"] == "the case exp/value/plain/float32 does not call exp"
    assert ("reach", "add/value/reflected/float32") not in found


def test_a_public_name_without_a_docstring_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def newcomer() -> None: ...

    found = [lack.name for lack in coverage._of_docstrings()]
    assert found == []
    monkeypatch.setattr(coverage, "names", lambda: {"newcomer": newcomer})
    assert [lack.text for lack in coverage._of_docstrings()] == ["newcomer has no docstring"]


# -- what is pending -----------------------------------------------------------------------------------------------------

_LACK = Lack("parameter", "nn.Soft.beta", "no case gives beta=")


def _pending_file(folder: Path, text: str) -> Path:
    path = folder / "pending.toml"
    path.write_text(text)
    return path


_ENTRY = """
[[lacking]]
kind = "parameter"
reason = "to come"
names = [
    "nn.Soft.*",
    "nn.Hard.beta",
]
"""


def test_what_is_pending_must_be_lacking(tmp_path: Path) -> None:
    (entry,) = read_pending(_pending_file(tmp_path, _ENTRY))
    assert entry == Pending("parameter", "to come", ("nn.Soft.*", "nn.Hard.beta"))
    assert entry.covers(_LACK)
    assert not entry.covers(Lack("text", "nn.Soft.beta", ""))
    assert entry.complaints([_LACK]) == [
        "pending.toml: parameter of 'nn.Hard.beta' is not lacking (any more): take it out"
    ]


def test_stale_entries_can_be_taken_out(tmp_path: Path) -> None:
    path = _pending_file(tmp_path, _ENTRY)
    assert drop_stale([_LACK], path) == 1
    assert [entry.names for entry in read_pending(path)] == [("nn.Soft.*",)]


def test_an_entry_without_names_goes(tmp_path: Path) -> None:
    path = _pending_file(tmp_path, _ENTRY + _ENTRY.replace("parameter", "text"))
    assert drop_stale([_LACK], path) == 3
    assert [(entry.kind, entry.names) for entry in read_pending(path)] == [("parameter", ("nn.Soft.*",))]


def test_what_is_lacking_can_be_put_off(tmp_path: Path) -> None:
    path = _pending_file(tmp_path, _ENTRY)
    later = Lack("call", "nn.Late", "no case calls nn.Late")
    assert defer([_LACK, later], "later", "it is to come", path) == 1
    assert read_pending(path)[1] == Pending("call", "it is to come", ("nn.Late",), "later")


@pytest.mark.parametrize(
    "text",
    [
        '[[lacking]]\nkind = "sound"\nreason = "r"\nnames = ["a"]\n',
        '[[lacking]]\nkind = "call"\nnames = ["a"]\n',
        '[[lacking]]\nkind = "call"\nreason = "r"\nnames = []\n',
        '[[lacking]]\nkind = "call"\nreason = "r"\nnames = ["a"]\ncases = 3\n',
        "[[missing]]\n",
    ],
)
def test_entries_without_kind_reason_or_names_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"pending\.toml"):
        read_pending(_pending_file(tmp_path, text))


# -- documented behaviours -----------------------------------------------------------------------------------------------


def test_documented_behaviours_have_cases_or_wait() -> None:
    have, due, waiting = behaviours.counts(coverage.anchors())
    assert have == due
    assert due + waiting == len(behaviours.behaviours())
    assert behaviours.complaints(coverage.anchors()) == []


def test_a_behaviour_is_lacking_stale_or_unknown() -> None:
    known = {
        "roll": Behaviour("roll", "it rolls"),
        "roll#up": Behaviour("roll#up", "upwards", "later", "roll_up"),
        "nn.Soft": Behaviour("nn.Soft", "soft", "later", "nn.Soft"),
        "nn.Linear#wide": Behaviour("nn.Linear#wide", "wide", "later", "nn.Linear"),
    }
    assert behaviours.complaints({"nn.Soft", "nowhere"}, known) == [
        "'nowhere' is the anchor of a case and not in documented.toml",
        "the documented behaviour 'roll' has no case: it rolls",
        "'nn.Soft' is pending in pending.toml and has a case: take the entry out",
        "'nn.Linear#wide' is pending in pending.toml, and nn.Linear is there now: write its case",
    ]


@pytest.mark.parametrize(
    ("documented", "pending", "pattern"),
    [
        ('[a]\nx = ""\n', "", "says nothing"),
        ('[a]\nx = "1"\n[b]\nx = "2"\n', "", "occurs twice"),
        ('[a]\nx = "1"\n', '[[documented]]\npart = "p"\nbehaviours = ["x"]\n', "needs `part`, `reason`"),
        ('[a]\nx = "1"\n', '[[documented]]\npart = "p"\nreason = "r"\nbehaviours = ["y"]\n', "has no y"),
        ('[a]\nx = "1"\n', '[[documented]]\npart = "p"\nreason = "r"\nbehaviours = ["x", "x"]\n', "listed twice"),
    ],
)
def test_files_of_behaviours_are_checked(documented: str, pending: str, pattern: str, tmp_path: Path) -> None:
    (tmp_path / "documented.toml").write_text(documented)
    path = _pending_file(tmp_path, pending)
    with pytest.raises(ManifestError, match=pattern):
        read_behaviours(tmp_path / "documented.toml", path)


def test_modules_that_are_imported_while_calls_are_recorded_keep_no_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "flambeau.optim._functional", raising=False)
    with public_calls._Recorder()._wrapped():
        functional = importlib.import_module("flambeau.optim._functional")
    assert functional.sgd is flambeau.optim.sgd.sgd
