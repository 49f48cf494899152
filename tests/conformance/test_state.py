"""What a case leaves changed is its own failure, and is set back before the next one."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau_conformance.model import Case
from flambeau_conformance.session import Session
from flambeau_conformance.state import State
from flambeau_conformance.subject import Subject
from flambeau_conformance.trace import trace

Leave = Callable[[Any], object]

LEAVES: dict[str, tuple[Leave, str]] = {
    "deterministic": (lambda t: t.use_deterministic_algorithms(True), "deterministic algorithms (True, was False)"),
    "set_grad_enabled": (lambda t: t.set_grad_enabled(False), "the gradient mode (False, was True)"),
    "no_grad": (lambda t: t.no_grad().__enter__(), "the gradient mode"),
    "inference_mode": (lambda t: t.inference_mode().__enter__(), "the inference mode (True, was False)"),
    "anomaly": (lambda t: t.autograd.set_detect_anomaly(True), "the anomaly mode (True, was False)"),
    "default dtype": (lambda t: t.set_default_dtype(t.float64), "the default dtype (torch.float64, was torch.float32)"),
    "print options": (lambda t: t.set_printoptions(precision=2), "the print options"),
    "module hooks": (
        lambda t: t.nn.modules.module.register_module_forward_hook(lambda *_: None), "hooks of all modules"
    ),
    "warnings": (lambda t: warnings.simplefilter("ignore"), "the filters of warnings"),
}  # fmt: skip

OWN_LEAVES: dict[str, tuple[Leave, str]] = {
    "default device": (lambda t: t.set_default_device("minimal"), "the default device"),
    "default backend": (lambda t: t.set_default_backend("minimal"), "the default backend (minimal, was numpy)"),
    "saved tensors": (
        lambda t: t.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x).__enter__(),
        "the context variable flambeau_saved_tensors_hooks",
    ),
    "no saved tensors": (lambda t: t.autograd.graph._disabled.append("no"), "open contexts ([1, 0, 0], was [0, 0, 0])"),
    "dual level": (lambda t: t.autograd.forward_ad.enter_dual_level(), "the context variable flambeau_dual_level"),
    "torch functions": (
        lambda t: t._C.DisableTorchFunctionSubclass().__enter__(), "the context variable flambeau_torch_function"
    ),
}  # fmt: skip

PROCESS_LEAVES: dict[str, tuple[Leave, str]] = {
    "directory": (lambda t: os.chdir("/"), "the working directory (/, was "),
    "environment": (lambda t: os.environ.update(FLAMBEAU_NEW="1"), "the environment (FLAMBEAU_NEW)"),
    "a variable less": (lambda t: os.environ.pop("PATH"), "the environment (PATH)"),
    "signals": (lambda t: signal.signal(signal.SIGTERM, lambda *_: None), "the handlers of signals (SIGTERM)"),
    "timer": (lambda t: signal.setitimer(signal.ITIMER_REAL, 100), "the timer of signals (True, was False)"),
    "recursion": (lambda t: sys.setrecursionlimit(54321), "the recursion limit (54321, was "),
    "streams": (lambda t: setattr(sys, "stdout", None), "the standard streams"),
    "mask": (lambda t: os.umask(0o777), "the mask of permissions (0o777, was "),
    "trace": (lambda t: sys.settrace(lambda *_: None), "the trace function"),
    "profile": (lambda t: sys.setprofile(lambda *_: None), "the profile function"),
    "garbage": (lambda t: gc.disable(), "the garbage collector (False, was True)"),
}  # fmt: skip


def _case(check: Any, name: str = "one") -> Case:
    return Case(f"op/value/{name}/-", "section", check)


def _leaving(leave: Leave) -> Case:
    return _case(lambda subject: leave(subject.torch) and None)


def _check(session: Session, leave: Leave, words: str) -> None:
    result = session.run(_leaving(leave))
    assert result.status == "error"
    assert result.detail.startswith("left changed: ")
    assert words in result.detail
    assert session.run(_case(lambda subject: None, "two")).status == "pass"
    assert not session.spoiled


def test_filters_that_a_library_sets_for_its_own_modules_are_no_leftovers(make_session: Callable[..., Session]) -> None:
    def check(subject: Subject) -> None:
        warnings.filterwarnings("ignore", "odd", RuntimeWarning, module="flambeau")

    assert make_session().run(Case("exp/value/own-filters/-", "", check)).status == "pass"


@pytest.mark.parametrize("what", [*LEAVES, *OWN_LEAVES, *PROCESS_LEAVES])
def test_what_a_case_leaves_costs_that_case_alone(make_session: Callable[[], Session], what: str) -> None:
    _check(make_session(), *(LEAVES | OWN_LEAVES | PROCESS_LEAVES)[what])


def test_a_closed_descriptor_spoils_the_process(
    make_session: Callable[[], Session], capfd: pytest.CaptureFixture[str]
) -> None:
    kept = os.dup(1)
    session = make_session()
    try:
        result = session.run(_leaving(lambda t: os.close(1)))
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert (result.status, result.detail, session.spoiled) == (
        "error",
        "left changed: the file descriptors 0 to 2",
        True,
    )


def test_what_is_left_names_the_kernels(make_session: Callable[[], Session]) -> None:
    def check(subject: Subject) -> None:
        trace._note("sin")
        gc.disable()

    assert make_session().run(_case(check)).kernel == "sin"


@pytest.mark.oracle
@pytest.mark.parametrize("what", [name for name in LEAVES if name != "inference_mode"])
def test_the_same_on_pytorch(torch: ModuleType, what: str) -> None:
    _check(Session(Subject(torch, "torch", "2", None), []), *LEAVES[what])


TORCH_LEAVES: dict[str, tuple[Leave, str]] = {
    "dual level": (lambda t: t.autograd.forward_ad.enter_dual_level(), "the level of dual numbers (0, was -1)"),
    "saved tensors": (
        lambda t: t._C._autograd._saved_tensors_hooks_disable("no"), "saved tensors' hooks (False, was True)"
    ),
    "default device": (lambda t: t.set_default_device("meta"), "the default device (meta, was cpu)"),
    "environment": (
        lambda t: os.environ.update(TORCHINDUCTOR_OF_ITS_OWN="1", OTHER="1"), "left changed: the environment (OTHER)"
    ),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("what", TORCH_LEAVES)
def test_what_pytorch_alone_has(torch: ModuleType, what: str) -> None:
    _check(Session(Subject(torch, "torch", "2", None), []), *TORCH_LEAVES[what])


@pytest.mark.oracle
def test_what_cannot_be_set_back_spoils_the_process(torch: ModuleType) -> None:
    session = Session(Subject(torch, "torch", "2", None), [])
    context = torch.inference_mode()
    session.run(_leaving(lambda t: context.__enter__()))
    assert session.spoiled
    context.__exit__(None, None, None)
    gc.collect()


def test_a_failure_keeps_its_words(make_session: Callable[[], Session]) -> None:
    def check(subject: Subject) -> None:
        subject.torch.set_default_dtype(subject.torch.float64)
        raise AssertionError("the wrong number")

    result = make_session().run(_case(check))
    assert (result.status, result.detail.partition(";")[0]) == ("fail", "the wrong number")
    assert "left changed: the default dtype" in result.detail
    assert flambeau.get_default_dtype() is flambeau.float32


def test_every_case_draws_the_same_numbers(make_session: Callable[[], Session]) -> None:
    drawn: list[Any] = []

    def check(subject: Subject) -> None:
        drawn.append((subject.torch.rand(3).tolist(), random.random()))

    session = make_session()
    session.run(_case(check))
    session.run(_case(check, "two"))
    assert drawn[0] == drawn[1]


def test_warnings_are_errors_in_every_case(make_session: Callable[[], Session]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = make_session().run(_case(lambda subject: warnings.warn("old", stacklevel=1)))
    assert (result.status, result.detail.startswith("UserWarning: old")) == ("error", True)


def test_pytorch_and_flambeau_have_the_modes_that_are_looked_at() -> None:
    listed = {switch.what for switch in State(flambeau)._switches}
    assert listed >= {
        "the gradient mode",
        "the inference mode",
        "the anomaly mode",
        "the default dtype",
        "the print options",
    }
