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
    ("median", lambda t, x: t.median(x) * t.median(x, 1).values * x.nanmedian(0, True)[0], [(3, 3)]),
    ("median_ties", lambda t, x: (x.round() * x.detach().sign()).median() * x.round().mul(x).nanmedian(), [(4, 5)]),
    ("mode", lambda t, x: (x + x.detach().round() - x.detach()).mode(0)[0] * t.mode(x).values, [(3, 3)]),
    ("quantile", lambda t, x: t.quantile(x, 0.3) * t.quantile(x * x, 0.7, 1, True), [(3, 4)]),
    ("quantile_several", lambda t, x: t.quantile(x, t.tensor([0.2, 0.9], dtype=t.float64), 0) * x[:2], [(3, 4)]),
    ("quantile_of_q", lambda t, x, y: t.quantile(x, y.sigmoid()) * y, [(7,), (3,)]),
    ("quantile_midpoint", lambda t, x: t.quantile(x, 0.4, 1, interpolation="midpoint") ** 2, [(3, 4)]),
    ("quantile_nearest", lambda t, x: t.nanquantile(x, 0.4, 0, interpolation="nearest") ** 2, [(3, 4)]),
    ("nanquantile", lambda t, x: t.nanquantile(t.where(x > 0.5, x, float("nan")), 0.4, 0).nan_to_num() ** 2, [(5, 4)]),
    ("kthvalue", lambda t, x: t.kthvalue(x, 2).values * t.kthvalue(x, 3, keepdim=True)[0] * x, [(3, 3)]),
]
