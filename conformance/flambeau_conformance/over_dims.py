"""Samples and errors that reductions have in common."""

from __future__ import annotations

from typing import Any

from .inputs import In
from .model import Error, Sample

__all__ = ["bad_dim", "empty", "over_dims"]


def over_dims(name: str, *, several: bool = True, domain: str = "distinct") -> list[Sample]:
    """A reduction of all elements, along a dim, along several, with and without ``keepdim``."""

    def call(**options: Any) -> Any:
        return lambda t, x: getattr(t, name)(x, **options)

    samples = [
        Sample("all", call(), (In((2, 3, 2), domain),)),
        Sample("dim", call(dim=1), (In((2, 3, 2), domain),)),
        Sample("negative-dim-keepdim", call(dim=-1, keepdim=True), (In((2, 3), domain),)),
        Sample("zero-dim", call(), (In((), domain),)),
        Sample("method", lambda t, x: getattr(x, name)(0), (In((2, 3), domain),)),
    ]
    if several:
        samples.append(Sample("dims", call(dim=(0, 2)), (In((2, 3, 2), domain),)))
    return samples


def bad_dim(name: str) -> Error:
    """A dim that does not exist."""
    return Error(
        "dim", lambda t: getattr(t, name)(t.zeros(2, 3), 2), (IndexError,),
        r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)",
    )  # fmt: skip


def empty(name: str) -> Sample:
    """A reduction of nothing."""
    return Sample("empty", lambda t, x: getattr(t, name)(x), (In((0,)),), gradient=False)
