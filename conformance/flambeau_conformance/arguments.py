"""Calling a sample: the tensors that are drawn for it, and the results as a list."""

from __future__ import annotations

from typing import Any

from .inputs import draw, is_floating
from .model import Sample
from .subject import Subject

__all__ = ["arguments", "outputs_of", "run"]


def arguments(subject: Subject, sample: Sample, dtype: str, *, requires_grad: bool = False) -> list[Any]:
    """The tensors that a sample is called with, always the same."""
    made = []
    for position, spec in enumerate(sample.inputs):
        flat, own = draw(spec, dtype, f"{sample.name}/{position}/{spec.domain}")
        made.append(subject.reshaped(flat, spec.shape, own, requires_grad=requires_grad and is_floating(own)))
    return made


def run(subject: Subject, sample: Sample, tensors: list[Any]) -> list[Any]:
    """Call a sample; its results as a list."""
    return outputs_of(sample.call(subject.torch, *tensors))


def outputs_of(result: Any) -> list[Any]:
    """The tensors in a result, which may be a tuple of tuples."""
    if isinstance(result, (tuple, list)):
        return [entry for each in result for entry in outputs_of(each)]
    return [result]
