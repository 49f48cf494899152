"""How the steps of an optimizer become samples: what parameters are after them, for options, dtypes, numbers and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from .declare import Sample
from .inputs import SPECIAL

__all__ = ["hard", "kept", "maker", "pairs", "sample", "steps"]


def steps(t: Any, make: Any, *, dtype: str = "float32", steps: int = 4, size: int = 3) -> Any:
    """The parameters after each of several steps on gradients that change their signs and sizes."""
    x = t.linspace(-1.0, 2.0, size).to(getattr(t, dtype)).requires_grad_()
    factors = t.linspace(0.5, -1.5, size).to(getattr(t, dtype))
    optimizer = make(t, [x])
    found = []
    for step in range(steps):
        x.grad = (factors * (step - 1.5) ** 3 + x.detach() * 0.3).to(x.dtype)
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack(found)


def pairs(options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The options that each name of one or two of them stands for."""
    single = {"plain": {}} | options
    return single | {f"{one}-{two}": options[one] | options[two] for one, two in combinations(options, 2)}


def maker(kind: str, options: dict[str, Any]) -> Any:
    """What makes an optimizer of parameters."""

    def make(t: Any, parameters: Any) -> Any:
        given = {"lr": 0.1} | options
        if given["lr"] == "tensor":
            given["lr"] = t.tensor(0.1)
        return getattr(t.optim, kind)(parameters, **given)

    return make


def sample(name: str, kind: str, options: dict[str, Any], dtype: str = "float32", **how: Any) -> Sample:
    """The parameters after each of several steps, with some options."""
    make = maker(kind, options)
    return Sample(name, lambda t: steps(t, make, dtype=dtype, **how), (), dtypes=(dtype,), gradient=False)


def kept(optimizer: Any, x: Any) -> list[Any]:
    """What an optimizer keeps of a parameter, of its shape."""
    state = optimizer.state[x]
    kept = [state[name] for name in sorted(state)]
    return [each.clone() for each in kept if each is not None and tuple(each.shape) == tuple(x.shape)]


def _on_numbers(t: Any, make: Any, numbers: Any, dtype_of_all: str) -> Any:
    """The parameters after each of two steps, where every gradient is one of the numbers, and meets every parameter."""
    values = t.tensor(numbers).to(getattr(t, dtype_of_all))
    x = values.repeat(len(numbers)).requires_grad_()
    optimizer = make(t, [x])
    found = []
    for _ in range(2):
        x.grad = values.repeat_interleave(len(numbers))
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack([*found, *kept(optimizer, x)])


def _in_memory(t: Any, make: Any, turned: tuple[bool, bool], shape: tuple[int, int] = (3, 4)) -> Any:
    """The parameters after each of three steps, where parameters, gradients or both lie column after column."""
    rows, columns = shape
    plain = t.linspace(-1.0, 2.0, rows * columns)
    x, grad = (
        _placed(numbers, shape, each) for numbers, each in zip((plain, plain.flip(0) * 0.7), turned, strict=True)
    )
    x.requires_grad_()
    optimizer = make(t, [x])
    found = []
    for step in range(3):
        x.grad = grad * (step - 0.5)
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack([*found, *kept(optimizer, x)])


def _stepped(t: Any, make: Any) -> Any:
    """Parameters and gradients that are every second number of others."""
    x, grad = (t.linspace(start, 2.0, 12)[::2].detach() for start in (-1.0, 0.3))
    x.requires_grad_().grad = grad
    optimizer = make(t, [x])
    optimizer.step()
    return t.stack([x.detach().clone(), *kept(optimizer, x)])


def _some(found: Any) -> Any:
    """Of many numbers of each step some, the last one with them."""
    return found.reshape(found.shape[0], -1).flip(1)[:, ::89]


def _some_steps(t: Any, make: Any, size: int, dtype_of_all: str = "float32") -> Any:
    found = steps(t, make, size=size, dtype=dtype_of_all, steps=2)
    return _some(found) if size > 3 else found


def _some_in_memory(t: Any, make: Any, shape: tuple[int, int]) -> Any:
    return _some(_in_memory(t, make, (False, False), shape))


def _placed(numbers: Any, shape: tuple[int, int], turned: bool) -> Any:
    matrix = numbers.reshape(shape)
    return matrix.t().contiguous().t() if turned else matrix


_HARD = {
    "special": [number for number in SPECIAL if abs(number) != 1e30],  # whose square is beyond float32
    "sizes": [1e-8, -3e-5, 0.0011, 0.03, -0.7, 1.0, 1.5, 2.0, -19.3, 30.0, 711.3, -9.7e4],
}


def hard(kind: str, options: dict[str, Any], also: str = "") -> Iterator[Sample]:
    """Steps on special numbers, in every floating dtype, on many, and in other orders of memory."""
    make = maker(kind, options)

    def made(name: str, run: Callable[..., Any], dtype: str = "float32", **how: Any) -> Sample:
        return Sample(f"{name}{also}", lambda t: run(t, make, **how), (), dtypes=(dtype,), gradient=False)

    for name, numbers in _HARD.items():
        for dtype in ("float32", "float64"):
            yield made(f"{name}-{dtype}", _on_numbers, dtype, numbers=numbers, dtype_of_all=dtype)
    for dtype in ("float16", "bfloat16"):
        yield made(dtype, _some_steps, dtype, dtype_of_all=dtype, size=3)
    yield made("over-20000", _some_steps, size=22_003)
    if also and kind != "AdamW":  # which is Adam's step; in pure Python this takes seconds
        yield made("in-blocks", _some_steps, size=70_003)
    for name, shape in (("rows", (3, 701)), ("columns", (701, 3))):
        yield made(name, _some_in_memory, shape=shape)
    yield made("stepped", _stepped)
    yield made("turned", _in_memory, turned=(True, True))
    yield made("turned-gradients", _in_memory, turned=(False, True))
    yield made("turned-parameters", _in_memory, turned=(True, False))
