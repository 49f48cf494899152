"""Recurrent layers of one step, where infinities meet, and where sizes do not fit, beside the same by other ops."""

from __future__ import annotations

import math
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...programs import programs, refusals
from ...subject import Subject
from .incoming_gradients import DTYPES
from .incoming_to_layers import RECURRENT, expect_beside, operands_of

# -- strange numbers -------------------------------------------------------------------------------------


def _one_step(
    t: Any, name: str, dtype: Any, count: int = 2, width: int = 2, features: int = 2
) -> tuple[list[Any], list[Any]]:
    """Operands of a layer of one step, and what comes back: after it no state makes everything nan."""
    _, _, gates, states = RECURRENT[name]
    operands, grads = operands_of(t, gates, states, dtype, count, width, biases=True, features=features)
    return [operands[0][:1], *operands[1:]], [grads[0][:1], *grads[1:]]


def _check_step(subject: Subject, name: str, dtype: str) -> None:
    """A strange number in one place of one operand, or of one gradient that comes."""
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), 10 * DTYPES[dtype]
    one, other, _, _ = RECURRENT[name]
    made, came = _one_step(t, name, kind)
    for place in range(len(made) + len(came)):
        for number in (nan, inf, -inf):
            operands, grads = _one_step(t, name, kind)
            [*operands, *grads][place].reshape(-1)[1] = number
            what = f"{number} in place {place}"
            expect_beside(t, one, other, operands, grads, relative, what, loose=name == "gru")


def _check_meeting(subject: Subject, name: str, dtype: str) -> None:
    """An infinite weight of what is 0, and infinite biases of both signs: gates that are nan, not open or closed."""
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), 10 * DTYPES[dtype]
    one, other, _, states = RECURRENT[name]
    for first, second in ((inf, -inf), (-inf, inf)):
        operands, grads = _one_step(t, name, kind)
        b_ih, b_hh = operands[-2:]
        b_ih[0], b_hh[0] = first, second
        expect_beside(t, one, other, operands, grads, relative, f"biases {first} and {second}", loose=name == "gru")
        for place in (0, 1):  # of the input, and of the state
            operands, grads = _one_step(t, name, kind)
            operands[place][..., 1] = 0.0
            operands[1 + states + place][:, 1] = first
            what = f"a weight {first} of zeros in place {place}"
            expect_beside(t, one, other, operands, grads, relative, what, loose=name == "gru")


def _check_overflow(subject: Subject, name: str) -> None:
    """A gradient that is finite, times a weight that is, are more than float32 holds."""
    t = subject.torch
    one, other, _, states = RECURRENT[name]
    operands, grads = _one_step(t, name, t.float32, 1, 1, 1)
    operands[0].fill_(2.0**-70)
    operands[1 + states].zero_()[0] = 2.0**70
    inputs = [each.detach().requires_grad_() for each in operands]
    huge = [each.abs() * 2.0**100 for each in grads]
    (found,) = t.autograd.grad(one(t, *inputs), inputs[0], huge)
    (expected,) = t.autograd.grad(other(t, *inputs), inputs[0], huge)
    expect(math.isinf(expected.item()), f"the gradient beside is {expected!r}, which was to be infinite")
    expect_equal(found.item(), expected.item(), "the gradient of the input")


for _name in RECURRENT:
    for _dtype in DTYPES:
        for _label, _check in (("one-step", _check_step), ("meeting", _check_meeting)):
            case(f"{_name}/incoming/{_label}/{_dtype}", dtypes=(_dtype,))(partial(_check, name=_name, dtype=_dtype))
    case(f"{_name}/incoming/overflow/float32", dtypes=("float32",))(partial(_check_overflow, name=_name))

# -- closed gates, halves and sizes that do not fit ------------------------------------------------------


def _closed(t: Any) -> Any:
    """What a closed gate lets out of a negative cell, and of a positive one."""
    x, h, c = t.zeros(1, 1, 1), t.zeros(1, 1, 2), t.tensor([[[-1.0, 1.0]]])
    biases = t.tensor([-300.0, -300.0, 300.0, 300.0, 0.0, 0.0, -300.0, -300.0])
    output, h, _ = t.lstm(
        x, (h, c), (t.zeros(8, 1), t.zeros(8, 2), biases, t.zeros(8)), True, 1, 0.0, False, False, False
    )
    return output, h


programs("lstm", {"closed-gate": (_closed, [[[[-0.0, 0.0]]], [[[-0.0, 0.0]]]])})


def _check_halves(subject: Subject, name: str) -> None:
    """The gradients are those of float32, rounded here and there."""
    t, found = subject.torch, {}
    one, _, _, _ = RECURRENT[name]
    for dtype in (t.float32, t.float16, t.bfloat16):
        operands, grads = _one_step(t, name, dtype)
        inputs = [each.requires_grad_() for each in operands]
        found[dtype] = t.autograd.grad(one(t, *inputs), inputs, grads)
    for dtype in (t.float16, t.bfloat16):
        for place, (single, half) in enumerate(zip(found[t.float32], found[dtype], strict=True)):
            close = t.allclose(half.float(), single, 0.05, 0.02)
            expect(close, f"gradient {place} is {half} in {dtype}, {single} in float32")


for _name in RECURRENT:
    case(f"{_name}/gradient/halves/-", dtypes=("float32", "float16", "bfloat16"))(partial(_check_halves, name=_name))


def _unfit(t: Any, name: str, place: int) -> Any:
    """A layer whose weight of the input, or of the state, has a column too many."""
    one, _, _, states = RECURRENT[name]
    operands, _ = _one_step(t, name, t.float64)
    weight = operands[1 + states + place]
    operands[1 + states + place] = t.cat([weight, weight[:, :1]], 1)
    return one(t, *operands)


for _name in RECURRENT:
    refusals(_name, {
        f"weights-{_place}": (partial(_unfit, name=_name, place=_place), RuntimeError, "shapes cannot be multiplied")
        for _place in (0, 1)
    }, dtypes=("float64",))  # fmt: skip
