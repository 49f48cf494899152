"""In-place forms: that they are recorded, counted and give the tensor itself, and change nothing when they refuse."""

import math
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises, wait
from ...declare import case
from ...subject import Subject

_ROWS = [[1.5, -2.0, 0.5], [3.0, 1.0, 2.0]]
_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError)


def _index(t: Any) -> Any:
    return t.tensor([1, 0])


_FORMS: dict[str, tuple[Callable[..., tuple[Any, ...]], Callable[..., tuple[Any, ...]]]] = {
    "addbmm": (lambda t: (t.ones(1, 2, 4), t.ones(1, 4, 3)), lambda t: (t.ones(1, 2, 4), t.ones(1, 5, 3))),
    "addcdiv": (lambda t: (t.ones(2, 3), t.full((3,), 2.0)), lambda t: (t.ones(4, 3), t.ones(3))),
    "addcmul": (lambda t: (t.ones(2, 3), t.full((3,), 2.0)), lambda t: (t.ones(4, 3), t.ones(3))),
    "addmm": (lambda t: (t.ones(2, 4), t.ones(4, 3)), lambda t: (t.ones(2, 4), t.ones(5, 3))),
    "addr": (lambda t: (t.ones(2), t.ones(3)), lambda t: (t.ones(4), t.ones(3))),
    "floor_divide": (lambda t: (2.0,), lambda t: (t.ones(4),)),
    "fmod": (lambda t: (2.0,), lambda t: (t.ones(4),)),
    "frac": (lambda t: (), lambda t: (1,)),
    "heaviside": (lambda t: (t.ones(2, 3),), lambda t: (t.ones(4),)),
    "index_add": (lambda t: (0, _index(t), t.ones(2, 3)), lambda t: (0, _index(t), t.ones(3, 3))),
    "index_copy": (lambda t: (0, _index(t), t.ones(2, 3)), lambda t: (0, _index(t), t.ones(3, 3))),
    "index_fill": (lambda t: (0, t.tensor([1]), 2.0), lambda t: (0, t.tensor([5]), 2.0)),
    "index_reduce": (
        lambda t: (0, _index(t), t.ones(2, 3) * 2, "prod"), lambda t: (0, _index(t), t.ones(3, 3), "prod"),
    ),
    "masked_fill": (lambda t: (t.ones(3).bool(), 2.0), lambda t: (t.ones(4).bool(), 2.0)),
    "nan_to_num": (lambda t: (), lambda t: ("none",)),
    "nextafter": (lambda t: (t.full((3,), 9.0),), lambda t: (t.ones(4),)),
    "put": (lambda t: (_index(t), t.ones(2)), lambda t: (t.tensor([9]), t.ones(1))),
    "remainder": (lambda t: (2.0,), lambda t: (t.ones(4),)),
    "renorm": (lambda t: (2, 0, 1.0), lambda t: (2, 0, -1.0)),
    "scatter": (lambda t: (0, t.tensor([[1, 0, 1]]), t.ones(1, 3)), lambda t: (0, t.tensor([[7, 0, 1]]), t.ones(1, 3))),
    "scatter_add": (lambda t: (0, t.tensor([[1, 0, 1]]), t.ones(1, 3)), lambda t: (0, t.tensor([[7, 0, 1]]), t.ones(1, 3))),
    "scatter_reduce": (
        lambda t: (0, t.tensor([[1, 0, 1]]), t.ones(1, 3) * 2, "prod"),
        lambda t: (0, t.tensor([[7, 0, 1]]), t.ones(1, 3), "prod"),
    ),
    "square": (lambda t: (), lambda t: (1,)),
    "sub": (lambda t: (2.0,), lambda t: (t.ones(4),)),
    "tril": (lambda t: (), lambda t: ("none",)),
    "triu": (lambda t: (), lambda t: ("none",)),
    "copy": (lambda t: (t.ones(2, 3),), lambda t: (t.ones(5),)),
    "fill": (lambda t: (2.0,), lambda t: (t.ones(2),)),
    "uniform": (lambda t: (1.0, 2.0), lambda t: (2.0, 1.0)),
    "normal": (lambda t: (1.0, 2.0), lambda t: (0.0, -1.0)),
    "exponential": (lambda t: (1.0,), lambda t: (-1.0,)),
    "geometric": (lambda t: (0.5,), lambda t: (0.0,)),
    "cauchy": (lambda t: (0.0, 1.0), lambda t: (0.0, -1.0)),
    "log_normal": (lambda t: (0.0, 1.0), lambda t: (0.0, -1.0)),
    "random": (lambda t: (0, 9), lambda t: (5, 1)),
    "addmv": (lambda t: (t.ones(2, 4), t.ones(4)), lambda t: (t.ones(2, 4), t.ones(5))),
    "baddbmm": (lambda t: (t.ones(1, 2, 4), t.ones(1, 4, 3)), lambda t: (t.ones(1, 2, 4), t.ones(1, 5, 3))),
    "conj_physical": (lambda t: (), lambda t: (1,)),
    "igamma": (lambda t: (t.ones(3),), lambda t: (t.ones(4),)),
    "igammac": (lambda t: (t.ones(3),), lambda t: (t.ones(4),)),
    "bernoulli": (lambda t: (0.5,), lambda t: (2.0,)),
}  # fmt: skip
"""Of each form, arguments that it takes and arguments that it refuses."""

