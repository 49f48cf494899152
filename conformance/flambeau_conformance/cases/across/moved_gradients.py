"""Gradients of functions that only move elements, and add up some: the same movement backwards, whatever the elements are.

What such a function does is found out with an argument for each element that is 1 there and 0 elsewhere.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

_DTYPES = ("float64", "float32", "float16", "bfloat16")
_STRANGE = (nan, inf, -inf, 0.0, -1.0, 1.0)


def _before_a_write(t: Any, x: Any) -> Any:
    """A view whose base is written to after it was made."""
    base = x * 1
    view = base.as_strided((2, 3), (2, 1), 1)
    base.mul_(2)
    return view


def _by_a_write(t: Any, x: Any) -> Any:
    """A base that is written to through a view of some of its elements."""
    base = x * 1
    base.as_strided((2, 2), (3, 1), 1).mul_(2)
    return base


_MOVED: dict[str, Callable[[Any, Any], Any]] = {
    "getitem-step": lambda t, x: x[1::2],
    "getitem-steps": lambda t, x: x.reshape(2, 3)[::1, ::2],
    "getitem-part": lambda t, x: x[2:4],
    "getitem-places": lambda t, x: x[t.tensor([5, 2, 2, 0])],
    "getitem-pairs": lambda t, x: x.reshape(2, 3)[t.tensor([0, 1, 1]), t.tensor([2, 0, 0])],
    "index_select": lambda t, x: x.reshape(2, 3).index_select(1, t.tensor([2, 0, 2])),
    "gather": lambda t, x: x.gather(0, t.tensor([5, 2, 2, 0])),
    "take": lambda t, x: x.take(t.tensor([[5, 2], [2, 0]])),
    "flip": lambda t, x: x.flip(0),
    "roll": lambda t, x: x.roll(2),
    "repeat": lambda t, x: x.repeat(2, 2),
    "repeat-columns": lambda t, x: x.reshape(2, 3).repeat(1, 2),
    "repeat_interleave": lambda t, x: x.repeat_interleave(2),
    "expand": lambda t, x: x.reshape(2, 1, 3).expand(2, 2, 3),
    "tile": lambda t, x: x.tile((2,)),
    "tril": lambda t, x: x.reshape(2, 3).tril(),
    "unfold": lambda t, x: x.unfold(0, 3, 1),
    "cat": lambda t, x: t.cat([x, x[:2]]),
    "stack": lambda t, x: t.stack([x, x]),
    "diag_embed": lambda t, x: x.reshape(2, 3).diag_embed(),
    "diagonal": lambda t, x: x.reshape(2, 3).diagonal(1),
    "as_strided": lambda t, x: x.as_strided((2, 3), (2, 1), 1),
    "as_strided-written": _before_a_write,
    "as_strided-writing": _by_a_write,
    "as_strided_scatter": lambda t, x: x.new_zeros(8).as_strided_scatter(x.reshape(2, 3), (2, 3), (4, 1), 1),
    "pad-zeros": lambda t, x: t.nn.functional.pad(x, (1, 0, 0, 2)),
    "pad-cut": lambda t, x: t.nn.functional.pad(x, (-1, 1)),
    "pad-reflect": lambda t, x: t.nn.functional.pad(x, (2, 1), "reflect"),
    "pad-replicate": lambda t, x: t.nn.functional.pad(x, (2, 1), "replicate"),
    "pad-circular": lambda t, x: t.nn.functional.pad(x, (2, 1), "circular"),
    "index_put": lambda t, x: x.new_zeros(8).index_put((t.tensor([7, 1, 0, 2, 5, 3]),), x),
    "index_put-added": lambda t, x: x.new_zeros(3).index_put((t.tensor([0, 1, 0, 2, 1, 1]),), x, accumulate=True),
    "index_put-mask": lambda t, x: x.new_zeros(7).index_put((t.tensor([True] * 3 + [False] + [True] * 3),), x),
    "index_add": lambda t, x: x.new_zeros(3).index_add(0, t.tensor([0, 1, 0, 2, 1, 1]), x),
    "index_copy": lambda t, x: x.new_zeros(8).index_copy(0, t.tensor([7, 1, 0, 2, 5, 3]), x),
    "index_fill-input": lambda t, x: x.index_fill(0, t.tensor([1, 3]), 0.0),
    "index_fill": lambda t, x: x.new_zeros(4).index_fill(0, t.tensor([1, 3]), x.reshape(2, 3)[1, 2]),
    "masked_fill": lambda t, x: x.masked_fill(t.tensor([True, False] * 3), 0.0),
    "masked_select": lambda t, x: x.masked_select(t.tensor([True, False] * 3)),
    "masked_scatter": lambda t, x: x.new_zeros(6).masked_scatter(t.tensor([True, False] * 3), x),
    "scatter": lambda t, x: x.new_zeros(8).scatter(0, t.tensor([7, 1, 0, 2, 5, 3]), x),
    "scatter_add": lambda t, x: x.new_zeros(3).scatter_add(0, t.tensor([0, 1, 0, 2, 1, 1]), x),
    "select_scatter": lambda t, x: x.new_zeros(2, 6).select_scatter(x, 0, 1),
    "slice_scatter": lambda t, x: x.new_zeros(8).slice_scatter(x[:3], 0, 1, 7, 2),
    "diagonal_scatter": lambda t, x: x.new_zeros(3, 2).diagonal_scatter(x[:2]),
    "where": lambda t, x: t.where(t.tensor([True, False] * 3), x, x.flip(0)),
}  # fmt: skip
"""Each a linear function of a vector of six; :data:`_SHAPES` has those of other tensors."""

_SHAPES = {"pad": (1, 2, 3)}


def _check(subject: Subject, op: str, function: Callable[[Any, Any], Any], dtype: str) -> None:
    t, kind, shape = subject.torch, getattr(subject.torch, dtype), _SHAPES.get(op, (6,))

    def of(numbers: Sequence[float]) -> Any:
        return t.tensor(numbers, dtype=kind).reshape(shape)

    units = [of([float(each == place) for each in range(6)]) for place in range(6)]
    matrix = [function(t, unit).flatten().tolist() for unit in units]
    x = of(_STRANGE).requires_grad_()
    y = function(t, x)
    for numbers in ([1.0, 2.0, -3.0, 4.0, 5.0, -2.0, 8.0], [inf, 1.0, -inf, inf, 2.0]):
        incoming = [numbers[place % len(numbers)] for place in range(y.numel())]
        grad = t.tensor(incoming, dtype=kind).reshape(y.shape).requires_grad_()
        (found,) = t.autograd.grad(y, x, grad, create_graph=True)
        expect_equal(str(found.dtype), f"torch.{dtype}", "the dtype of the gradient")
        expected = [
            sum(factor * each for factor, each in zip(row, incoming, strict=True) if factor) + 0.0 for row in matrix
        ]
        expect_equal(
            repr([each + 0.0 for each in found.flatten().tolist()]),
            repr(expected),
            f"the gradient where {incoming} comes in",
        )
    weights = of([1.0, -2.0, 3.0, 5.0, -1.0, 4.0])
    (back,) = t.autograd.grad(found, grad, weights)
    expect_equal(str(back.dtype), f"torch.{dtype}", "the dtype of the gradient of what comes in")
    expect(t.equal(back, function(t, weights)), f"the gradient of what comes in is {back}")


for _name, _function in _MOVED.items():
    for _dtype in _DTYPES:
        _op, _, _words = _name.partition("-")
        _sample = f"moved-{_words}-special" if _words else "moved-special"
        case(f"{_op}/gradient/{_sample}/{_dtype}", dtypes=(_dtype, "int64", "bool"))(
            partial(_check, op=_op, function=_function, dtype=_dtype)
        )
