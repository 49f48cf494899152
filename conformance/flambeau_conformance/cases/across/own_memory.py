"""Results that have the elements of an argument, and yet a memory of their own."""

from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject

_CALLS: dict[str, Any] = {
    "abs": lambda t, x: t.abs(x),
    "add": lambda t, x: x + 0,
    "amax": lambda t, x: x.amax(0, True),
    "cat": lambda t, x: t.cat([x]),
    "clamp": lambda t, x: x.clamp(0, 10),
    "copysign": lambda t, x: t.copysign(x, 1),
    "cummax": lambda t, x: x.cummax(1).values,
    "cumprod": lambda t, x: x.cumprod(0),
    "cumsum": lambda t, x: x.cumsum(0),
    "floor_divide": lambda t, x: x // 1,
    "fmod": lambda t, x: t.fmod(x, 5),
    "gather": lambda t, x: x.gather(1, t.tensor([[0, 1, 2, 3]])),
    "index": lambda t, x: x[t.tensor([0])],
    "index_select": lambda t, x: x.index_select(1, t.arange(4)),
    "maximum": lambda t, x: t.maximum(x, x - 1),
    "mul": lambda t, x: x * 1,
    "nan_to_num": lambda t, x: t.nan_to_num(x),
    "pow": lambda t, x: x**1,
    "prod": lambda t, x: x.prod(0, True),
    "relu": lambda t, x: t.relu(x),
    "remainder": lambda t, x: x % 5,
    "repeat": lambda t, x: x.repeat(1, 1),
    "roll": lambda t, x: x.roll(0, 1),
    "round": lambda t, x: x.round(),
    "scatter": lambda t, x: x.scatter(1, t.tensor([[0]]), x[:, :1]),
    "scatter_add": lambda t, x: x.scatter_add(1, t.tensor([[0]]), x[:, :1] * 0),
    "sort": lambda t, x: x.sort(1).values,
    "sum": lambda t, x: x.sum(0, True),
    "topk": lambda t, x: x.topk(4, 1, False).values,
    "tril": lambda t, x: x.tril(5),
    "where": lambda t, x: t.where(x > 0, x, -x),
}


def _declare(name: str, call: Any) -> None:
    @case(f"{name}/alias/same-elements/-", dtypes=("float32", "int64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        for dtype in (t.float32, *(() if name == "copysign" else (t.int64,))):
            x = t.tensor([[1, 2, 3, 4]], dtype=dtype)
            result = call(t, x)
            expect_equal(result.tolist(), x.tolist(), f"the result in {dtype}")
            result.fill_(9)
            expect_equal(
                x.tolist(), t.tensor([[1, 2, 3, 4]], dtype=dtype).tolist(), "the argument after a write to the result"
            )


for _name, _call in _CALLS.items():
    _declare(_name, _call)

_FIXED: dict[str, tuple[list[Any], Any]] = {
    "argsort": ([0, 1, 2, 3], lambda t, x: x.argsort()),
    "searchsorted": ([0, 1, 2, 3], lambda t, x: t.searchsorted(x, x + 0)),
    "matmul": ([[1.0, 2.0], [3.0, 4.0]], lambda t, x: x @ t.eye(2)),
    "linear": ([[1.0, 2.0], [3.0, 4.0]], lambda t, x: t.nn.functional.linear(x, t.eye(2))),
    "linear-bias": ([[1.0, 2.0], [3.0, 4.0]], lambda t, x: t.nn.functional.linear(x, t.eye(2), t.zeros(2))),
    "softshrink": ([0.0, 0.0], lambda t, x: t.nn.functional.softshrink(x)),
    "logsigmoid": ([-200.0, -300.0], lambda t, x: t.nn.functional.logsigmoid(x)),
    "binary_cross_entropy": (
        [0.0, 0.0],
        lambda t, x: t.nn.functional.binary_cross_entropy(x, t.zeros(2), reduction="none"),
    ),
    "log_softmax": ([[0.0], [0.0]], lambda t, x: x.log_softmax(1)),
    "logcumsumexp": ([[1.0, 2.0, 3.0]], lambda t, x: x.logcumsumexp(0)),
    "normal": ([1.0, 2.0, 3.0], lambda t, x: t.normal(x, 0.0)),
    "pad": ([1.0, 2.0, 3.0], lambda t, x: t.nn.functional.pad(x, (0, 0))),
}
"""Of each function, elements that it leaves as they are."""


def expect_a_copy(subject: Subject, elements: Any, call: Any) -> None:
    """Check that a function leaves elements as they are, in a memory of its own."""
    t = subject.torch
    x = t.tensor(elements)
    result = call(t, x)
    expect_equal(result.tolist(), elements)
    result.fill_(9)
    expect_equal(x.tolist(), elements, "the argument after a write to the result")


def _declare_fixed(name: str, elements: list[Any], call: Any) -> None:
    @case(f"{name}/alias/fixed-elements/-", dtypes=("float32", "int64"))
    def check(subject: Subject) -> None:
        expect_a_copy(subject, elements, call)


for _name, (_elements, _fixed) in _FIXED.items():
    _declare_fixed(_name, _elements, _fixed)
