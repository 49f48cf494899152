"""Chains of views and programs of in-place operations, drawn at random and run on PyTorch too."""

from __future__ import annotations

import tracemalloc
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import flambeau

_SETTINGS = settings(
    derandomize=True,
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _int(draw: Any, low: int, high: int) -> int:
    return int(draw(st.integers(low, high)))


def _dim(draw: Any, x: Any) -> int:
    return _int(draw, -x.dim(), x.dim() - 1)


def _slice(draw: Any, x: Any) -> tuple[str, tuple[Any, ...]]:
    keys = []
    for size in x.shape:
        start = _int(draw, 0, max(size - 1, 0))
        keys.append(slice(start, _int(draw, start, size), _int(draw, 1, 2)))
    return "__getitem__", (tuple(keys[: _int(draw, 0, len(keys))]),)


def _select(draw: Any, x: Any) -> tuple[str, tuple[Any, ...]]:
    dim = _dim(draw, x)
    return "select", (dim, _int(draw, 0, x.shape[dim] - 1))


def _unfold(draw: Any, x: Any) -> tuple[str, tuple[Any, ...]]:
    dim = _dim(draw, x)
    return "unfold", (dim, _int(draw, 0, x.shape[dim]), _int(draw, 1, 2))


def _as_strided(draw: Any, x: Any) -> tuple[str, tuple[Any, ...]]:
    return "as_strided", ((_int(draw, 0, 2), 2), (_int(draw, 0, 2), 1), _int(draw, 0, 1))


def _expand(draw: Any, x: Any) -> tuple[str, tuple[Any, ...]]:
    return "expand", ((2, *[_int(draw, 1, 2) if size == 1 else -1 for size in x.shape]),)


VIEWS: list[tuple[Any, Any]] = [
    (lambda x: True, _slice),
    (lambda x: x.dim() and 0 not in x.shape, _select),
    (lambda x: x.dim() > 1, lambda draw, x: ("transpose", (_dim(draw, x), _dim(draw, x)))),
    (lambda x: x.dim() < 5, lambda draw, x: ("unsqueeze", (_int(draw, 0, x.dim()),))),
    (lambda x: True, lambda draw, x: ("squeeze", ())),
    (lambda x: x.dim() > 1, lambda draw, x: ("diagonal", (_int(draw, -2, 2), 0, 1))),
    (lambda x: x.dim() < 5, _expand),
    (lambda x: x.dim() and x.dim() < 5, _unfold),
    (lambda x: x.numel() and x.is_contiguous(), lambda draw, x: ("view", (-1,))),
    (lambda x: x.numel() > 5, _as_strided),
    (lambda x: x.dim(), lambda draw, x: ("movedim", (_dim(draw, x), _dim(draw, x)))),
    (lambda x: x.dim() and x.shape[-1] > 1, lambda draw, x: ("narrow", (-1, 1, x.shape[-1] - 1))),
]
"""Which tensors a view can be taken of, and what draws its name and arguments."""


def _steps(draw: Any, x: Any, most: int, *, overlapping: bool = True) -> list[tuple[str, tuple[Any, ...]]]:
    steps = []
    for _ in range(_int(draw, 1, most)):
        ways = [how for possible, how in VIEWS if possible(x) and (overlapping or how not in (_unfold, _as_strided))]
        name, arguments = draw(st.sampled_from(ways))(draw, x)
        steps.append((name, arguments))
        x = getattr(x, name)(*arguments)
    return steps


def _viewed(x: Any, steps: list[tuple[str, tuple[Any, ...]]]) -> Any:
    for name, arguments in steps:
        x = getattr(x, name)(*arguments)
    return x


def _strides(x: Any) -> list[int]:
    """Those that matter: of dimensions of more than one element."""
    return [stride for size, stride in zip(x.shape, x.stride(), strict=True) if size > 1]


@pytest.mark.oracle
@_SETTINGS
@given(st.data())
def test_chains_of_views(data: Any) -> None:
    torch = pytest.importorskip("torch")
    steps = _steps(data.draw, torch.arange(24.0).reshape(2, 3, 4), 4)
    found, expected = [_viewed(t.arange(24.0).reshape(2, 3, 4), steps) for t in (flambeau, torch)]
    assert found.tolist() == expected.tolist()
    if expected.numel():
        assert found.storage_offset() == expected.storage_offset()
        assert _strides(found) == _strides(expected)


@pytest.mark.oracle
@_SETTINGS
@given(st.data())
def test_gradients_through_chains_of_views(data: Any) -> None:
    torch = pytest.importorskip("torch")
    steps = _steps(data.draw, torch.arange(24.0).reshape(2, 3, 4), 4)
    grads = []
    for t in (flambeau, torch):
        x = t.arange(24.0, dtype=t.float64).reshape(2, 3, 4).requires_grad_()
        y = _viewed(x * 1.0, steps)
        (grad,) = t.autograd.grad((y * y * y).sum(), x, create_graph=True)
        second = None
        if grad.requires_grad:
            (second,) = t.autograd.grad((grad * grad).sum(), x, allow_unused=True)
        grads.append((grad.tolist(), [[[0.0] * 4] * 3] * 2 if second is None else second.tolist()))
    assert grads[0] == grads[1]


CHANGES = (("mul_", (2.0,)), ("add_", (1.0,)), ("zero_", ()), ("exp_", ()), ("neg_", ()))


@pytest.mark.oracle
@_SETTINGS
@given(st.data())
def test_programs_of_changes_in_place(data: Any) -> None:
    torch = pytest.importorskip("torch")
    draw = data.draw
    judge = torch.arange(24.0).reshape(2, 3, 4)
    # What a write to elements that overlap does is not said, where strides do not show that they do.
    paths = [_steps(draw, judge, 2, overlapping=False) for _ in range(3)]
    writes = draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(CHANGES)), min_size=1, max_size=4))
    outcomes = []
    for t in (flambeau, torch):
        x = (t.arange(24.0, dtype=t.float64).reshape(2, 3, 4) / 24).requires_grad_()
        base = x * 1.0
        tensors = [base, *[_viewed(base, path) for path in paths]]
        outcome: Any
        try:
            for which, (name, arguments) in writes:
                getattr(tensors[which], name)(*arguments)
            sum((tensor.sum() for tensor in tensors[1:]), base.sum()).backward()
            outcome = [[round(v, 6) for v in tensor.flatten().tolist()] for tensor in (*tensors, x.grad)]
        except RuntimeError as error:
            outcome = str(error).split(",")[0][:60]
        outcomes.append(outcome)
    # What an in-place operation saves of its result is a copy of its own here: a later one cannot spoil it.
    if outcomes[1] != "one of the variables needed for gradient computation has bee":
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.view(-1), lambda x: x.t(), lambda x: x[10:], lambda x: x[:, 3], lambda x: x.expand(5, -1, -1),
        lambda x: x.diagonal(), lambda x: x.unfold(0, 5, 1), lambda x: x.as_strided((9, 9), (3, 1)), lambda x: x.split(7),
        lambda x: x.unbind(), lambda x: x.chunk(4, 1), lambda x: x.tensor_split(3), lambda x: x.detach(),
        lambda x: x.unsqueeze(0),         lambda x: x.movedim(0, 1),
        lambda x: x.flatten(), lambda x: x.narrow(1, 2, 500), lambda x: x.view(flambeau.int32),
        lambda x: x.broadcast_to((3, 1000, 1000)), lambda x: flambeau.meshgrid(x[0], x[1], indexing="ij"),
    ],
)  # fmt: skip
def test_views_take_no_memory(view: Any) -> None:
    x = flambeau.zeros(1000, 1000)
    view(x)
    tracemalloc.start()
    kept = view(x)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    assert used < 2_000_000, f"{used} bytes for a view of {x.nbytes} bytes"


def test_a_tensor_that_became_a_view_of_itself() -> None:
    x = flambeau.arange(6.0).reshape(2, 3).clone()
    row = x[1]
    x.t_()
    assert x.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert not x._is_view()
    x[0, 1] = 7.0
    assert row.tolist() == [7, 4, 5]
    assert x._version == row._version == 2
    leaf = flambeau.ones(2, 3, requires_grad=True)
    with flambeau.no_grad():
        leaf.t_()
    assert leaf.is_leaf
    assert leaf.requires_grad
    (leaf * flambeau.tensor([1.0, 2.0])).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [[1, 2]] * 3
