"""Views that a write leaves without a history, and views that must not be written to: PyTorch's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

_Made = tuple[Any, Any]


def _functions(m: Any) -> dict[str, Any]:
    class Viewed(m.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.view(-1)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad

    class Halves(m.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x[:2], x[2:]

        @staticmethod
        def backward(ctx: Any, first: Any, second: Any) -> Any:
            return m.cat([first, second])

    class Same(m.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad

    class Doubled(m.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

    return {"Viewed": Viewed, "Halves": Halves, "Same": Same, "Doubled": Doubled}


def _base(m: Any) -> Any:
    return m.ones(4, requires_grad=True) * 1


def _in_no_grad(m: Any) -> _Made:
    y = _base(m)
    with m.no_grad():
        return y, y[1:]


def _in_inference(m: Any) -> _Made:
    y = _base(m)
    with m.inference_mode():
        return y, y[1:]


def _applied(name: str) -> Callable[[Any], _Made]:
    def make(m: Any) -> _Made:
        y = _base(m)
        made = _functions(m)[name].apply(y)
        return y, made[1] if isinstance(made, tuple) else made

    return make


def _piece(m: Any, cut: Callable[[Any], Any]) -> _Made:
    y = _base(m)
    return y, cut(y)[1]


MADE: dict[str, Callable[[Any], _Made]] = {
    "no_grad": _in_no_grad,
    "inference": _in_inference,
    "split": lambda m: _piece(m, lambda y: y.split(2)),
    "split with sizes": lambda m: _piece(m, lambda y: y.split([1, 3])),
    "unbind": lambda m: _piece(m, lambda y: y.view(2, 2).unbind(1)),
    "chunk": lambda m: _piece(m, lambda y: y.chunk(2)),
    "Viewed": _applied("Viewed"),
    "Halves": _applied("Halves"),
    "Same": _applied("Same"),
}


def _unrecorded(tensor: Any) -> None:
    tensor.data.mul_(1)  # which counts for nobody
    tensor.detach().mul_(2)


ACTS: dict[str, Callable[[Any, Any], Any]] = {
    "print after a write to the base": lambda y, v: (y.mul_(2), repr(v))[1],
    "ask after a write to the base": lambda y, v: (y.mul_(2), v.grad_fn)[1],
    "backward after a write to the base": lambda y, v: (y.mul_(2), v.sum().backward())[1],
    "values after a write to the base": lambda y, v: (y.mul_(2), v.detach().tolist())[1],
    "print after an unrecorded write to the base": lambda y, v: (_unrecorded(y), repr(v))[1],
    "backward after an unrecorded write to the base": lambda y, v: (_unrecorded(y), v.sum().backward())[1],
    "ask after an unrecorded write": lambda y, v: (_unrecorded(v), v.grad_fn)[1],
    "write": lambda y, v: v.mul_(2),
    "copy": lambda y, v: v.copy_(v.detach() + 1),
    "fill": lambda y, v: v.fill_(1),
}


def _outcome(m: Any, make: Callable[[Any], _Made], act: Callable[[Any, Any], Any]) -> str:
    try:
        return str(act(*make(m)))
    except RuntimeError as error:
        return str(error)


@pytest.mark.parametrize(
    ("made", "act"),
    [
        (made, act)
        for made in MADE
        for act in ACTS
        if "unrecorded" not in act or made not in ("no_grad", "inference")  # which require no gradient here
    ],
)
def test_writes_that_no_history_can_follow(torch: Any, made: str, act: str) -> None:
    assert _outcome(flambeau, MADE[made], ACTS[act]) == _outcome(torch, MADE[made], ACTS[act])


def test_what_was_computed_before_an_unrecorded_write_keeps_its_history() -> None:
    x = flambeau.ones(4, requires_grad=True)
    y = x * 1
    first, second = y.split(2)
    z = first * 3
    with flambeau.no_grad():
        y.mul_(5)
    z.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0, 0.0, 0.0]
    with pytest.raises(
        RuntimeError, match="Output 1 of Split is a view and its base or another view of its base has been"
    ):
        (second * 2).sum().backward()


@pytest.mark.parametrize("made", [made for made in MADE if made not in ("no_grad", "inference")])
def test_writes_to_views_of_such_views(torch: Any, made: str) -> None:
    def act(y: Any, v: Any) -> Any:
        return v[:1].mul_(2)

    assert _outcome(flambeau, MADE[made], act) == _outcome(torch, MADE[made], act)


@pytest.mark.parametrize("view", [lambda x: x[:2], lambda x: x.view(2, 2), lambda x: x])
def test_a_function_must_not_write_to_a_leaf(torch: Any, view: Callable[[Any], Any]) -> None:
    outcomes = []
    for m in (flambeau, torch):
        with pytest.raises(RuntimeError) as raised:
            _functions(m)["Doubled"].apply(view(m.ones(4, requires_grad=True)))
        outcomes.append(str(raised.value))
    assert outcomes[0] == outcomes[1]
