"""Cross entropy of classes, at once and composed, beside PyTorch: values, derivatives of three orders, what is saved."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest

import flambeau

KERNELS = ("cross_entropy", "cross_entropy_backward")
SIZES = [(2, 3), (1, 1), (40, 30), (3, 400)]
OPTIONS = [
    {"reduction": reduction, **ignored}
    for reduction in ("mean", "sum", "none")
    for ignored in ({}, {"ignore_index": 1})
]


def _scores(size: tuple[int, int], scale: float) -> tuple[list[list[float]], list[int]]:
    flambeau.manual_seed(size[1])
    return (flambeau.randn(size, dtype=flambeau.float64) * scale).tolist(), flambeau.randint(
        0, size[1], size[:1]
    ).tolist()


def _derivatives(t: Any, scores: Any, classes: Any, dtype: str, **options: Any) -> list[Any]:
    """The loss, and the derivatives of the first three orders."""
    x = t.tensor(scores, dtype=getattr(t, dtype), requires_grad=True)
    found = [t.nn.functional.cross_entropy(x, t.tensor(classes), **options)]
    for _ in range(3):
        found += t.autograd.grad((found[-1] * found[-1]).sum(), x, create_graph=True)
    return [each.detach().double().flatten().tolist() for each in found]


@pytest.mark.oracle
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_derivatives_of_three_orders(size: tuple[int, int], scale: float, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    given = _scores(size, scale)
    for ours, theirs in zip(
        _derivatives(flambeau, *given, "float64", **options),
        _derivatives(torch, *given, "float64", **options),
        strict=True,
    ):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("dtype", "near"), [("float32", 1e-4), ("float64", 1e-11)])
def test_kernels_give_what_is_composed(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], dtype: str, near: float, options: dict[str, Any]
) -> None:
    given = _scores(size, 3.0)
    with_kernels = _derivatives(flambeau, *given, dtype, **options)
    kernels = flambeau.ones(1, dtype=getattr(flambeau, dtype))._type.kernels
    for name in KERNELS:
        assert getattr(kernels, name) is not None
        monkeypatch.setattr(kernels, name, None)
    for one, other in zip(with_kernels, _derivatives(flambeau, *given, dtype, **options), strict=True):
        largest = max(
            (abs(value) for value in other if isfinite(value)), default=0.0
        )  # which differences leave digits of
        assert one == pytest.approx(other, rel=near, abs=near * max(1.0, largest / 100), nan_ok=True)


FORMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "weights": ((5, 4), {"weight": True}),
    "weights and ignored": ((5, 4), {"weight": True, "ignore_index": 1}),
    "smoothed": ((5, 4), {"label_smoothing": 0.3}),
    "smoothed of one class": ((3, 1), {"label_smoothing": 0.3}),
    "smoothed and ignored": ((5, 4), {"label_smoothing": 0.3, "ignore_index": 1}),
    "smoothed with weights": ((5, 4), {"label_smoothing": 0.3, "weight": True, "ignore_index": 2}),
    "smoothed altogether": ((5, 4), {"label_smoothing": 1.0, "weight": True}),
    "places": ((2, 4, 3), {}),
    "places with weights": ((2, 4, 3), {"weight": True, "ignore_index": 0}),
    "many places, smoothed": ((2, 4, 2, 3), {"label_smoothing": 0.2}),
    "many places, smoothed with weights": (
        (2, 3, 2, 2, 2),
        {"label_smoothing": 0.2, "weight": True, "ignore_index": 1},
    ),
    "large": ((40, 60), {"label_smoothing": 0.1, "weight": True, "ignore_index": 5}),
}


def _of_form(t: Any, form: str, dtype: str, reduction: str, scale: float) -> list[list[float]]:
    """The loss, and the derivatives of the first three orders."""
    shape, options = FORMS[form]
    flambeau.manual_seed(len(form))
    scores = (flambeau.randn(shape, dtype=flambeau.float64) * scale).tolist()
    classes = flambeau.randint(0, shape[1], (shape[0], *shape[2:])).tolist()
    weight = (flambeau.rand(shape[1], dtype=flambeau.float64) + 0.5).tolist()
    x = t.tensor(scores, dtype=getattr(t, dtype), requires_grad=True)
    if "weight" in options:
        options = options | {"weight": t.tensor(weight, dtype=getattr(t, dtype))}
    found = [t.nn.functional.cross_entropy(x, t.tensor(classes), reduction=reduction, **options)]
    for _ in range(3):
        found += t.autograd.grad((found[-1] * found[-1]).sum(), x, create_graph=True)
    return [each.detach().double().flatten().tolist() for each in found]


@pytest.mark.oracle
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_weights_smoothing_and_places(form: str, reduction: str, scale: float) -> None:
    torch = pytest.importorskip("torch")
    theirs = _of_form(torch, form, "float64", reduction, scale)
    for ours, expected in zip(_of_form(flambeau, form, "float64", reduction, scale), theirs, strict=True):
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-11, nan_ok=True)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("form", FORMS)
def test_kernels_of_all_forms_give_what_is_composed(monkeypatch: pytest.MonkeyPatch, form: str, reduction: str) -> None:
    with_kernels = _of_form(flambeau, form, "float64", reduction, 3.0)
    kernels = flambeau.ones(1, dtype=flambeau.float64)._type.kernels
    for name in KERNELS:
        monkeypatch.setattr(kernels, name, None)
    for one, other in zip(with_kernels, _of_form(flambeau, form, "float64", reduction, 3.0), strict=True):
        assert one == pytest.approx(other, rel=1e-11, abs=1e-11, nan_ok=True)


PROGRAMS = {
    "nan, infinite and weights": lambda t: t.nn.functional.cross_entropy(
        t.tensor([[t.inf, 0], [-t.inf, 0.0], [t.nan, 0], [-t.inf, -t.inf]]),
        t.tensor([0, 0, 1, 0]),
        t.tensor([1.0, 2.0]),
        reduction="none",
        label_smoothing=0.5,
    ),
    "all ignored, with weights": lambda t: t.nn.functional.cross_entropy(
        t.zeros(2, 3), t.tensor([1, 1]), t.tensor([1.0, 2.0, 3.0]), ignore_index=1, label_smoothing=0.5
    ),
    "slopes of ignored rows": lambda t: (
        lambda x: t.autograd.grad(t.nn.functional.cross_entropy(x, t.tensor([0, -100, 1]), t.tensor([2.0, 3.0])), x)[
            0
        ].flatten()
    )(t.tensor([[1.0, 2.0], [t.inf, 1.0], [2.0, 2.0]], requires_grad=True)),
    "nan and infinite": lambda t: t.nn.functional.cross_entropy(
        t.tensor([[t.inf, 0], [-t.inf, 0.0], [t.nan, 0], [-t.inf, -t.inf]]), t.tensor([0, 0, 1, 0]), reduction="none"
    ),
    "signs of zero": lambda t: t.signbit(
        t.nn.functional.cross_entropy(t.zeros(2, 1), t.tensor([0, 0]), reduction="none")
    ),
    "all ignored": lambda t: t.nn.functional.cross_entropy(t.zeros(2, 3), t.tensor([1, 1]), ignore_index=1),
    "no rows": lambda t: t.nn.functional.cross_entropy(t.zeros(0, 3), t.zeros(0, dtype=t.int64)),
    "bytes": lambda t: t.nn.functional.cross_entropy(t.arange(6.0).reshape(2, 3), t.tensor([1, 2], dtype=t.uint8)),
    "another order in memory": lambda t: (
        lambda x: t.tensor(t.autograd.grad(t.nn.functional.cross_entropy(x, t.tensor([0, 2, 1, 1])), x)[0].stride())
    )(t.arange(12.0).reshape(3, 4).t().requires_grad_()),
}


@pytest.mark.oracle
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_special_cases(program: Any) -> None:
    ours, theirs = program(flambeau), program(pytest.importorskip("torch"))
    assert str(ours.dtype) == str(theirs.dtype)
    assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-6, nan_ok=True)


def test_scores_may_change_when_the_loss_is_computed() -> None:
    """As in PyTorch: what the backward pass needs are the probabilities."""
    x = flambeau.zeros(2, 3, requires_grad=True)
    scores = x * 1
    loss = flambeau.nn.functional.cross_entropy(scores, flambeau.tensor([0, 1]))
    scores.add_(1)
    loss.backward()
    assert x.grad is not None
    assert x.grad[0].tolist() == pytest.approx([-1 / 3, 1 / 6, 1 / 6])


def test_the_node_has_the_name_of_pytorchs() -> None:
    loss = flambeau.nn.functional.cross_entropy(flambeau.zeros(2, 3, requires_grad=True), flambeau.tensor([0, 1]))
    assert loss.grad_fn is not None
    assert loss.grad_fn.name() == "NllLossBackward0"


@pytest.mark.parametrize("classes", [[0, 3], [0, -1]])
def test_a_target_that_is_no_class_is_an_error_before_the_kernel(classes: list[int]) -> None:
    with pytest.raises(IndexError, match=f"Target {classes[1]} is out of bounds."):
        flambeau.nn.functional.cross_entropy(flambeau.zeros(2, 3), flambeau.tensor(classes))
