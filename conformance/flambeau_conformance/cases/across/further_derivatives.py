"""Derivatives of the gradients of losses and of attention, where PyTorch's own are known, and those of operands that are alike."""

from __future__ import annotations

import math
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close

# -- attention -----------------------------------------------------------------------------------------------------------


def _fused(t: Any, *operands: Any, causal: bool = False) -> Any:
    return t.nn.functional.scaled_dot_product_attention(*operands, is_causal=causal)


def _composed(t: Any, query: Any, key: Any, value: Any, causal: bool = False) -> Any:
    scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    if causal:
        scores = scores.masked_fill(t.ones(scores.shape[-2:], dtype=t.bool).triu(1), -inf)
    return t.softmax(scores, -1) @ value


def _leaves(t: Any, kind: Any, *, alike: bool) -> list[Any]:
    """Queries, keys and values, which have the same elements if ``alike``."""
    places = [[math.cos(1.3 * place + (0 if alike else number)) for place in range(12)] for number in range(3)]
    return [t.tensor(each, dtype=kind).reshape(1, 2, 3, 2).requires_grad_() for each in places]


def _expect_near(t: Any, found: Any, expected: Any, relative: float, what: str) -> None:
    expect_equal(str(found.dtype), str(expected.dtype), f"the dtype of {what}")
    expect(bool(((found - expected).abs() <= 10 * relative).all()), f"{what} is {found}, expected {expected}")


def _incoming(t: Any, kind: Any) -> Any:
    return t.linspace(1, 2, 12, dtype=kind).reshape(1, 2, 3, 2)


def _check_alike(subject: Subject, dtype: str) -> None:
    """A sequence that attends to itself: queries, keys and values are the same."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    found, expected = (
        t.autograd.grad(attend(t, *operands), operands, _incoming(t, kind))
        for attend, operands in ((each, _leaves(t, kind, alike=True)) for each in (_fused, _composed))
    )
    for name, one, two in zip(("queries", "keys", "values"), found, expected, strict=True):
        _expect_near(t, one, two, DTYPES[dtype], f"the gradient of {name}")


def _seconds(t: Any, attend: Any, kind: Any, number: int, causal: bool) -> list[Any]:
    """The derivatives of the gradient of one operand, by all of them and by what has come in."""
    operands = _leaves(t, kind, alike=False)
    incoming = _incoming(t, kind).requires_grad_()
    first = t.autograd.grad(attend(t, *operands, causal=causal), operands, incoming, create_graph=True)[number]
    expect(first.requires_grad, "a gradient that a graph was asked for has none")
    sources = [*operands, incoming]
    found = t.autograd.grad(first, sources, _incoming(t, kind) * 2, allow_unused=True)
    return [t.zeros_like(each) if one is None else one for one, each in zip(found, sources, strict=True)]


def _check_seconds(subject: Subject, dtype: str) -> None:
    """Where attention has second derivatives, which PyTorch's does not on the CPU, they are those of what it is made of."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for number, name in enumerate(("queries", "keys", "values")):
        for causal in (False, True):
            try:
                found = _seconds(t, _fused, kind, number, causal)
            except RuntimeError as error:
                expect("is not implemented" in str(error), f"the error is {error}")
                continue
            for one, two in zip(found, _seconds(t, _composed, kind, number, causal), strict=True):
                _expect_near(t, one, two, DTYPES[dtype], f"a derivative of the gradient of {name}, causal: {causal}")


for _dtype in DTYPES:
    case(f"scaled_dot_product_attention/gradient/alike-edges/{_dtype}", dtypes=(_dtype, "bool"))(
        partial(_check_alike, dtype=_dtype)
    )
    case(f"scaled_dot_product_attention/second-gradient/composed/{_dtype}", dtypes=(_dtype, "bool"))(
        partial(_check_seconds, dtype=_dtype)
    )

# -- cross entropy ---------------------------------------------------------------------------------------------------------


def _of_entropy(
    t: Any, dtype: str, scores: list[float], along: list[float], reduction: str
) -> tuple[list[float], list[float]]:
    """From scores of a row whose class is the first to the derivatives of the gradient: by scores, and by the number 2 that comes in."""
    kind = getattr(t, dtype)
    x = t.tensor([scores], dtype=kind, requires_grad=True)
    loss = t.nn.functional.cross_entropy(x, t.tensor([0]), reduction=reduction)
    incoming = t.full_like(loss, 2.0).requires_grad_()
    (first,) = t.autograd.grad(loss, x, incoming, create_graph=True)
    found = t.autograd.grad(first, (x, incoming), t.tensor([along], dtype=kind))
    for each in found:
        expect_equal(str(each.dtype), f"torch.{dtype}", "the dtype of a second derivative")
    return found[0].flatten().tolist(), found[1].flatten().tolist()


