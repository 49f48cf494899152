"""Ten million numbers of the CPU's stream."""

from __future__ import annotations

from typing import Any

from .case import Case

__all__ = ["CASES"]

MANY = 10_000_000
# What the algorithms allow in NumPy, beside PyTorch's compiled loops.
_GOALS = {
    "rand": 0.9,
    "rand-64": 0.8,
    "randn": 3.5,
    "randint": 0.9,
    "randperm": 4.0,
    "bernoulli": 0.5,
    "dropout": 0.7,
    "exponential": 1.3,
}


def _setup(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "torch": torch,
        "device": device,
        "dropout": torch.nn.functional.dropout,
        "many": torch.empty(MANY, device=device),
        "ones": torch.ones(MANY, device=device),
    }


STATEMENTS = {
    "rand": f"torch.rand({MANY}, device=device)",
    "rand-64": f"torch.rand({MANY}, dtype=torch.float64, device=device)",
    "randn": f"torch.randn({MANY}, device=device)",
    "randn-64": f"torch.randn({MANY}, dtype=torch.float64, device=device)",
    "randint": f"torch.randint(0, 1000, ({MANY},), device=device)",
    "randperm": f"torch.randperm({MANY // 10}, device=device)",
    "bernoulli": "many.bernoulli_(0.5)",
    "dropout": "dropout(ones, 0.1)",
    "exponential": "many.exponential_()",
}

CASES = [Case(f"random/{name}", text, _setup, _GOALS.get(name)) for name, text in STATEMENTS.items()]
