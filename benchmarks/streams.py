"""The random streams on a GPU, flambeau's beside PyTorch's: ``python -m benchmarks.streams``, as JSON.

The same seeds must give the same numbers. Where PyTorch has no GPU, flambeau's numbers are drawn and compared with nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import flambeau

__all__ = ["DRAWS", "compare", "main"]

Draw = Callable[[Any, int], Any]

SEEDS = (0, 42, (1 << 40) + 12345)
SIZES = (1, 255, 1000, 270_337)
_SHOWN = 4

DRAWS: dict[str, Draw] = {
    "rand": lambda m, n: m.rand(n, device="cuda"),
    "rand-64": lambda m, n: m.rand(n, device="cuda", dtype=m.float64),
    "randn": lambda m, n: m.randn(n, device="cuda"),
    "randn-64": lambda m, n: m.randn(n, device="cuda", dtype=m.float64),
    "randint": lambda m, n: m.randint(0, 1000, (n,), device="cuda"),
    "randperm": lambda m, n: m.randperm(n, device="cuda"),
    "uniform_": lambda m, n: m.empty(n, device="cuda").uniform_(-1, 3),
    "normal_": lambda m, n: m.empty(n, device="cuda").normal_(1, 2),
    "exponential_": lambda m, n: m.empty(n, device="cuda").exponential_(2.0),
    "cauchy_": lambda m, n: m.empty(n, device="cuda").cauchy_(),
    "log_normal_": lambda m, n: m.empty(n, device="cuda").log_normal_(),
    "geometric_": lambda m, n: m.empty(n, device="cuda").geometric_(0.4),
    "random_": lambda m, n: m.empty(n, device="cuda", dtype=m.int64).random_(),
    "bernoulli_": lambda m, n: m.empty(n, device="cuda").bernoulli_(0.3),
    "dropout": lambda m, n: m.nn.functional.dropout(m.ones(n, device="cuda"), 0.3),
}


def _numbers(module: Any, draw: Draw, seed: int, size: int) -> list[float]:
    """Two draws behind one another."""
    module.manual_seed(seed)
    return [number for _ in range(2) for number in draw(module, size).tolist()]


def compare(torch: Any) -> list[dict[str, Any]]:
    """A row for each function, seed and size: whether the numbers are the same, and where they first are not."""
    return [
        {"draw": name, "seed": seed, "size": size} | _row(torch, draw, seed, size)
        for name, draw in DRAWS.items()
        for seed in SEEDS
        for size in SIZES
    ]


def _row(torch: Any, draw: Draw, seed: int, size: int) -> dict[str, Any]:
    try:
        found = _numbers(flambeau, draw, seed, size)
        if torch is None:
            return {"verdict": "not compared", "first": found[:_SHOWN]}
        expected = _numbers(torch, draw, seed, size)
    except Exception as error:  # one function that fails is a row, not the end
        return {"verdict": "error", "detail": f"{type(error).__name__}: {error}"[:300]}
    if found == expected:
        return {"verdict": "same", "first": found[:_SHOWN]}
    place = next(index for index, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
    return {
        "verdict": "differs", "place": place, "flambeau": found[place], "PyTorch": expected[place],
        "differing": sum(one != other for one, other in zip(found, expected, strict=True)),
    }  # fmt: skip


def _pytorch() -> Any:
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def main() -> int:
    """Print the rows; 1 if one differs or failed."""
    rows = compare(_pytorch())
    json.dump(rows, sys.stdout)
    return 1 if any(row["verdict"] in ("differs", "error") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
