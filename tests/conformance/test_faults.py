"""Backends with one planted fault each: the suite must catch every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flambeau.backend import Backend
from flambeau_conformance.catalogue import matching
from flambeau_conformance.session import Session
from flambeau_conformance.subject import Subject
from flambeau_minimal.backend import MinimalBackend

Kernels = dict[str, Any]


def _slightly_wrong(kernels: Kernels) -> Any:
    exact, scale = kernels["exp"], kernels["mul"]
    return lambda a: scale(exact(a), kernels["full"]((), 1.001, a.dtype))


def _reversed(kernels: Kernels) -> Any:
    return lambda a, b: kernels["sub"](b, a)


def _raises(kernels: Kernels) -> Any:
    def fail(*arguments: Any) -> Any:
        raise OSError("the device is gone")

    return fail


def _swapped(name: str) -> Callable[[Kernels], Any]:
    return lambda kernels: kernels[name]


_FAULTS: list[tuple[str, Callable[[Kernels], Any], str, str]] = [
    ("exp", _slightly_wrong, "exp/value/plain/float32", "fail"),
    ("sub", _reversed, "sub/value/plain/float32", "fail"),
    ("floor", _swapped("trunc"), "floor/value/plain/float32", "fail"),
    ("maximum", _swapped("minimum"), "maximum/value/plain/float32", "fail"),
    ("sin", _raises, "sin/value/plain/float32", "error"),
]


@pytest.mark.parametrize(("kernel", "make", "address", "status"), _FAULTS, ids=[fault[0] for fault in _FAULTS])
def test_a_planted_fault_is_caught(
    plant: Callable[[type[Backend]], Subject],
    kernel: str, make: Callable[[Kernels], Any], address: str, status: str,
) -> None:  # fmt: skip
    class Faulty(MinimalBackend):
        name = f"faulty-{kernel}"
        device_type = f"faulty{kernel}"

        def kernels(self, device: int) -> Any:
            table = dict(super().kernels(device))
            return table | {kernel: make(table)}

    session = Session(plant(Faulty), [])
    for case in matching(f"{kernel}/*"):
        session.run(case)
    assert session.results[address].status == status
    assert session.counts()["pass"] < len(session.results) / 2
