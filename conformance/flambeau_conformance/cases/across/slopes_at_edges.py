"""Gradients of layers where inputs and weights are strange, beside products in plain Python; steps of several parameters to such."""

from __future__ import annotations

from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close

_EDGES = (nan, inf, -inf, 0.0, 1.0, -1.0, 0.25, 30.0, -30.0)


def _check_prelu(subject: Subject, dtype: str) -> None:
    """Elements one by one, each with each slope."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for number in _EDGES:
        for slope in _EDGES:
            x, weight = (t.tensor([each], dtype=kind, requires_grad=True) for each in (number, slope))
            of_x, of_weight = t.autograd.grad(
                t.nn.functional.prelu(x, weight), (x, weight), t.full((1,), 2.0, dtype=kind)
            )
            expected = (2.0, 0.0) if number > 0 else (2 * slope, 2 * number)
            for found, wanted, what in zip((of_x, of_weight), expected, ("the element", "the slope"), strict=True):
                text = f"the gradient of {what} for {number} and {slope}"
                expect_close([each + 0.0 for each in found.tolist()], [wanted + 0.0], DTYPES[dtype], text)
                expect_equal(str(found.dtype), f"torch.{dtype}", text)


def _check_bags(subject: Subject, dtype: str) -> None:
    """A bag for each pair of a row of one number and a weight of it."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    numbers, factors = ([one for one in _EDGES for _ in _EDGES], [two for _ in _EDGES for two in _EDGES])
    table = t.tensor([[each] for each in numbers], dtype=kind, requires_grad=True)
    weights = t.tensor([[each] for each in factors], dtype=kind, requires_grad=True)
    rows = t.arange(len(numbers)).reshape(-1, 1)
    y = t.nn.functional.embedding_bag(rows, table, mode="sum", per_sample_weights=weights)
    of_table, of_weights = t.autograd.grad(y, (table, weights), t.full(y.shape, 2.0, dtype=kind))
    for found, wanted, what in ((of_table, factors, "the table"), (of_weights, numbers, "the weights")):
        expected = [2 * each + 0.0 for each in wanted]
        expect_close(found.reshape(-1).tolist(), expected, DTYPES[dtype], f"the gradient of {what}")
        expect_equal(str(found.dtype), f"torch.{dtype}", f"the dtype of the gradient of {what}")


def _check_together(subject: Subject, dtype: str) -> None:
    """Several small parameters at once."""
    t, kind = subject.torch, getattr(subject.torch, dtype)
    starts, grads = [-0.0, 1.0, 1.0, 0.1, nan], [0.0, inf, -inf, 0.3, 1.0]
    parameters = [t.tensor(starts, dtype=kind, requires_grad=True) for _ in range(3)]
    for each in parameters:
        each.grad = t.tensor(grads, dtype=kind)
    t.optim.SGD(parameters, lr=1.0).step()
    for each in parameters:
        expect_close(
            each.tolist(), [one - two for one, two in zip(starts, grads, strict=True)], DTYPES[dtype], "a step"
        )


for _dtype in DTYPES:
    case(f"prelu/gradient/edges-special/{_dtype}", dtypes=(_dtype,))(partial(_check_prelu, dtype=_dtype))
    case(f"embedding_bag/gradient/edges-special/{_dtype}", dtypes=(_dtype, "int64"))(partial(_check_bags, dtype=_dtype))
    case(f"optim.SGD/together/special/{_dtype}", dtypes=(_dtype,))(partial(_check_together, dtype=_dtype))


# -- where all operands have gradients, in half precision ------------------------------------------------------------------


def _normed(t: Any, name: str, x: Any) -> Any:
    """A norm whose input, weight and bias are parts of one vector of four."""
    functional = t.nn.functional
    if name == "batch_norm":
        return functional.batch_norm(x.reshape(4, 1), None, None, x[:1], x[1:2], training=True).reshape(4) * x
    if name == "group_norm":
        return functional.group_norm(x.reshape(1, 2, 2), 1, x[:2], x[2:]).reshape(4) * x
    if name == "layer_norm":
        return functional.layer_norm(x.reshape(2, 2), (2,), x[:2], x[2:], 0.5).reshape(4) * x
    query, key, value = (each.reshape(1, 1, 2, 2) for each in (x, x.flip(0), x * x))
    return functional.scaled_dot_product_attention(query, key, value).reshape(4) * x


def _check_halves(subject: Subject, name: str) -> None:
    """The gradient of a sum is that of float32, rounded here and there."""
    t, found = subject.torch, {}
    for dtype in (t.float32, t.float16, t.bfloat16):
        x = t.tensor([0.5, -1.25, 1.75, -0.25], dtype=dtype, requires_grad=True)
        (found[dtype],) = t.autograd.grad(_normed(t, name, x).sum(), x)
        close = t.allclose(found[dtype].float(), found[t.float32], 0.05, 0.05)
        expect(close, f"{found[dtype]} in {dtype}, {found[t.float32]} in float32")


for _name in ("batch_norm", "group_norm", "layer_norm", "scaled_dot_product_attention"):
    case(f"{_name}/gradient/parts-halves/-", dtypes=("float32", "float16", "bfloat16"))(
        partial(_check_halves, name=_name)
    )
