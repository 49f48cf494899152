"""Generated cases of laws that every in-place form keeps: nothing is recorded for them.

A leaf that requires a gradient is refused, and so are elements that share memory: it raises, says why, and has changed
nothing. The gradient of what was written is that of the op.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flambeau.ops import ROWS

from .arguments import arguments
from .checks import expect, has_words
from .compare import check_alike
from .inputs import is_floating
from .model import Case, Op, Sample
from .options import Called
from .subject import Subject

__all__ = ["in_place_cases"]


def in_place_cases(
    op: Op, ways: list[tuple[Sample, Called]], needed: Callable[[Sample, str], tuple[str, ...]], needs: tuple[str, ...]
) -> Iterator[Case]:
    """The cases of an op that has an in-place form; ``ways`` are calls of it that are recorded."""
    row: Any = ROWS.get(op.name)
    if row is None or not row.inplace or not row.methods:
        return
    for sample, called in ways[:1]:
        dtype = next(filter(is_floating, op.dtypes_of(sample)), op.dtypes_of(sample)[0])
        for name, target in _TARGETS.items():
            if _refuses(row, name, dtype):
                yield Case(
                    f"{op.name}/refused/{name}/{dtype}", op.section, _check(f"{row.methods[0]}_", sample, called, dtype, target),
                    needed(sample, dtype), needs, extensions=op.extensions,
                )  # fmt: skip
        if op.differentiable and sample.gradient and is_floating(dtype) and row.kind != "view":
            yield Case(
                f"{op.name}/in-place/{sample.name}-gradient/{dtype}", op.section,
                _check_gradient(f"{row.methods[0]}_", sample, called, dtype), needed(sample, dtype), needs,
                extensions=op.extensions,
            )  # fmt: skip


def _check_gradient(form: str, sample: Sample, called: Called, dtype: str) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        def gradient(call: Callable[..., Any]) -> list[Any]:
            first, *others = arguments(subject, sample, dtype)
            given = called.given(subject.torch)
            result = call(first.requires_grad_(), *others, **given)
            expect(result.requires_grad, "the result has no history")
            (found,) = subject.torch.autograd.grad(result, [first], subject.torch.ones_like(result))
            return [found + 0]  # PyTorch has zeros without memory

        written = gradient(lambda first, *others, **given: getattr(first.clone(), form)(*others, **given))
        check_alike(subject, written, gradient(called.function(subject.torch)), "composite")

    return check


def _refuses(row: Any, name: str, dtype: str) -> bool:
    if name == "leaf":
        return is_floating(dtype)
    # Where elements share memory, what writes the same into all, and what writes nothing, is as good as elsewhere.
    return not (row.overlapping or row.shared is not None or row.kind == "view")


def _leaf(first: Any) -> Any:
    return first.requires_grad_()


def _shared(first: Any) -> Any:
    """A tensor of one element, which is in every place."""
    return first.reshape(-1)[:1].clone().expand(first.numel()).reshape(first.shape)


_TARGETS: dict[str, Callable[[Any], Any]] = {"leaf": _leaf, "shared": _shared}


def _check(
    form: str, sample: Sample, called: Called, dtype: str, made: Callable[[Any], Any]
) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        first, *others = arguments(subject, sample, dtype)
        target = made(first)
        before = target.tolist()
        try:
            getattr(target, form)(*others, **called.given(subject.torch))
        except RuntimeError as error:
            expect(has_words(error), f"the error says only {str(error)!r}")
            expect(str(target.tolist()) == str(before), "the refused write has changed the target")
            return
        expect(False, "nothing was raised, expected RuntimeError")

    return check
