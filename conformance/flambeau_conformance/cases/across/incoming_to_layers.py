"""Recurrent layers, convolutions and norms of batches with strange numbers in each operand, beside the same by other ops."""

from __future__ import annotations

import cmath
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
    listed: list[Any] = [math.cos(1.3 * place + number) for place in range(math.prod(shape))]
    if dtype is t.complex128:
        listed = [complex(each, 0.5 - each) for each in listed]
    return t.tensor(listed, dtype=dtype).reshape(*shape)


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


def expect_beside(
    t: Any, one: Layer, other: Layer, operands: Sequence[Any], grads: Sequence[Any], relative: float, what: str,
    least: float = 1e-2, loose: bool = False,
) -> None:  # fmt: skip
    """Check that two ways agree; less than ``least`` is as little, and if ``loose``, an infinity may be nan."""
    pairs = zip(_run(t, one, operands, grads), _run(t, other, operands, grads), strict=True)
    for number, (found, expected) in enumerate(pairs):
        expect_equal(tuple(found.shape), tuple(expected.shape), f"the shape of result {number}")
        numbers = expected.flatten().tolist()
        for first, second in zip(found.flatten().tolist(), numbers, strict=True):
            close = (
                abs(first - second) <= relative * max(abs(second), least)
                if cmath.isfinite(second)
                else first == second or (first != first and second != second) or (loose and not cmath.isfinite(first))
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


RECURRENT: dict[str, tuple[Layer, Layer, int, int]] = {
    "lstm": (_lstm, _plain_lstm, 4, 2),
    "gru": (_gru, _plain_gru, 3, 1),
    "rnn_tanh": (partial(_rnn, relu=False), partial(_plain_rnn, relu=False), 1, 1),
    "rnn_relu": (partial(_rnn, relu=True), partial(_plain_rnn, relu=True), 1, 1),
}
"""The layer, the same by other ops, the number of gates and of states."""


def operands_of(
    t: Any, gates: int, states: int, dtype: Any, samples: int, width: int, *, biases: bool, features: int = 2
) -> tuple[list[Any], list[Any]]:
    """Operands of a layer of two steps, and what comes back."""
    shapes = [
        (2, samples, features),
        *[(samples, width)] * states,
        (gates * width, features),
        (gates * width, width),
        *[(gates * width,)] * (2 * biases),
    ]
    backs = [(2, samples, width), *[(1, samples, width)] * states]
    made = [_line(t, shape, number, dtype) for number, shape in enumerate((*shapes, *backs))]
    return made[: len(shapes)], made[len(shapes) :]


def _check_recurrent(subject: Subject, name: str, dtype: str) -> None:
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), 10 * DTYPES[dtype]
    one, other, gates, states = RECURRENT[name]
    turn = partial(_turned, t) if dtype == "float32" else lambda tensor: tensor

    def check(operands: list[Any], grads: list[Any], what: str) -> None:
        operands, grads = [*map(turn, operands)], [*map(turn, grads)]
        expect_beside(t, one, other, operands, grads, relative, what, loose=name == "gru")

    for place in range(1 + states + 1 + states):  # the operands and gradients with samples
        operands, grads = operands_of(t, gates, states, kind, len(_NUMBERS), 2, biases=place % 2 == 0)
        chosen = [*operands[: 1 + states], *grads][place]
        chosen[..., 1] = t.tensor(_NUMBERS, dtype=kind)
        check(operands, grads, f"strange numbers in place {place}")
    operands, grads = operands_of(t, gates, states, kind, 2, 2, biases=True)
    expect_beside(t, one, other, operands, [each * 2.0**-20 for each in grads], relative, "tiny gradients", 2.0**-27)
    for place in range(5 + states):
        for number in (nan, inf, -inf):  # alone
            operands, grads = operands_of(t, gates, states, kind, 2, 2, biases=True)
            operands[place][..., 1] = number
            check(operands, grads, f"{number} in place {place}")


def _check_many(subject: Subject, name: str) -> None:
    """Many samples, all alike."""
    t, (one, other, gates, states) = subject.torch, RECURRENT[name]
    operands, grads = operands_of(
        t, gates, states, t.float32, 1, 14 if gates > 1 else 21, biases=True, features=21 if name == "gru" else 2
    )
    count = 1 + states
    many = [[each.repeat(*[1] * (each.dim() - 2), 501, 1) for each in some] for some in (operands[:count], grads)]
    found = _run(t, one, [*many[0], *operands[count:]], many[1])
    expect_equal(
        tuple(found[count].stride()), tuple(many[0][0].stride()), "the strides of the gradient of what goes in"
    )
    expected = _run(t, other, operands, grads)
    for number, (first, second) in enumerate(zip(found, expected, strict=True)):
        if number >= 2 * count:  # gradients of weights are sums over all samples
            second = second * 501
        expect(
            bool(((first - second).abs() <= 1e-4 * max(second.abs().max().item(), 1.0)).all()),
            f"result {number} is another",
        )


