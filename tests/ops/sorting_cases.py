"""Orders, medians and quantiles for the comparison of gradients with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CASES"]


CASES: list[tuple[str, Callable[[Any, Any], Any], list[tuple[int, ...]]]] = [
    ("sort", lambda t, x: t.sort(x, 0).values * t.sort(x, descending=True)[0] * x, [(3, 4)]),
    ("sort_zero_dim", lambda t, x: t.sort(x)[0] * x, [()]),
    ("msort", lambda t, x: t.msort(x) ** 2 * x, [(3, 4)]),
    ("topk", lambda t, x: t.topk(x, 2).values * t.topk(x * x, 2, largest=False)[0], [(3, 4)]),
    ("topk_dim", lambda t, x: t.topk(x, 2, 0).values ** 2, [(3, 4)]),
    ("kthvalue", lambda t, x: t.kthvalue(x, 2).values * t.kthvalue(x, 3, keepdim=True)[0] * x, [(3, 3)]),
]