_OTHER_ROWS: dict[str, list[Any]] = {"addmv": [1.5, -2.0], "baddbmm": [_ROWS], "conj_physical": [1 + 2j, -3j]}
_WITHOUT_DERIVATIVE = ("conj_physical", "floor_divide", "heaviside", "igamma", "igammac")
_WITHOUT_FUNCTION = (
    "copy",
    "fill",
    "uniform",
    "normal",
    "exponential",
    "geometric",
    "cauchy",
    "log_normal",
    "random",
    "bernoulli",
)


def _declare(name: str, taken: Callable[..., Any], refused: Callable[..., Any]) -> None:
    rows = _OTHER_ROWS.get(name, _ROWS)
    dtypes = ("float32", "int64", "bool", *(("complex64",) if name == "conj_physical" else ()))

    @case(f"{name}/inplace/counted/-", dtypes=dtypes)
    def counts(subject: Subject) -> None:
        t = subject.torch
        x = t.tensor(rows)
        before = x._version
        expect(getattr(x, f"{name}_")(*taken(t)) is x, "the form gives another tensor")
        expect(x._version > before, "the write was not counted")

    @case(f"{name}/inplace/refused/-", dtypes=dtypes)
    def refuses(subject: Subject) -> None:
        t = subject.torch
        x = t.tensor(rows)
        try:
            getattr(x, f"{name}_")(*refused(t))
        except _REFUSALS:
            expect_equal(x.tolist(), rows, "the tensor after a refused write")
            return
        expect_raises(wait, _REFUSALS)  # a device that refuses later may have written

    if name in _WITHOUT_FUNCTION:
        return

    @case(f"{name}/inplace/recorded/-", dtypes=dtypes)
    def records(subject: Subject) -> None:
        t = subject.torch
        found: list[Any] = []
        for form in (name, f"{name}_"):
            x = t.tensor(rows, requires_grad=True)
            target = x * 1
            before = target.grad_fn.name()
            result = getattr(target, form)(*taken(t))
            expect(result.grad_fn.name() != before, f"{form} has no history")
            if name in _WITHOUT_DERIVATIVE:
                continue
            (gradient,) = t.autograd.grad((result * result).sum(), x)
            found.append((result.tolist(), gradient.tolist()))
        expect_equal(found[1:], found[:1], "what the in-place form gives, and its gradient,")


for _name, (_taken, _refused) in _FORMS.items():
    _declare(_name, _taken, _refused)


