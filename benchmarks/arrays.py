"""Large float32 arrays, without a graph: here the kernels decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

WIDTH = 100
SIZES = (10_000, 100_000, 1_000_000)

# A goal for each of the sizes.
STATEMENTS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "add": ("x + y", (0.8, 1.0, 1.1)),
    "mul": ("x * y", (0.8, 1.0, 1.1)),
    "exp": ("x.exp()", (0.8,) * 3),
    "log": ("x.log()", (0.8,) * 3),
    "tanh": ("x.tanh()", (0.8,) * 3),
    "relu": ("x.relu()", (1.0, 1.9, 1.9)),
    "sum": ("x.sum()", (1.4,) * 3),
    "sum-rows": ("x.sum(1)", (1.4,) * 3),
    "mean": ("x.mean()", (1.4,) * 3),
    "max": ("x.max()", (1.8,) * 3),
    "argmax-rows": ("x.argmax(1)", (0.5,) * 3),
    "var": ("x.var()", (0.5,) * 3),
    "softmax": ("torch.softmax(x, 1)", (1.5,) * 3),
    "log_softmax": ("torch.log_softmax(x, 1)", (1.8,) * 3),
}

MATRICES = {10_000: 100, 100_000: 316, 1_000_000: 1000}
"""The side of a square matrix of about so many elements."""


def pair(*shape: int) -> Setup:
    """Two random arrays of ``shape``."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        return {"torch": torch, "x": torch.rand(*shape).to(device), "y": torch.rand(*shape).to(device)}

    return setup


def cases() -> Iterator[Case]:
    for position, size in enumerate(SIZES):
        for name, (statement, goals) in STATEMENTS.items():
            yield Case(f"arrays/{name}/{size}", statement, pair(size // WIDTH, WIDTH), goals[position])
        side = MATRICES[size]
        yield Case(f"arrays/matmul/{size}", "x @ y", pair(side, side), 1.05)
        yield Case(f"arrays/bmm/{size}", "torch.bmm(x, y)", pair(size // 2500, 50, 50), 1.05)


CASES = list(cases())
