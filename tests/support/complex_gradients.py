"""First and second derivatives of expressions of complex tensors, on this library and on PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

__all__ = ["assert_same_complex_gradients"]


def assert_same_complex_gradients(own: Any, torch: Any, expression: str) -> None:
    """The value and both derivatives agree; ``z`` and ``w`` are complex, ``r`` is real, ``M`` is the module."""
    outcomes = []
    for module in (own, torch):
        z = module.tensor([[1 + 1j, 2 + 0.5j], [0.5j - 2, -1 + 3j]], dtype=module.complex128).requires_grad_()
        w = module.tensor([[0.5 - 1j, 1 + 0.25j], [2j + 1, -1.5 + 1j]], dtype=module.complex128).requires_grad_()
        r = module.tensor([[1.0, 2.5], [0.75, -3.0]], dtype=module.float64).requires_grad_()
        with warnings.catch_warnings(action="ignore"):
            result = eval(expression, {"M": module, "z": z, "w": w, "r": r})
            weights = module.arange(1.0, result.numel() + 1, dtype=module.float64).reshape(result.shape)
            weighted = result * weights * (1 - 2j) if result.is_complex() else result * weights
            value = (weighted.real if weighted.is_complex() else weighted).sum()
            first = module.autograd.grad(value, (z, w, r), create_graph=True, allow_unused=True)
            norm = sum((grad * grad.conj()).real.sum() for grad in first if grad is not None)
            second = (None, None, None)
            if norm.requires_grad:
                second = module.autograd.grad(norm, (z, w, r), allow_unused=True)
        outcomes.append([result, *first, *second])
    for found, expected in zip(*outcomes, strict=True):
        numbers = [0.0] if found is None else (found + 0).flatten().tolist()
        assert numbers == pytest.approx(
            [0.0] if expected is None else (expected + 0).flatten().tolist(), rel=1e-6, abs=1e-8
        )