for _name in RECURRENT:
    for _dtype in DTYPES:
        case(f"{_name}/incoming/operands/{_dtype}", dtypes=(_dtype,))(
            partial(_check_recurrent, name=_name, dtype=_dtype)
        )
    case(f"{_name}/incoming/many/float32", dtypes=("float32",))(partial(_check_many, name=_name))


# -- channels --------------------------------------------------------------------------------------------


def _convolved(t: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    return (t.conv1d(x, weight, bias, groups=len(weight)),)


def _plain_convolved(_: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    return (x[..., :-1] * weight[:, 0, :1] + x[..., 1:] * weight[:, 0, 1:] + bias[:, None],)


def _normed(t: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    return (t.nn.functional.batch_norm(x, None, None, weight, bias, True),)


def _plain_normed(t: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    apart = x - x.mean((0, 2), True)
    return (apart / t.sqrt((apart * apart).mean((0, 2), True) + 1e-5) * weight[:, None] + bias[:, None],)


def _statistics(t: Any) -> tuple[Any, Any]:
    return t.cos(t.arange(16.0))[::2], t.arange(8.0) + 0.5


def _fixed(t: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    mean, variance = (each.to(x.dtype) for each in _statistics(t))
    return (t.nn.functional.batch_norm(x, mean, variance, weight, bias, False),)


def _plain_fixed(t: Any, x: Any, weight: Any, bias: Any) -> Sequence[Any]:
    mean, variance = (each.to(x.dtype)[:, None] for each in _statistics(t))
    return ((x - mean) / t.sqrt(variance + 1e-5) * weight[:, None] + bias[:, None],)


_BY_CHANNEL: dict[str, tuple[Layer, Layer, tuple[int, ...], int]] = {
    "conv1d": (_convolved, _plain_convolved, (8, 1, 2), 3),
    "batch_norm": (_normed, _plain_normed, (8,), 4),
    "batch_norm_fixed": (_fixed, _plain_fixed, (8,), 4),
}
"""The layer, the same by other ops, the shape of the weight and the length of what it gives for four numbers."""


def _strange(t: Any, tensor: Any, place: int, numbers: Sequence[float]) -> None:
    """Put a strange number into every channel of an operand: of images into all of them."""
    if place in (1, 2):
        tensor.reshape(8, -1)[:, 0] = t.tensor(numbers, dtype=tensor.dtype)
    else:
        tensor[..., 1] = t.tensor(numbers, dtype=tensor.dtype)  # (images, channels)


def _check_channels(subject: Subject, name: str, dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    one, other, shape, length = _BY_CHANNEL[name]
    relative = DTYPES.get(dtype, 1e-10) * (10 if name == "conv1d" else 100)
    shapes = ((3, 8, 4), shape, (8,), (3, 8, length))
    for turned in (False, True):
        for place in range(4 if dtype in DTYPES else 0):
            made = [_line(t, each, number, kind) for number, each in enumerate(shapes)]
            # Beyond the ends of a gradient a library may multiply zeros by the weights.
            ends = name == "conv1d" and place == 1
            _strange(
                t, made[place], place, [number if math.isfinite(number) or not ends else 3.0 for number in _NUMBERS]
            )
            given = [_turned(t, each) if turned else each for each in made]
            expect_beside(
                t,
                one,
                other,
                given[:3],
                given[3:],
                relative,
                f"strange numbers in place {place}, turned: {turned}",
                loose=place == 1,
            )
    made = [_line(t, each, number, kind) for number, each in enumerate(shapes)]
    expect_beside(t, one, other, made[:3], [made[3] * 2.0**-20], relative, "tiny gradients", 2.0**-27)
    of_x, of_weight, _ = _run(t, one, made[:3], made[3:])[1:]
    strides = tuple(tuple(each.stride()) for each in (of_x, of_weight))
    expect_equal(strides, tuple(tuple(each.stride()) for each in made[:2]), "the strides")


for _name in _BY_CHANNEL:
    for _dtype in (*DTYPES, "complex128") if _name == "conv1d" else DTYPES:
        case(f"{_name.removesuffix('_fixed')}/incoming/{_name.split('_')[-1]}/{_dtype}", dtypes=(_dtype,))(
            partial(_check_channels, name=_name, dtype=_dtype)
        )


@case("conv1d/incoming/many/float32", dtypes=("float32",))
def _many_images(subject: Subject) -> None:
    """Many samples, all alike."""
    t = subject.torch
    x, weight = t.full((501, 1, 3), 1.5).requires_grad_(), t.tensor([[[1.0, -3.0]]]).requires_grad_()
    y = t.conv1d(x, weight)
    of_x, of_weight = t.autograd.grad(y, (x, weight), t.full_like(y, 2.0))
    expect_equal({*y.flatten().tolist()}, {-3.0}, "the results")
    expect_equal(of_x.tolist(), [[[2.0, -4.0, -6.0]]] * 501, "the gradients of samples")
    expect_equal(of_weight.tolist(), [[[3006.0, 3006.0]]], "the gradient of the weight")