def _check_entropy(subject: Subject, dtype: str) -> None:
    """The gradient is the softmax, less 1 for the class, times what comes in."""
    t, relative = subject.torch, DTYPES[dtype]
    share = 1 / (1 + math.e)
    for reduction in ("none", "sum", "mean"):
        of_scores, of_incoming = _of_entropy(t, dtype, [0.0, 1.0], [1.0, 3.0], reduction)
        slope = 2 * 2 * share * (1 - share)
        expect_close(of_scores, [-slope, slope], relative, f"the derivative by scores, {reduction},")
        expect_close(of_incoming, [2 * (1 - share)], relative, f"the derivative by what comes in, {reduction},")


def _check_certain(subject: Subject, dtype: str) -> None:
    """Where a class is as good as certain, its share is 1, and what is left of the other one is not lost."""
    t = subject.torch
    of_scores, _ = _of_entropy(t, dtype, [0.0, -60.0], [1.0, 3.0], "sum")
    expect_close(of_scores[1:], [2 * 2 * math.exp(-60)], DTYPES[dtype], "the derivative by the lower score")
    found = _of_entropy(t, dtype, [0.0, -1000.0], [1.0, inf], "sum")
    expect_close([*found[0], *found[1]], [nan] * 3, 0.0, "the derivative along an infinity where a share is 0")


for _dtype in DTYPES:
    case(f"cross_entropy/second-gradient/shares/{_dtype}", dtypes=(_dtype, "int64"))(
        partial(_check_entropy, dtype=_dtype)
    )
    case(f"cross_entropy/gradient/second-certain-special/{_dtype}", dtypes=(_dtype, "int64"))(
        partial(_check_certain, dtype=_dtype)
    )

# -- connectionist temporal classification -----------------------------------------------------------------------------------


def _aligned(t: Any, kind: Any) -> tuple[Any, Any]:
    """Scores of two steps, and their loss: one label among as many states as there are classes, of which the last is impossible."""
    shares = t.tensor([[[0.5, 0.5, 0.0]], [[0.25, 0.5, 0.25]]], dtype=kind)
    x = shares.log().requires_grad_()
    return x, t.nn.functional.ctc_loss(x, t.tensor([[1]]), [2], [1], reduction="sum")


def _check_impossible(subject: Subject, dtype: str) -> None:
    """Of the paths (1, 1), (0, 1) and (1, 0), which have the shares 0.25, 0.25 and 0.125."""
    t = subject.torch
    x, loss = _aligned(t, getattr(t, dtype))
    (found,) = t.autograd.grad(loss, x)
    expect_equal(str(found.dtype), f"torch.{dtype}", "the dtype of the gradient")
    expected = t.tensor([0.1, -0.1, nan, 0.05, -0.3, 0.25], dtype=x.dtype)
    near = t.allclose(found.flatten(), expected, 10 * DTYPES[dtype], 1e-7, equal_nan=True)
    expect(near, f"the gradient is {found}, expected {expected}")


@case("ctc_loss/second-gradient/refused/float64", dtypes=("float64", "int64"))
def _refused(subject: Subject) -> None:
    t = subject.torch
    x, loss = _aligned(t, t.float64)
    (found,) = t.autograd.grad(loss, x, create_graph=True)
    expect(found.requires_grad, "a gradient that a graph was asked for has none")
    expect_raises(lambda: t.autograd.grad(found.sum(), x), RuntimeError, "is not implemented")


for _dtype in DTYPES:
    case(f"ctc_loss/gradient/impossible-special/{_dtype}", dtypes=(_dtype, "int64"))(
        partial(_check_impossible, dtype=_dtype)
    )

# -- weights of bags -------------------------------------------------------------------------------------------------------


@case("embedding_bag/gradient/weights-of-vectors/-", dtypes=("float16", "bfloat16", "float32", "float64", "int64"))
def _of_weights(subject: Subject) -> None:
    """Bags of a vector, whose weights are used as they are given."""
    t = subject.torch
    for kind in (t.float16, t.bfloat16, t.float32, t.float64):
        table = t.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=kind, requires_grad=True)
        weights = t.tensor([0.5, 2.0, 1.0], dtype=kind, requires_grad=True)
        bags = t.nn.functional.embedding_bag(
            t.tensor([0, 1, 1]), table, t.tensor([0, 2]), mode="sum", per_sample_weights=weights
        )
        found = t.autograd.grad(bags, (table, weights), t.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=kind))
        expected = ([[0.5, 1.0], [5.0, 8.0]], [5.0, 11.0, 25.0])
        for one, two in zip(found, expected, strict=True):
            expect_equal(one.tolist(), two, f"a gradient in {kind}")
            expect_equal(str(one.dtype), str(kind), "its dtype")
