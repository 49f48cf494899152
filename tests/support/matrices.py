"""Expressions of linear algebra evaluated on this library and on PyTorch: values, errors, both derivatives."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pytest

__all__ = ["assert_same", "assert_same_derivatives", "outcome"]

_NAMES = """
L = M.linalg; z = M.zeros(2, 2); e = M.eye(2); b = M.stack([e, z]); a = M.tensor([[2.0, 2], [1, 3.5]])
p = M.tensor([[4.0, 2], [2, 5]]); q = M.tensor([[1.0, 2], [3, 4.5], [5, 7]])
"""


def outcome(module: Any, expression: str) -> str:
    """The text of the result, without the signs of zeros, or the built-in class of the error."""
    names: dict[str, Any] = {"M": module, "INF": math.inf, "NAN": math.nan}
    exec(_NAMES, names)
    with warnings.catch_warnings(action="ignore"):
        try:
            text = repr(eval(expression, names)).replace("\n", "").replace(" ", "")
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    return re.sub(r"-(0\.0*)(?![0-9])", r"\1", text)


def ramp(module: Any, dtype: str, *shape: int) -> Any:
    """1, 2, 3, … in a shape."""
    return module.arange(1, 1 + math.prod(shape)).reshape(shape).to(getattr(module, dtype))


def wave(module: Any, dtype: str, *shape: int) -> Any:
    """Numbers between -3 and 3 in a shape; complex ones with another part."""
    steps = module.arange(1, 1 + math.prod(shape)).double().reshape(shape)
    real, other = (steps * 1.7).sin() * 3, (steps * 2.3).cos() * 2
    return (module.complex(real, other) if "complex" in dtype else real).to(getattr(module, dtype))


def _numbers(value: Any) -> Any:
    if hasattr(value, "detach"):
        value = value.detach()
        wide = value.double() if value.element_size() == 2 and value.is_floating_point() else value
        return [str(value.dtype).rpartition(".")[2], list(value.shape), (wide + 0).reshape(-1).tolist()]
    return [_numbers(each) for each in value] if isinstance(value, (tuple, list)) else value


def _found(module: Any, expression: str) -> Any:
    names = {
        "M": module, "L": module.linalg, "F": module.nn.functional, "INF": math.inf, "NAN": math.nan,
        "ramp": lambda *args: ramp(module, *args), "wave": lambda *args: wave(module, *args),
    }  # fmt: skip
    with warnings.catch_warnings(action="ignore"):
        try:
            return _numbers(eval(expression, names))
        except Exception as error:
            return f"{type(error).__name__.lstrip(chr(95))}: {str(error).strip().splitlines()[0]}"


def _close(found: Any, expected: Any, relative: float) -> bool:
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_close, found, expected, [relative] * len(found)))
    if isinstance(expected, complex):
        return _close(found.real, expected.real, relative) and _close(found.imag, expected.imag, relative)
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=relative, abs=relative, nan_ok=True)
    return bool(found == expected)


def assert_same(module: Any, torch: Any, expression: str, relative: float = 1e-5) -> None:
    """Both give the same dtypes, shapes and numbers, or the same error in the same words."""
    found, expected = _found(module, expression), _found(torch, expression)
    same = type(found) is type(expected) and _close(found, expected, relative)
    assert same, f"{found} is not {expected}"


def derivatives(module: Any, expression: str, values: dict[str, Any], second: bool) -> list[Any]:
    """The value of an expression of named tensors, and the first and the second derivatives of a weighted sum of it."""
    made = {
        name: value
        if module.__name__ == "torch"
        else module.tensor(value.tolist(), dtype=getattr(module, dtype_name(value)))
        for name, value in values.items()
    }
    leaves = [each.detach().requires_grad_() for each in made.values()]
    names = {
        "M": module,
        "L": module.linalg,
        "F": module.nn.functional,
        "INF": math.inf,
        **dict(zip(made, leaves, strict=True)),
    }
    with warnings.catch_warnings(action="ignore"):
        result = eval(expression, names)
        parts = module.view_as_real(result.resolve_conj()) if result.is_complex() else result
        weights = module.arange(1.0, parts.numel() + 1, dtype=parts.dtype).reshape(parts.shape)
        first = module.autograd.grad((parts * weights).sum(), leaves, create_graph=second, allow_unused=True)
        found: list[Any] = [result, *first]
        if second:
            norm = sum((grad * grad.conj()).real.sum() for grad in first if grad is not None and grad.requires_grad)
            nothing = (None,) * len(leaves)
            found += module.autograd.grad(norm, leaves, allow_unused=True) if hasattr(norm, "backward") else nothing
    return found


def dtype_name(tensor: Any) -> str:
    """``float32``, without the module."""
    return str(tensor.dtype).rpartition(".")[2]


def assert_same_derivatives(
    module: Any, torch: Any, expression: str, values: dict[str, Any], *, second: bool = True, relative: float = 1e-6
) -> None:
    """Value and derivatives are those of PyTorch, of which ``values`` are tensors; no derivative counts as zeros."""
    pairs = [derivatives(each, expression, values, second) for each in (module, torch)]
    for place, (found, expected) in enumerate(zip(*pairs, strict=True)):
        one, two = _numbers(found), _numbers(expected)
        if one is None or two is None:
            assert not any((one or two or [0, 0, []])[2]), f"{place}: {one} is not {two}"
        else:
            assert _close(one[1:], two[1:], relative), f"{place}: {one} is not {two}"
