"""Numbers and modules that are the same wherever they are made."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["home_of", "irregular", "linear", "with_numbers"]


def home_of(t: Any, name: str) -> Any:
    """A module of the library on trial."""
    return import_module(f"{t.__name__}.{name}")


def irregular(t: Any, *shape: int) -> Any:
    """Numbers of both signs, in no order, of which none is like another."""
    x = t.zeros(shape)
    return ((t.arange(float(x.numel())) * 7) % 11 - 4.25).reshape(shape) / 4


def with_numbers(t: Any, module: Any) -> Any:
    """A module whose parameters are such numbers."""
    with t.no_grad():
        for parameter in module.parameters():
            parameter.copy_(irregular(t, *parameter.shape))
    return module


def linear(t: Any) -> Any:
    """A layer of two inputs and three outputs, with such numbers."""
    return with_numbers(t, t.nn.Linear(2, 3))
