"""Attention with strange numbers in each of its operands, in its mask and in what comes back, beside the same by other ops."""

from __future__ import annotations

import math
from functools import partial
from math import inf, nan
from operator import mul
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES

_NUMBERS = (nan, inf, -inf, 0.0, 1.0, 0.5, 2.0**15, -30.0, 2.0**-12)
_NAMES = ("query", "key", "value", "mask", "grad")


def _operands(t: Any, dtype: Any) -> list[Any]:
    """Query, key, value, mask and what comes back, (2, 2, rows, columns); the mask's last two dims lie the other way."""
    made = []
    for number, shape in enumerate(((2, 2, 3, 2), (2, 2, 4, 2), (2, 2, 4, 2), (2, 2, 4, 3), (2, 2, 3, 2))):
        line = [math.cos(1.3 * place + number) * 1.5 for place in range(math.prod(shape))]
        made.append(t.tensor(line, dtype=dtype).reshape(shape))
    made[3] = made[3].transpose(-2, -1)
    return made


def _composed(t: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
    return t.softmax(query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5 + mask, -1) @ value


def _fused(t: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
    return t.nn.functional.scaled_dot_product_attention(query, key, value, mask)


def _results(t: Any, call: Any, operands: list[Any]) -> list[list[float]]:
    """The values and, from a second backward pass, the three gradients; nothing that was given changes."""
    before = [each.tolist() for each in operands]
    *inputs, mask, grad = (each.detach() for each in operands)
    for each in inputs:
        each.requires_grad_()
    values = call(t, *inputs, mask)
    for each in t.autograd.grad(values, inputs, grad, retain_graph=True):
        each.fill_(5.0)
    found = t.autograd.grad(values, inputs, grad)
    expect_equal(repr([each.tolist() for each in operands]), repr(before), "what was given, afterwards,")
    return [each.flatten().tolist() for each in (values, *found)]


def _check_operand(subject: Subject, name: str, dtype: str) -> None:
    t, place = subject.torch, _NAMES.index(name)
    for number in _NUMBERS:
        operands = _operands(t, getattr(t, dtype))
        operands[place][0, 1, 1, 1] = number
        if name in ("value", "grad") and number == _NUMBERS[-1]:
            operands[place] *= number  # tiny throughout
        pairs = zip(_results(t, _fused, operands), _results(t, _composed, operands), strict=True)
        for what, (found, expected) in zip(
            ("values", "gradients of queries", "of keys", "of values"), pairs, strict=True
        ):
            unordered = name == "grad" and math.isinf(number) and what[-6:] != "values"  # infinities may meet or not
            most = (100 if abs(number) > 1e4 else 1) * max(
                (abs(each) for each in expected if math.isfinite(each)), default=0.0
            )
            for one, two in zip(found, expected, strict=True):
                same = one != one if two != two else one == two or abs(one - two) <= DTYPES[dtype] * most
                same = same or (unordered and not math.isfinite(one) and not math.isfinite(two))
                expect(same, f"with {number} in the {name}, one of the {what} is {one!r}, expected {two!r}")


for _name in _NAMES:
    for _dtype in DTYPES:
        case(f"scaled_dot_product_attention/incoming/{_name}/{_dtype}", dtypes=(_dtype,))(
            partial(_check_operand, name=_name, dtype=_dtype)
        )


@case("scaled_dot_product_attention/incoming/many-heads/float32", dtypes=("float32",))
def _many_heads(subject: Subject) -> None:
    """Many heads that look at all alike."""
    t = subject.torch
    query, key, value = (t.full((1, 501, 4, 11), number).requires_grad_() for number in (0.5, -1.0, 1.5))
    values = t.nn.functional.scaled_dot_product_attention(query, key, value)
    found = (values, *t.autograd.grad(values, (query, key, value), t.full_like(values, 2.0)))
    for name, each, expected in zip(("values", "queries", "keys", "values'"), found, (1.5, 0.0, 0.0, 2.0), strict=True):
        lowest, highest = each.min().item(), each.max().item()
        expect(expected - 1e-5 <= lowest <= highest <= expected + 1e-5, f"the {name} are from {lowest} to {highest}")


@case("scaled_dot_product_attention/incoming/blind-row/float32", dtypes=("float32",))
def _blind_row(subject: Subject) -> None:
    """A query that looks at no key gets zeros, and nothing goes back through it."""
    t = subject.torch
    query, key, value, mask, grad = _operands(t, t.float32)
    mask[:, :, 1] = -inf
    for each in (query, key, value):
        each.requires_grad_()
    values = _fused(t, query, key, value, mask)
    found = t.autograd.grad(values, (query, key, value), grad)
    expect_equal(
        {*map(abs, (*values[:, :, 1].flatten().tolist(), *found[0][:, :, 1].flatten().tolist()))}, {0.0}, "the row"
    )
    rest = [each.detach()[:, :, [0, 2]] for each in (query, mask, grad)]
    others = [rest[0].requires_grad_(), key, value]
    expected = t.autograd.grad(_fused(t, rest[0], key, value, rest[1]), others, rest[2])
    for one, two in zip(found[1:], expected[1:], strict=True):
        expect(
            bool(((one - two).abs() < 1e-5).all()), "what goes back to keys and values is another than without the row"
        )


@case("scaled_dot_product_attention/value/of-itself/-", dtypes=("float32", "float64"))
def _of_itself(subject: Subject) -> None:
    """Rows that look at themselves, beside the sums in plain Python."""
    t = subject.torch
    rows = [[1.0, 0.25], [-0.75, 0.5], [0.0, -1.5]]
    expected = []
    for one in rows:
        shares = [math.exp(sum(map(mul, one, other)) / math.sqrt(2)) for other in rows]
        expected += [sum(map(mul, shares, column)) / sum(shares) for column in zip(*rows, strict=True)]
    for dtype in (t.float32, t.float64):
        x = t.tensor([[rows, rows]], dtype=dtype)  # four dims, which are fused
        found = t.nn.functional.scaled_dot_product_attention(x, x, x).flatten().tolist()
        for one, two in zip(found, expected * 2, strict=True):
            expect(math.isclose(one, two, rel_tol=1e-5), f"{one} in {dtype}, expected {two}")


@case("scaled_dot_product_attention/incoming/blind-infinite/-", dtypes=("float32", "float64"))
def _blind_infinite(subject: Subject) -> None:
    """An infinite query that looks at no key: to the keys comes 0 times it, which is nan."""
    t = subject.torch
    for dtype in (t.float32, t.float64):
        numbers = ([[[[inf], [1.0]]]], [[[[-1.0], [-2.0]]]], [[[[1.0], [2.0]]]])
        query, key, value = (t.tensor(each, dtype=dtype, requires_grad=True) for each in numbers)
        mask = t.tensor([[[[-inf, -inf], [0.0, 0.0]]]], dtype=dtype)
        found = t.autograd.grad(_fused(t, query, key, value, mask).sum(), (query, key, value))
        expect_equal(repr(found[1].flatten().tolist()), "[nan, nan]", f"what comes to the keys in {dtype}")
        expect_equal(found[0][0, 0, 0].tolist(), [0.0], f"what comes to the query in {dtype}")
