"""Values, gradients and gradients of gradients of a function, on this library and on PyTorch."""

from __future__ import annotations

import math
import random
from types import ModuleType
from typing import Any

import pytest

import flambeau

__all__ = ["check_values_and_gradients", "flat", "values_and_gradients"]


def _tensors(t: ModuleType, shapes: list[tuple[int, ...]]) -> list[Any]:
    draw = random.Random(7)
    made = []
    for shape in shapes:
        values = [draw.uniform(-2.0, 2.0) for _ in range(math.prod(shape))]
        made.append(t.tensor(values, dtype=t.float64).reshape(shape).requires_grad_())
    return made


def values_and_gradients(t: ModuleType, function: Any, shapes: list[tuple[int, ...]]) -> list[Any]:
    """The value of a function of drawn tensors, its gradients, and the gradients of their squares, as lists."""
    inputs = _tensors(t, shapes)
    result = function(t, *inputs)
    weights = t.arange(result.numel(), dtype=t.float64).reshape(result.shape) / 7 + 0.3
    first = t.autograd.grad((result * weights).sum(), inputs, create_graph=True, allow_unused=True)
    total = sum(((g * g).sum() for g in first if g is not None), t.zeros((), dtype=t.float64))
    second: Any = [None] * len(inputs)
    if total.requires_grad:
        second = t.autograd.grad(total, inputs, allow_unused=True)
    found = [result, *first, *second]
    # A missing gradient and a gradient of zeros say the same thing.
    return [None if value is None or not value.any() else value.tolist() for value in found]


def check_values_and_gradients(torch: ModuleType, function: Any, shapes: list[tuple[int, ...]]) -> None:
    """Check values, gradients and gradients of gradients of a function of tensors with these shapes."""
    expected = values_and_gradients(torch, function, shapes)
    found = values_and_gradients(flambeau, function, shapes)
    for position, (one, two) in enumerate(zip(found, expected, strict=True)):
        assert flat(one) == pytest.approx(flat(two), rel=1e-9, abs=1e-11), f"output {position}"


def flat(value: Any) -> list[float]:
    """The numbers of nested lists."""
    if isinstance(value, list):
        return [number for entry in value for number in flat(entry)]
    return [] if value is None else [value]
