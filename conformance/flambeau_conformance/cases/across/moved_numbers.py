"""Functions that only move elements hand on every number there is, from every place, as it is."""

from collections.abc import Callable
from functools import partial
from math import inf, nan
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject

_DTYPES = ("float64", "float32", "float16", "bfloat16")
_NUMBERS = (nan, inf, -inf, -0.0, 0.0, 2.0**15, -(2.0**-14))
"""The last two are the largest and smallest powers of two of float16; the others are those that are easily misread."""

_MOVED: dict[str, Callable[[Any, Any], Any]] = {
    "select": lambda t, x: [x.select(0, 1), x.select(1, 0), x[0], x[-1, 2]],
    "narrow": lambda t, x: [x.narrow(1, 1, 2), x[:, ::2], x[1:]],
    "unbind": lambda t, x: [*x.unbind(0), *x.unbind(1)],
    "split": lambda t, x: [*x.split(2, 1), *x.chunk(2), *t.tensor_split(x, 2, 1)],
    "index_select": lambda t, x: x.index_select(1, t.tensor([2, 0, 2])),
    "getitem": lambda t, x: [x[t.tensor([1, 0, 1])], x[t.tensor([1, 0]), t.tensor([2, 0])], x[t.tensor([True, False])]],
    "gather": lambda t, x: [x.gather(1, t.tensor([[2, 0], [1, 1]])), x.take(t.tensor([5, 0])), t.take_along_dim(x, t.tensor([[1]]), 1)],
    "masked_select": lambda t, x: x.masked_select(t.tensor([True, False, True])),
    "reshape": lambda t, x: [x.reshape(3, 2), x.flatten(), x.unsqueeze(1), x.view(1, 6), x.unflatten(1, (1, 3))],
    "permute": lambda t, x: [x.permute(1, 0), x.t(), x.movedim(0, 1), x.t().contiguous(), x.t().reshape(6)],
    "expand": lambda t, x: [x.expand(2, 2, 3), t.broadcast_to(x, (1, 2, 3)), x.expand(2, 2, 3).contiguous()],
    "repeat": lambda t, x: [x.repeat(2, 1), x.tile((2,)), x.repeat_interleave(2, 1)],
    "flip": lambda t, x: [x.flip(1), x.roll(1, 0), x.rot90()],
    "cat": lambda t, x: [t.cat([x, x[:1]]), t.stack([x, x], 1), t.hstack([x, x])],
    "diagonal": lambda t, x: [x.diagonal(), x.unfold(1, 2, 1), x.as_strided((2, 2), (2, 1), 1)],
    "clone": lambda t, x: [x.clone(), t.empty_like(x).copy_(x), t.empty_like(x).fill_(x[0, 0]), x.detach()],
    "where": lambda t, x: [t.where(t.tensor([True, False, True]), x, x), x.masked_fill(t.tensor([True, False, True]), x[0, 0])],
    "scatter": lambda t, x: t.ones_like(x).scatter(1, t.tensor([[2, 0, 1], [0, 1, 2]]), x),
    "index_copy": lambda t, x: [t.ones_like(x).index_copy(0, t.tensor([1, 0]), x), t.ones_like(x).select_scatter(x[1], 0, 1)[1]],
    "sort": lambda t, x: [x.sort(1).values, x.topk(2, 1).values],
    "pad": lambda t, x: [t.nn.functional.pad(x, (-1, 0)), t.nn.functional.pad(x[None], (1, 1), "replicate")],
}  # fmt: skip
"""What is made of two rows of three elements."""


def _check(subject: Subject, function: Callable[[Any, Any], Any], dtype: str) -> None:
    t = subject.torch
    for number in _NUMBERS:
        found = function(t, t.full((2, 3), number, dtype=getattr(t, dtype)))
        for place, each in enumerate(found if isinstance(found, list) else [found]):
            expect_equal(str(each.dtype), f"torch.{dtype}", f"the dtype of result {place}")
            expect_equal(
                [repr(entry) for entry in each.flatten().tolist()], [repr(number)] * each.numel(), f"result {place}"
            )


for _name, _function in _MOVED.items():
    for _dtype in _DTYPES:
        case(f"{_name}/special/moved-alike/{_dtype}", dtypes=(_dtype, "int64", "bool"))(
            partial(_check, function=_function, dtype=_dtype)
        )
