"""What checkpoints take and refuse, and what they compute, in the words of PyTorch's two ways."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

import flambeau
import flambeau.utils.checkpoint


def _outcome(m: Any, call: Callable[[Any, Any], Any]) -> tuple[str, list[str]]:
    from importlib import import_module

    checkpoints = import_module(f"{m.__name__}.utils.checkpoint")
    x = m.arange(1.0, 4.0, dtype=m.float64).requires_grad_()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = call(checkpoints, x)
            if isinstance(made, m.Tensor):
                made.sum().backward()
                made = None if x.grad is None else [round(value, 9) for value in x.grad.tolist()]
            found = str(made)
        except (RuntimeError, ValueError) as error:
            found = f"{type(error).__name__}: {error}"
    return found, [str(each.message) for each in caught]


class _Swallowing:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> bool:
        return True


def _contexts() -> Any:
    return nullcontext(), nullcontext()


def _nested(c: Any, x: Any, *, reentrant: bool) -> Any:
    def inner(u: Any) -> Any:
        return u.exp().sin()

    def outer(v: Any) -> Any:
        return c.checkpoint(inner, v * 2, use_reentrant=reentrant) * v

    return c.checkpoint(outer, x, use_reentrant=reentrant)


def _changed(c: Any, x: Any, *, reentrant: bool) -> Any:
    z = x * 1
    y = c.checkpoint(lambda v: v * v, z, use_reentrant=reentrant)
    z.mul_(2)
    return y


def _in_place_inside(v: Any) -> Any:
    return (v * 2).relu_().exp()


SAME: dict[str, Callable[[Any, Any], Any]] = {
    "unsaid": lambda c, x: c.checkpoint(lambda v: v * v, x),
    "unsaid, sequence": lambda c, x: c.checkpoint_sequential([lambda v: v * 2, lambda v: v * v], 2, x),
    "unsaid, keyword": lambda c, x: c.checkpoint(lambda v, k: v * k, x, k=2),
    "keyword": lambda c, x: c.checkpoint(lambda v, k: v * k, x, k=2, use_reentrant=True),
    "keyword, new way": lambda c, x: c.checkpoint(lambda v, k: v * k * k, x, k=x, use_reentrant=False),
    "contexts": lambda c, x: c.checkpoint(lambda v: v, x, context_fn=_contexts, use_reentrant=True),
    "debug": lambda c, x: c.checkpoint(lambda v: v, x, debug=True, use_reentrant=True),
    "debug and contexts": lambda c, x: c.checkpoint(
        lambda v: v, x, debug=True, context_fn=_contexts, use_reentrant=False
    ),
    "check": lambda c, x: c.checkpoint(lambda v: v, x, determinism_check="all", use_reentrant=False),
    "sequence's keyword": lambda c, x: c.checkpoint_sequential([abs], 1, x, use_reentrant=False, other=3),
    "swallowed": lambda c, x: c.checkpoint(
        lambda v: v / {}, x, context_fn=lambda: (_Swallowing(), _Swallowing()), use_reentrant=False
    ),
    "nested": lambda c, x: _nested(c, x, reentrant=False),
    "changed": lambda c, x: _changed(c, x, reentrant=False),
    "changed, older way": lambda c, x: _changed(c, x, reentrant=True),
    "in place inside": lambda c, x: c.checkpoint(_in_place_inside, x, use_reentrant=True),
    "in place inside, new way": lambda c, x: c.checkpoint(_in_place_inside, x, use_reentrant=False),
    "without states": lambda c, x: c.checkpoint(lambda v: v * v, x, preserve_rng_state=False, use_reentrant=True),
    "segments": lambda c, x: c.checkpoint_sequential(
        [lambda v: v * 2, _in_place_inside, lambda v: v * v], 3, x, use_reentrant=False, preserve_rng_state=False
    ),
    "no segments": lambda c, x: _no_segments(c, x),
}


def _no_segments(c: Any, x: Any) -> Any:
    try:
        return c.checkpoint_sequential([abs], 0, x, use_reentrant=False)
    except ZeroDivisionError:
        return "ZeroDivisionError"


@pytest.mark.parametrize("name", SAME)
def test_options_are_pytorchs(torch: Any, name: str) -> None:
    found, expected = _outcome(flambeau, SAME[name]), _outcome(torch, SAME[name])
    assert found == expected


@pytest.mark.parametrize("reentrant", [True, False])
def test_sequences_with_modules_in_place_are_right_or_refused(reentrant: bool) -> None:
    nn = flambeau.nn
    for segments in (1, 2, 3, 5):
        model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True), nn.Linear(3, 3), nn.ReLU(), nn.Tanh())
        x, other = (flambeau.arange(1.0, 4.0).requires_grad_() for _ in range(2))
        model(other).sum().backward()
        y = flambeau.utils.checkpoint.checkpoint_sequential(model, segments, x, use_reentrant=reentrant)
        try:
            y.sum().backward()
        except RuntimeError as error:
            assert "modified by an inplace operation" in str(error)  # noqa: PT017
            assert segments in (3, 5)
            continue
        assert x.grad is not None
        assert other.grad is not None
        assert flambeau.allclose(x.grad, other.grad)


def test_the_context_of_a_checkpoint_is_not_entered_where_nothing_is_recorded() -> None:
    entered: list[int] = []

    def contexts() -> Any:
        entered.append(1)
        return nullcontext(), nullcontext()

    x = flambeau.ones(2, requires_grad=True)
    with flambeau.no_grad():
        y = flambeau.utils.checkpoint.checkpoint(lambda v: v * 2, x, context_fn=contexts, use_reentrant=False)
    assert not y.requires_grad
    assert not entered


def test_debug_can_be_said_for_a_block() -> None:
    checkpoints = flambeau.utils.checkpoint
    x = flambeau.ones(2, requires_grad=True)
    with checkpoints.set_checkpoint_debug_enabled(True), pytest.raises(ValueError, match="debug=True is incompatible"):
        checkpoints.checkpoint(lambda v: v, x, context_fn=lambda: (nullcontext(), nullcontext()), use_reentrant=False)
    with checkpoints.set_checkpoint_debug_enabled(False):
        y = checkpoints.checkpoint(
            lambda v: v * 2, x, debug=True, context_fn=lambda: (nullcontext(), nullcontext()), use_reentrant=False
        )
    assert y.requires_grad
