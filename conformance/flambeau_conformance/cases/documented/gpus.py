"""Documented behaviours of GPUs: on a machine without one, they are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ...checks import expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_REFUSED = (RuntimeError, AssertionError)
"""PyTorch built without CUDA says so with an AssertionError."""


def _first_gpu(t: Any, call: Callable[[], Any], what: str) -> None:
    """Check that a call gives the first GPU or, where there is none, that it is refused."""
    if not t.cuda.is_available():
        expect_raises(call, _REFUSED, "CUDA")
        return
    expect_equal(str(call()), "cuda:0", what)


@case("cuda/documented/tensor/-", dtypes=("float32",), anchors=("Tensor.cuda",))
def _tensor(subject: Subject) -> None:
    t = subject.torch
    _first_gpu(t, lambda: t.tensor([1.0, 2.0]).cuda().device, "the device of the copy")


@case("cuda/documented/module/-", dtypes=("float32",), anchors=("nn.Module.cuda",))
def _module(subject: Subject) -> None:
    t, model = subject.torch, subject.torch.nn.Linear(2, 1)

    def moved() -> Any:
        expect_equal(model.cuda() is model, True, "that the module is returned")
        return model.weight.device

    _first_gpu(t, moved, "the device of the weight")


@case("current_device/documented/default/-", anchors=("cuda.current_device#default", "cuda#device_numbering"))
def _first_is_current(subject: Subject) -> None:
    t = subject.torch
    _first_gpu(t, lambda: t.device("cuda", t.cuda.current_device()), "the current GPU")
    if t.cuda.is_available():
        names = [t.cuda.get_device_name(number) for number in range(t.cuda.device_count())]
        expect_equal(all(isinstance(name, str) for name in names), True, "that all have names")


@case("cuda/documented/another/-", dtypes=("float32",), anchors=("cuda.device", "cuda.set_device"))
def _another(subject: Subject) -> None:
    """A block, and a call, make the last GPU the current one."""
    t = subject.torch
    last = t.cuda.device_count() - 1
    if last < 0:
        expect_raises(lambda: t.cuda.set_device(0), (*_REFUSED, AttributeError))
        expect_raises(lambda: t.cuda.device(0).__enter__(), _REFUSED)
        return
    with t.cuda.device(last):
        inside = t.randn(3, 3).cuda().device
    expect_equal((str(inside), t.cuda.current_device()), (f"cuda:{last}", 0), "the device in the block, and after it")
    t.cuda.set_device(last)
    try:
        expect_equal(str(t.ones(2, device="cuda").device), f"cuda:{last}", "the device after set_device")
    finally:
        t.cuda.set_device(0)


@case("cuda/documented/visible/-", anchors=("env.CUDA_VISIBLE_DEVICES",))
def _visible(subject: Subject) -> None:
    """What the variable names is counted from 0; the driver reads it when it begins, so what it shows is what is asked here."""
    t, named = subject.torch, os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None and t.cuda.is_available():
        expect_equal(t.cuda.device_count() <= len(named.split(",")), True, "that no more are visible than are named")
    if named in ("", "-1"):
        expect_equal((t.cuda.is_available(), t.cuda.device_count()), (False, 0), "that all are hidden")
    for number in range(t.cuda.device_count()):
        expect_equal(t.ones(1, device=f"cuda:{number}").get_device(), number, "the number of a visible GPU")


@case("cuda/documented/full_example/-", dtypes=("float32", "int64"), anchors=("cuda#full_example",))
def _whole_script(subject: Subject) -> None:
    t = subject.torch
    chosen = t.device("cuda") if t.cuda.is_available() else t.device("cpu")
    moved = t.tensor([1, 2, 3]).to(chosen)
    expect_equal(moved.device.type, chosen.type, "the kind of the tensor's device")
    back = moved.to("cpu")
    expect_equal((str(back.device), back.tolist()), ("cpu", [1, 2, 3]), "what comes back")
    model = t.nn.Linear(10, 10).to(chosen)
    expect_equal([each.device.type for each in model.parameters()], [chosen.type] * 2, "the parameters' devices")
    beyond = t.device("cuda", t.cuda.device_count())
    expect_raises(lambda: back.to(beyond), _REFUSED)
