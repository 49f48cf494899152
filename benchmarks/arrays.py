"""Large float32 arrays, without a graph: here the kernels decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

WIDTH = 100
SIZES = (10_000, 100_000, 1_000_000)

# A goal for each of the sizes.
STATEMENTS: dict[str, tuple[str, tuple[float | None, float | None, float | None]]] = {
    "add": ("x + y", (0.8, 1.0, 1.1)),
    "mul": ("x * y", (0.8, 1.0, 1.1)),
    "exp": ("x.exp()", (0.65,) * 3),
    "log": ("x.log()", (0.45,) * 3),
    "tanh": ("x.tanh()", (0.2,) * 3),
    "sin": ("x.sin()", (0.8,) * 3),
    "pow": ("x ** 1.5", (0.8,) * 3),
    "less": ("x < y", (0.4,) * 3),
    "where": ("torch.where(mask, x, y)", (0.4,) * 3),
    "relu": ("x.relu()", (1.0, None, 1.3)),
    "gelu": ("functional.gelu(x)", (None, None, 2.0)),
    "silu": ("functional.silu(x)", (None, None, 2.0)),
    "sigmoid": ("x.sigmoid()", (None, None, 2.0)),
    "sum": ("x.sum()", (2.0, 1.4, 1.3)),
    "sum-rows": ("x.sum(1)", (2.0, 1.4, 1.3)),
    "mean": ("x.mean()", (2.0, 1.4, 1.3)),
    "max": ("x.max()", (None, 0.8, 0.8)),
    "argmax-rows": ("x.argmax(1)", (None, 0.4, 0.4)),
    "var": ("x.var()", (None, 0.4, 0.4)),
    "softmax": ("x.softmax(1)", (None, 1.3, 1.3)),
    "log_softmax": ("x.log_softmax(1)", (None, 1.4, 1.4)),
}

MATRICES = {10_000: 100, 100_000: 316, 1_000_000: 1000}
"""The side of a square matrix of about so many elements."""


def pair(*shape: int) -> Setup:
    """Two random arrays of ``shape``."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        x, y = torch.rand(*shape).to(device), torch.rand(*shape).to(device)
        return {"torch": torch, "functional": torch.nn.functional, "x": x, "y": y, "mask": x > 0.5}

    return setup


def cases() -> Iterator[Case]:
    for position, size in enumerate(SIZES):
        for name, (statement, goals) in STATEMENTS.items():
            yield Case(f"arrays/{name}/{size}", statement, pair(size // WIDTH, WIDTH), goals[position])
        side = MATRICES[size]
        yield Case(f"arrays/matmul/{size}", "x @ y", pair(side, side), 1.0)
        yield Case(f"arrays/bmm/{size}", "torch.bmm(x, y)", pair(size // 2500, 50, 50), 0.85)


FRESH = 10_000_000
"""Elements of results that no memory is kept for."""

CASES = [*cases(), Case(f"arrays/add/{FRESH}", "x + y", pair(FRESH // WIDTH, WIDTH), 0.5)]
