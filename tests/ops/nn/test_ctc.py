"""Connectionist temporal classification by kernels, beside what is composed and beside PyTorch."""

from __future__ import annotations

import random
from math import inf, nan
from types import ModuleType
from typing import Any

import pytest

import flambeau

KERNELS = ("ctc_loss", "ctc_loss_backward")
SPECIAL = {"none": None, "nothing": -inf, "unknown": nan}


def _drawn(seed: int) -> dict[str, Any]:
    """Samples of several lengths, some without labels or steps, some of which are impossible."""
    draw = random.Random(seed)
    steps, batch, classes, longest = draw.randint(1, 9), draw.randint(1, 4), draw.randint(2, 6), draw.randint(0, 4)
    blank = draw.randrange(classes)
    labels = [each for each in range(classes) if each != blank]
    return {
        "scores": [[[draw.gauss(0, 3) for _ in range(classes)] for _ in range(batch)] for _ in range(steps)],
        "targets": [[draw.choice(labels) for _ in range(longest)] for _ in range(batch)],
        "lengths": [draw.randint(0, longest) for _ in range(batch)],
        "steps": [draw.randint(0, steps) for _ in range(batch)],
        "place": (draw.randrange(steps), draw.randrange(batch), draw.randrange(classes)),
        "in a row": draw.random() < 0.5,
        "by batch": draw.random() < 0.3,
        "integers": draw.choice(["int32", "int64"]),
        "options": {"blank": blank, "zero_infinity": draw.random() < 0.5, "reduction": draw.choice(["mean", "sum", "none"])},
    }  # fmt: skip


def _found(t: Any, given: dict[str, Any], dtype: str, special: float | None) -> list[float]:
    """The loss, and the gradient of the logarithms of which one may be special."""
    logs = t.tensor(given["scores"], dtype=getattr(t, dtype)).log_softmax(2)
    if special is not None:
        logs[given["place"]] = special
    if given["by batch"]:
        logs = logs.transpose(0, 1).contiguous().transpose(0, 1)
    logs.requires_grad_()
    targets = t.tensor(given["targets"], dtype=t.int64).reshape(len(given["lengths"]), -1)
    if given["in a row"]:
        targets = t.cat([row[:length] for row, length in zip(targets, given["lengths"], strict=True)])
    steps, lengths = (t.tensor(given[name], dtype=getattr(t, given["integers"])) for name in ("steps", "lengths"))
    loss = t.nn.functional.ctc_loss(logs, targets, steps, lengths, **given["options"])
    weights = t.arange(1.0, loss.numel() + 1).to(loss.dtype).reshape(loss.shape)
    (grad,) = t.autograd.grad(loss, logs, weights)
    return [*loss.detach().double().flatten().tolist(), *grad.double().flatten().tolist()]


def _without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    for dtype in (flambeau.float32, flambeau.float64):
        kernels = flambeau.ones(1, dtype=dtype)._type.kernels
        for name in KERNELS:
            assert getattr(kernels, name) is not None
            monkeypatch.setattr(kernels, name, None)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_kernels_give_what_is_composed(monkeypatch: pytest.MonkeyPatch, seed: int, special: float | None) -> None:
    given = _drawn(seed)
    with_kernels = _found(flambeau, given, "float64", special)
    _without_kernels(monkeypatch)
    assert with_kernels == pytest.approx(_found(flambeau, given, "float64", special), rel=1e-9, abs=1e-10, nan_ok=True)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(15, 35))
@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-9), ("float32", 1e-3)])
@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_drawn_samples_beside_pytorch(seed: int, dtype: str, near: float, special: float | None) -> None:
    torch = pytest.importorskip("torch")
    given = _drawn(seed)
    expected = _found(torch, given, dtype, special)
    assert _found(flambeau, given, dtype, special) == pytest.approx(expected, rel=near, abs=near, nan_ok=True)


def _of_unlikely_labels(t: Any) -> list[float]:
    """A step whose label is far less likely than others, but what a path must go through: its share is 1."""
    logs = t.tensor([[[0.0, -300.0, -900.0]], [[-900.0, -300.0, -400.0]]]).requires_grad_()
    loss = t.nn.functional.ctc_loss(logs, t.tensor([[1, 2]]), (2,), (2,), reduction="sum")
    return [loss.item(), *t.autograd.grad(loss, logs)[0].flatten().tolist()]


@pytest.mark.parametrize("composed", [False, True])
def test_shares_of_unlikely_labels_do_not_underflow(monkeypatch: pytest.MonkeyPatch, composed: bool) -> None:
    if composed:
        _without_kernels(monkeypatch)
    assert _of_unlikely_labels(flambeau) == pytest.approx([700.0, 1.0, -1.0, 0.0, 0.0, 0.0, -1.0])


@pytest.mark.oracle
def test_unlikely_labels_beside_pytorch() -> None:
    torch = pytest.importorskip("torch")
    assert _of_unlikely_labels(flambeau) == pytest.approx(_of_unlikely_labels(torch))


def _twice(t: ModuleType) -> Any:
    logs = t.zeros(4, 1, 3, requires_grad=True)
    loss = t.nn.functional.ctc_loss(logs, t.tensor([[1, 2]]), (4,), (2,))
    (grad,) = t.autograd.grad(loss, logs, create_graph=True)
    assert grad.requires_grad
    grad.sum().backward()


@pytest.mark.oracle
def test_a_second_derivative_is_refused() -> None:
    torch = pytest.importorskip("torch")
    for t in (torch, flambeau):
        with pytest.raises(RuntimeError, match="derivative for aten::_ctc_loss_backward is not implemented"):
            _twice(t)
