"""Recurrent layers, convolutions and norms of batches with strange numbers in each operand, beside the same by other ops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from math import inf, nan
from typing import Any, TypeAlias

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES

Layer: TypeAlias = Callable[..., Sequence[Any]]
"""From the module on trial and operands to results."""

_NUMBERS = (nan, inf, -inf, 2.0**15, -30.0, 1.0, 2.0**-12, 0.0)
"""Each goes to a sample, or a channel, of its own."""


def _line(t: Any, shape: Sequence[int], number: int, dtype: Any) -> Any:
    """Numbers that differ."""
    return t.tensor([math.cos(1.3 * place + number) for place in range(math.prod(shape))], dtype=dtype).reshape(*shape)


def _turned(t: Any, tensor: Any) -> Any:
    """The same, with its dims in the opposite order in memory."""
    dims = tuple(reversed(range(tensor.dim())))
    return tensor.permute(dims).clone(memory_format=t.contiguous_format).permute(dims)


def _run(t: Any, layer: Layer, operands: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
    """The results of a layer and, from a second backward pass, the gradients of its operands; nothing given changes."""
    given = [*operands, *grads]
    before = repr([each.tolist() for each in given])
    inputs = [each.detach().requires_grad_() for each in operands]
    results = layer(t, *inputs)
    t.autograd.grad(results, inputs, grads, retain_graph=True)
    found = t.autograd.grad(results, inputs, grads)
    expect_equal(repr([each.tolist() for each in given]), before, "what was given, afterwards,")
    return [*results, *found]


def _check_beside(
    t: Any, one: Layer, other: Layer, operands: Sequence[Any], grads: Sequence[Any], relative: float, what: str,
    least: float = 1e-2,
) -> None:  # fmt: skip
    """Check that two ways agree; where one is not finite the other is not, and less than ``least`` is as little."""
    pairs = zip(_run(t, one, operands, grads), _run(t, other, operands, grads), strict=True)
    for number, (found, expected) in enumerate(pairs):
        expect_equal(tuple(found.shape), tuple(expected.shape), f"the shape of result {number}")
        numbers = expected.flatten().tolist()
        for first, second in zip(found.flatten().tolist(), numbers, strict=True):
            close = (
                abs(first - second) <= relative * max(abs(second), least)
                if math.isfinite(second)
                else not math.isfinite(first)
            )
            expect(close, f"result {number} with {what} has {first!r}, expected {second!r}")


# -- recurrent layers ------------------------------------------------------------------------------------


def _lstm(t: Any, x: Any, h: Any, c: Any, *weights: Any) -> Sequence[Any]:
    output, h, c = t.lstm(x, (h[None], c[None]), weights, len(weights) == 4, 1, 0.0, False, False, False)
    return output, h, c


def _plain_lstm(t: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, *biases: Any) -> Sequence[Any]:
    outputs = []
    for step in x:
        gates = sum(biases, step @ w_ih.t() + h @ w_hh.t())
        i, f, g, o = gates.chunk(4, 1)
        c = t.sigmoid(f) * c + t.sigmoid(i) * t.tanh(g)
        h = t.sigmoid(o) * t.tanh(c)
        outputs.append(h)
    return t.stack(outputs), h[None], c[None]


def _gru(t: Any, x: Any, h: Any, *weights: Any) -> Sequence[Any]:
    output, h = t.gru(x, h[None], weights, len(weights) == 4, 1, 0.0, False, False, False)
    return output, h


def _plain_gru(t: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, *biases: Any) -> Sequence[Any]:
    outputs = []
    for step in x:
        one, two = step @ w_ih.t(), h @ w_hh.t()
        if biases:
            one, two = one + biases[0], two + biases[1]
        (r, z, n), (of_r, of_z, of_n) = one.chunk(3, 1), two.chunk(3, 1)
        gate = t.sigmoid(z + of_z)
        new = t.tanh(n + t.sigmoid(r + of_r) * of_n)
        h = (1 - gate) * new + gate * h
        outputs.append(h)
    return t.stack(outputs), h[None]


def _rnn(t: Any, x: Any, h: Any, *weights: Any, relu: bool) -> Sequence[Any]:
    function = t.rnn_relu if relu else t.rnn_tanh
    output, h = function(x, h[None], weights, len(weights) == 4, 1, 0.0, False, False, False)
    return output, h


def _plain_rnn(t: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, *biases: Any, relu: bool) -> Sequence[Any]:
    outputs = []
    for step in x:
        gates = sum(biases, step @ w_ih.t() + h @ w_hh.t())
        h = t.relu(gates) if relu else t.tanh(gates)
        outputs.append(h)
    return t.stack(outputs), h[None]


_RECURRENT: dict[str, tuple[Layer, Layer, int, int]] = {
    "lstm": (_lstm, _plain_lstm, 4, 2),
    "gru": (_gru, _plain_gru, 3, 1),
    "rnn_tanh": (partial(_rnn, relu=False), partial(_plain_rnn, relu=False), 1, 1),
    "rnn_relu": (partial(_rnn, relu=True), partial(_plain_rnn, relu=True), 1, 1),
}
"""The layer, the same by other ops, the number of gates and of states."""


def _operands(
    t: Any, gates: int, states: int, dtype: Any, samples: int, width: int, *, biases: bool
) -> tuple[list[Any], list[Any]]:
    """Operands of a layer of two steps, and what comes back."""
    shapes = [
        (2, samples, 2),
        *[(samples, width)] * states,
        (gates * width, 2),
        (gates * width, width),
        *[(gates * width,)] * (2 * biases),
    ]
    backs = [(2, samples, width), *[(1, samples, width)] * states]
    made = [_line(t, shape, number, dtype) for number, shape in enumerate((*shapes, *backs))]
    return made[: len(shapes)], made[len(shapes) :]


def _check_recurrent(subject: Subject, name: str, dtype: str) -> None:
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), 10 * DTYPES[dtype]
    one, other, gates, states = _RECURRENT[name]
    turn = partial(_turned, t) if dtype == "float32" else lambda tensor: tensor
    for place in range(1 + states + 1 + states):  # the operands and gradients with samples
        operands, grads = _operands(t, gates, states, kind, len(_NUMBERS), 2, biases=place % 2 == 0)
        chosen = [*operands[: 1 + states], *grads][place]
        chosen[..., 1] = t.tensor(_NUMBERS, dtype=kind)
        _check_beside(
            t, one, other, [*map(turn, operands)], [*map(turn, grads)], relative, f"strange numbers in place {place}"
        )
    operands, grads = _operands(t, gates, states, kind, 2, 2, biases=True)
    _check_beside(t, one, other, operands, [each * 2.0**-20 for each in grads], relative, "tiny gradients", 2.0**-27)
    for place in range(1 + states, 5 + states):  # the weights
        for number in (nan, inf, -inf):
            operands, grads = _operands(t, gates, states, kind, 2, 2, biases=True)
            operands[place][1] = number
            _check_beside(
                t, one, other, [*map(turn, operands)], [*map(turn, grads)], relative, f"{number} in place {place}"
            )


def _check_many(subject: Subject, name: str) -> None:
    """Many samples, all alike."""
    t, (one, other, gates, states) = subject.torch, _RECURRENT[name]
    operands, grads = _operands(t, gates, states, t.float32, 1, 14 if gates > 1 else 21, biases=True)
    count = 1 + states
    many = [[each.repeat(*[1] * (each.dim() - 2), 501, 1) for each in some] for some in (operands[:count], grads)]
    found = _run(t, one, [*many[0], *operands[count:]], many[1])
    expected = _run(t, other, operands, grads)
    for number, (first, second) in enumerate(zip(found, expected, strict=True)):
        if number >= 2 * count:  # gradients of weights are sums over all samples
            second = second * 501
        expect(
            bool(((first - second).abs() <= 1e-4 * max(float(second.abs().max()), 1.0)).all()),
            f"result {number} is another",
        )


for _name in _RECURRENT:
    for _dtype in DTYPES:
        case(f"{_name}/incoming/operands/{_dtype}", dtypes=(_dtype,))(
            partial(_check_recurrent, name=_name, dtype=_dtype)
        )
    case(f"{_name}/incoming/many/float32", dtypes=("float32",))(partial(_check_many, name=_name))
