"""Calling a sample: the tensors that are drawn for it, and the results as a list."""

from __future__ import annotations

from typing import Any

from .inputs import draw, is_floating
from .model import Sample
from .subject import Subject

__all__ = ["arguments", "drawn", "outputs_of", "run"]


def drawn(sample: Sample, dtype: str) -> list[tuple[list[Any], tuple[int, ...], str]]:
    """The flat values, the shape and the dtype of each argument of a sample, always the same."""
    made = []
    for position, spec in enumerate(sample.inputs):
        flat, own = draw(spec, dtype, f"{sample.name}/{position}/{spec.domain}")
        made.append((flat, spec.shape, own))
    return made


def arguments(subject: Subject, sample: Sample, dtype: str, *, requires_grad: bool = False) -> list[Any]:
    """The tensors that a sample is called with, always the same."""
    return [
        subject.reshaped(flat, shape, own, requires_grad=requires_grad and is_floating(own))
        for flat, shape, own in drawn(sample, dtype)
    ]


def run(subject: Subject, sample: Sample, tensors: list[Any]) -> list[Any]:
    """Call a sample; its results as a list."""
    return outputs_of(sample.call(subject.torch, *tensors))


def outputs_of(result: Any) -> list[Any]:
    """The tensors in a result, which may be a tuple of tuples."""
    if isinstance(result, (tuple, list)):
        return [entry for each in result for entry in outputs_of(each)]
    return [result]
