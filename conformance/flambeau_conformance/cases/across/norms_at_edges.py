"""Norms of strange channels and rows: running statistics, deviations that are infinite or nan, and gradients in halves."""

from __future__ import annotations

from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect
from ...declare import case
from ...programs import program
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close

# -- batches ---------------------------------------------------------------------------------------------

_CHANNELS = ((1.0, 2.0), (nan, 2.0), (inf, 2.0), (1.0, -inf), (inf, -inf))
"""Of two samples."""


def _check_running(subject: Subject, dtype: str) -> None:
    """Running statistics take what is strange in, whatever the normal form is."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for places in ((), (3,), (40,)):
        x = t.tensor(_CHANNELS, dtype=kind).t().reshape(2, 5, *[1] * len(places)).expand(2, 5, *places).contiguous()
        mean, variance = t.full((5,), 0.5, dtype=kind), t.full((5,), 0.25, dtype=kind)
        t.nn.functional.batch_norm(x, mean, variance, training=True, momentum=0.5)
        expect_close(mean.tolist(), [1.0, nan, inf, -inf, nan], DTYPES[dtype], f"the mean of {places}")
        count = x.numel() // 5
        expected = [0.125 + 0.125 * count / (count - 1), *[nan] * 4]
        expect_close(variance.tolist(), expected, DTYPES[dtype], f"the variance of {places}")


def _check_slopes(subject: Subject, dtype: str) -> None:
    """Statistics that equal weights and biases, and, where they are given, infinite elements."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    x = t.tensor([[0.0, 1.0], [2.0, 5.0]], dtype=kind, requires_grad=True)  # of means 1 and 3, deviations 1 and 2
    weight, bias = (t.tensor([1.0, 3.0], dtype=kind, requires_grad=True) for _ in range(2))
    grad = t.tensor([[1.0, -2.0], [3.0, 0.5]], dtype=kind)
    y = t.nn.functional.batch_norm(x, None, None, weight, bias, True, 0.1, 1e-12)
    of_x, of_weight, of_bias = t.autograd.grad(y, (x, weight, bias), grad)
    expect(bool((of_x.abs() < 1e-5).all()), f"the gradient of the input is {of_x}, expected zeros")  # of two samples
    expect_close(of_weight.tolist(), [2.0, 2.5], DTYPES[dtype], "the gradient of the weight")
    expect_close(of_bias.tolist(), [4.0, -1.5], DTYPES[dtype], "the gradient of the bias")
    x = t.tensor([[inf, -inf, nan], [1.0, 1.0, 1.0]], dtype=kind)
    mean, variance = (t.tensor([number] * 3, dtype=kind) for number in (0.5, 0.25))
    weight = t.ones(3, dtype=kind, requires_grad=True)
    y = t.nn.functional.batch_norm(x, mean, variance, weight, None, False)
    (of_weight,) = t.autograd.grad(y, weight, t.ones_like(x))
    expect_close(of_weight.tolist(), [inf, -inf, nan], DTYPES[dtype], "the gradient of the weight of given statistics")


def _check_halves(subject: Subject, layer: Any) -> None:
    """The gradients are those of float32, rounded here and there."""
    t, found = subject.torch, {}
    for dtype in (t.float32, t.float16, t.bfloat16):
        x = t.tensor([[1.0, -0.5], [2.0, 0.25], [-1.5, 3.0], [0.5, 1.0]], dtype=dtype, requires_grad=True)
        weight, bias = (t.tensor(each, dtype=dtype, requires_grad=True) for each in ([1.5, -2.0], [0.5, 0.25]))
        grad = t.tensor([[1.0, -2.0], [0.5, 4.0], [3.0, 1.0], [-1.0, 0.0]], dtype=dtype)
        found[dtype] = t.autograd.grad(layer(t.nn.functional, x, weight, bias), (x, weight, bias), grad)
    for dtype in (t.float16, t.bfloat16):
        for name, single, half in zip(("input", "weight", "bias"), found[t.float32], found[dtype], strict=True):
            expect(t.allclose(half.float(), single, 0.05, 0.05), f"of {name}: {half} in {dtype}, {single} in float32")


for _dtype in DTYPES:
    case(f"batch_norm/edges/running/{_dtype}", dtypes=(_dtype,))(partial(_check_running, dtype=_dtype))
    case(f"batch_norm/edges/slopes/{_dtype}", dtypes=(_dtype,))(partial(_check_slopes, dtype=_dtype))

for _name, _layer in {
    "batch_norm": lambda f, x, weight, bias: f.batch_norm(x, None, None, weight, bias, True),
    "group_norm": lambda f, x, weight, bias: f.group_norm(x.reshape(2, 2, 2), 2, weight, bias).reshape(4, 2),
    "layer_norm": lambda f, x, weight, bias: f.layer_norm(x, (2,), weight, bias, 0.5),
}.items():
    case(f"{_name}/gradient/operands-halves/-", dtypes=("float32", "float16", "bfloat16"))(
        partial(_check_halves, layer=_layer)
    )

# -- rows ------------------------------------------------------------------------------------------------


@program("layer_norm/edges/deviations", [[[nan] * 3] * 2] * 2)
def _deviations(t: Any) -> Any:
    """A row without deviation, and one of whose variance too much is taken: normal forms of nan have gradients of nan."""
    found = []
    for row, eps in (([1.0, 1.0, 1.0], 0.0), ([1.0, 2.0, 4.0], -100.0)):
        x = t.tensor([row], requires_grad=True)
        y = t.nn.functional.layer_norm(x, (3,), None, None, eps)
        (of_x,) = t.autograd.grad(y, x, t.tensor([[1.0, 2.0, 0.5]]))
        found.append([y.detach().flatten(), of_x.flatten()])
    return found
