"""Declarations of functions that are in the namespace ``special`` alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .compare import check_alike
from .declare import case, op
from .inputs import In
from .model import FLOATS, Error, Sample
from .subject import Subject

__all__ = ["special"]


def special(
    name: str, arity: int = 1, *, domain: str = "real", values: bool = True, dtypes: tuple[str, ...] = (*FLOATS, "int64"),
    gradient: bool = True, reference: Callable[..., float] | None = None,
) -> None:  # fmt: skip
    """Declare an element-wise function of ``t.special``.

    Args:
        name: the function's.
        arity: the number of its operands.
        domain: the numbers to draw.
        values: whether it is tried on infinities, nan and the like.
        dtypes: of the operands.
        gradient: whether gradients are checked.
        reference: a function of Python numbers that computes the same.
    """

    def call(t: Any, *tensors: Any) -> Any:
        return getattr(t.special, name)(*tensors)

    shapes: tuple[tuple[str, tuple[int, ...]], ...] = (("plain", (2, 3)), ("zero-dim", ()), ("zero-size", (2, 0)))
    samples = [Sample(label, call, (In(shape, domain),) * arity, gradient=gradient) for label, shape in shapes]
    if values:
        grid = (In((12,), "special"),) if arity == 1 else (In((12, 1), "special"), In((1, 12), "special"))
        samples.append(Sample("special", call, grid, dtypes=FLOATS, gradient=False))
    errors = [Error("not-a-tensor", lambda t: call(t, *["no tensor"] * arity), (TypeError,))]
    op(name, samples=samples, dtypes=dtypes, tolerance="special", method=False, errors=errors)
    _out_case(name, arity, call)
    if reference is not None:
        _reference_case(name, arity, call, reference)


_POINTS = [[0.75, 1.5, 2.25, 3.0], [0.5, 0.25, 1.25, 2.0]]


def _out_case(name: str, arity: int, call: Callable[..., Any]) -> None:
    @case(f"{name}/out/plain/float64", dtypes=("float64",))
    def _out(subject: Subject) -> None:
        operands = [subject.tensor(points, "float64") for points in _POINTS[:arity]]
        expected = call(subject.torch, *operands)
        target = subject.torch.zeros_like(expected)
        returned = getattr(subject.torch.special, name)(*operands, out=target)
        check_alike(subject, [returned, target], [expected, expected], "exact")


def _reference_case(name: str, arity: int, call: Callable[..., Any], reference: Callable[..., float]) -> None:
    @case(f"{name}/reference/numbers/float64", dtypes=("float64",))
    def _numbers(subject: Subject) -> None:
        operands = [subject.tensor(points, "float64") for points in _POINTS[:arity]]
        expected = [reference(*numbers) for numbers in zip(*_POINTS[:arity], strict=True)]
        check_alike(subject, [call(subject.torch, *operands)], [subject.tensor(expected, "float64")], "special")