_OPTIONS: dict[str, tuple[Callable[..., tuple[Any, ...]], dict[str, Any]]] = {
    "nan_to_num": (lambda t: (), {"nan": 7.0, "posinf": 8.0, "neginf": 9.0}),
    "index_add": (lambda t: (0, _index(t), t.ones(2, 3)), {"alpha": 3}),
    "put": (lambda t: (_index(t), t.ones(2)), {"accumulate": True}),
    "scatter_reduce": (lambda t: (0, t.tensor([[1, 0, 1]]), t.ones(1, 3) * 2, "prod"), {"include_self": False}),
    "addmm": (lambda t: (t.ones(2, 4), t.ones(4, 3)), {"alpha": 3, "beta": 2}),
    "sub": (lambda t: (t.ones(3),), {"alpha": 3}),
}
"""Of each form, arguments and options."""


def _declare_options(name: str, arguments: Callable[..., Any], options: dict[str, Any]) -> None:
    @case(f"{name}/inplace/with-options/-", dtypes=("float32", "int64"))
    def check(subject: Subject) -> None:
        """The in-place form takes the options as the function does."""
        t = subject.torch
        rows = [[math.inf, -math.inf, math.nan], [3.0, 1.0, 2.0]] if name == "nan_to_num" else _ROWS
        plain = getattr(t.tensor(rows), name)(*arguments(t))
        expected = getattr(t.tensor(rows), name)(*arguments(t), **options)
        found = getattr(t.tensor(rows), f"{name}_")(*arguments(t), **options)
        expect_equal(found.tolist(), expected.tolist(), "what the in-place form gives")
        for option in options:
            rest = {key: value for key, value in options.items() if key != option}
            other = getattr(t.tensor(rows), f"{name}_")(*arguments(t), **rest)
            expect(other.tolist() != expected.tolist(), f"{option} changes nothing")
        expect(plain.tolist() != expected.tolist(), "the options change nothing")


for _name, (_given, _named) in _OPTIONS.items():
    _declare_options(_name, _given, _named)


_INITS: dict[str, tuple[Any, ...]] = {
    "kaiming_normal_": (), "kaiming_uniform_": (), "normal_": (), "orthogonal_": (), "trunc_normal_": (),
    "uniform_": (), "xavier_normal_": (), "xavier_uniform_": (),
}  # fmt: skip


def _declare_init(name: str, arguments: tuple[Any, ...]) -> None:
    needs = ("linalg",) if name == "orthogonal_" else ()

    @case(f"nn.init.{name}/options/generator/-", dtypes=("float32", "int64"), extensions=needs)
    def check(subject: Subject) -> None:
        """What is drawn is that of the generator that is given, whatever else is drawn meanwhile."""
        t = subject.torch
        found = []
        for _ in range(2):
            generator = t.Generator(device=t.zeros(1).device).manual_seed(3)
            found.append(getattr(t.nn.init, name)(t.zeros(4, 5), *arguments, generator=generator).tolist())
            t.rand(7)
        expect_equal(found[1], found[0], "what is drawn with a generator of the same seed")


for _name, _arguments in _INITS.items():
    _declare_init(_name, _arguments)


@case("nn.init.sparse_/options/generator/-", dtypes=("float32", "int64"))
def _sparse_numbers(subject: Subject) -> None:
    """The numbers are the generator's; which of them are 0, the global one tells."""
    t = subject.torch
    found = []
    for seed in (3, 4):
        t.manual_seed(0)
        found.append(
            t.nn.init.sparse_(
                t.zeros(4, 5), 0.5, generator=t.Generator(device=t.zeros(1).device).manual_seed(seed)
            ).tolist()
        )
    expect(
        [[x == 0 for x in row] for row in found[0]] == [[x == 0 for x in row] for row in found[1]],
        "other elements are 0",
    )
    expect(found[0] != found[1], "generators of two seeds give the same numbers")
