"""Checkpoints: the gradients of the same program without them, how often the function runs, what is kept, errors."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import flambeau
from flambeau.utils.checkpoint import (
    CheckpointError,
    checkpoint,
    checkpoint_sequential,
    noop_context_fn,
    set_checkpoint_early_stop,
)


@pytest.fixture
def leaves() -> tuple[flambeau.Tensor, flambeau.Tensor]:
    x = flambeau.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
    w = flambeau.linspace(0, 1, 9).reshape(3, 3).requires_grad_()
    return x, w


def _gradients(value: flambeau.Tensor, leaves: Any) -> list[list[float]]:
    """First and second derivatives."""
    first = flambeau.autograd.grad(value.sum(), leaves, create_graph=True)
    second = flambeau.autograd.grad(sum((g * g).sum() for g in first if g is not None), leaves)  # type: ignore[arg-type]
    return [g.flatten().tolist() for g in (*first, *second) if g is not None]


def test_gradients_are_the_same(leaves: Any) -> None:
    x, w = leaves

    def part(a: flambeau.Tensor, scale: float = 1.0) -> flambeau.Tensor:
        return (a @ w * flambeau.rand(2, 3) * scale).tanh().exp()

    flambeau.manual_seed(0)
    plain = _gradients(part(x, 2.0), leaves)
    flambeau.manual_seed(0)
    after = checkpoint(part, x, scale=2.0, use_reentrant=False)
    state = flambeau.get_rng_state()
    found = _gradients(after, leaves)
    assert found == [pytest.approx(each, rel=1e-6) for each in plain]
    assert bool((flambeau.get_rng_state() == state).all()), "the second run leaves the generator as it was"


def test_the_function_runs_once_more_per_pass(leaves: Any) -> None:
    calls: list[int] = []

    def part(a: flambeau.Tensor) -> flambeau.Tensor:
        calls.append(1)
        return (a * a).exp().sin()

    value = checkpoint(part, leaves[0], use_reentrant=False).sum()
    value.backward(retain_graph=True)
    assert len(calls) == 2
    value.backward()
    assert len(calls) == 3


def test_nothing_in_between_is_kept(leaves: Any) -> None:
    kept: list[weakref.ref[Any]] = []

    def part(a: flambeau.Tensor) -> flambeau.Tensor:
        middle = a.exp()
        kept.append(weakref.ref(middle._array))
        return middle * middle

    value = checkpoint(part, leaves[0], use_reentrant=False)
    gc.collect()
    assert kept[0]() is None
    value.sum().backward()
    gc.collect()
    assert kept[1]() is None


def test_nested(leaves: Any) -> None:
    x, _ = leaves

    def inner(a: flambeau.Tensor) -> flambeau.Tensor:
        return (a * a).sin()

    def outer(a: flambeau.Tensor) -> flambeau.Tensor:
        return checkpoint(inner, a.exp(), use_reentrant=False).exp() * a  # type: ignore[no-any-return]

    expected = _gradients(inner(x.exp()).exp() * x, (x,))
    assert _gradients(checkpoint(outer, x, use_reentrant=False), (x,)) == [pytest.approx(e, rel=1e-5) for e in expected]


def test_what_differs_the_second_time_is_an_error(leaves: Any) -> None:
    runs: list[int] = []

    def fewer(a: flambeau.Tensor) -> flambeau.Tensor:
        runs.append(1)
        return (a * a).exp() if len(runs) == 1 else a * a

    with pytest.raises(CheckpointError, match="A different number of tensors was saved"):
        checkpoint(fewer, leaves[0], use_reentrant=False).sum().backward()
    runs.clear()

    def smaller(a: flambeau.Tensor) -> flambeau.Tensor:
        runs.append(1)
        return (a if len(runs) == 1 else a[0]).exp().sum()

    with pytest.raises(CheckpointError, match="tensor at position 0"):
        checkpoint(smaller, leaves[0], use_reentrant=False).backward()
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(smaller, leaves[0], use_reentrant=False, determinism_check="always")


def test_running_stops_early(leaves: Any) -> None:
    reached: list[int] = []

    def part(a: flambeau.Tensor) -> flambeau.Tensor:
        value = a.exp()
        reached.append(1)
        return value + 1

    checkpoint(part, leaves[0], use_reentrant=False).sum().backward()
    assert len(reached) == 1
    with set_checkpoint_early_stop(False):
        value = checkpoint(part, leaves[0], use_reentrant=False)
    value.sum().backward()
    assert len(reached) == 3


def test_an_error_in_the_second_run_leaves_a_usable_state(leaves: Any) -> None:
    runs: list[int] = []

    def part(a: flambeau.Tensor) -> flambeau.Tensor:
        runs.append(1)
        if len(runs) == 2:
            raise KeyError("second")
        return (a * a).exp()

    value = checkpoint(part, leaves[0], use_reentrant=False).sum()
    with pytest.raises(KeyError, match="second"):
        value.backward(retain_graph=True)
    value.backward()
    assert leaves[0].grad is not None
    assert flambeau.is_grad_enabled()


def test_contexts_and_sequences(leaves: Any) -> None:
    entered: list[str] = []

    class Noted:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            entered.append(self.name)

        def __exit__(self, *_: object) -> None:
            pass

    checkpoint(
        flambeau.exp, leaves[0], use_reentrant=False, context_fn=lambda: (Noted("first"), Noted("second"))
    ).sum().backward()
    assert entered == ["first", "second"]
    assert len(noop_context_fn()) == 2
    model = flambeau.nn.Sequential(flambeau.nn.Tanh(), flambeau.nn.Sigmoid(), flambeau.nn.Tanh())
    x = leaves[0]
    plain = _gradients(model(x), (x,))
    for segments in (1, 2, 3):
        value = checkpoint_sequential(model, segments, x, use_reentrant=False)
        assert _gradients(value, (x,)) == [pytest.approx(each, rel=1e-6) for each in plain]
    with flambeau.no_grad():
        assert not checkpoint(flambeau.exp, x, use_reentrant=False).requires_grad


def test_more_saved_tensors_than_first_are_named() -> None:
    calls = []

    def function(x: flambeau.Tensor) -> flambeau.Tensor:
        calls.append(x)
        return x.exp().sin() if len(calls) > 1 else x.exp()

    y = checkpoint(function, flambeau.ones(2, requires_grad=True), use_reentrant=False, early_stop=False)
    with pytest.raises(CheckpointError, match="trying to save more tensors during recomputation"):
        y.sum().backward()
