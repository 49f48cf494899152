"""The same function of two libraries, one of which is PyTorch: what both give, or the error that both raise, is compared."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import flambeau

__all__ = ["compare", "normal"]


def normal(t: Any, *shape: int, seed: int = 0, grad: bool = True) -> Any:
    """A float64 tensor of numbers that follow from ``seed``."""
    draw = random.Random(seed)
    x = t.tensor([draw.gauss(0, 1) for _ in range(math.prod(shape))], dtype=t.float64).reshape(shape)
    return x.requires_grad_() if grad else x


def compare(torch: Any, program: Callable[[Any], Any], *, digits: float = 1e-6, what: str = "") -> Any:
    """Run the program with both libraries, and give what PyTorch gave."""
    with warnings.catch_warnings(action="ignore"):
        expected, found = _outcome(program, torch), _outcome(program, flambeau)
    _assert_alike(found, expected, digits, what)
    return expected


def _outcome(program: Callable[[Any], Any], t: Any) -> Any:
    try:
        return _plain(program(t))
    except (RuntimeError, ValueError, AssertionError, IndexError, TypeError, NotImplementedError) as error:
        return f"{_builtin(error)}: {error}".partition("\n")[0]


def _builtin(error: Exception) -> str:
    return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")


def _plain(value: Any) -> Any:
    if hasattr(value, "detach"):
        return [str(value.dtype).rpartition(".")[2], list(value.shape), value.detach().reshape(-1).tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _assert_alike(found: Any, expected: Any, digits: float, what: str) -> None:
    if isinstance(expected, list):
        assert [isinstance(found, list), len(found)] == [True, len(expected)], (
            what,
            str(found)[:200],
            str(expected)[:200],
        )
        for one, other in zip(found, expected, strict=True):
            _assert_alike(one, other, digits, what)
    elif isinstance(expected, float):
        assert found == pytest_approx(expected, digits), (what, str(found)[:200], str(expected)[:200])
    else:
        assert found == expected, (what, str(found)[:200], str(expected)[:200])


def pytest_approx(number: float, digits: float) -> Any:
    """What is as near as that, relative to numbers above 1; nan is nan."""
    import pytest

    return pytest.approx(number, rel=digits, abs=digits, nan_ok=True)
