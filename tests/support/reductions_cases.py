"""Reductions, scans, statistics and norms for the comparison with PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["CASES"]

inf = math.inf


def _holes(t: Any, x: Any) -> Any:
    """``x`` with some elements 0."""
    return x * (t.arange(x.numel()).reshape(x.shape) % 3 > 0)


def _nans(t: Any, x: Any) -> Any:
    return t.where(_holes(t, x) == 0, math.nan, x)


CASES: list[tuple[str, Callable[[Any, Any], Any], list[tuple[int, ...]]]] = [
    ("sum_dtype", lambda t, x: x.float().sum(0, dtype=t.float64) * x.sum((), True), [(3, 4)]),
    ("nansum", lambda t, x: t.nansum(_nans(t, x), 1) * t.nansum(_nans(t, x)), [(3, 4)]),
    ("nanmean", lambda t, x: t.nanmean(_nans(t, x), 1, True) * t.nanmean(_nans(t, x)), [(3, 4)]),
    ("prod_zeros", lambda t, x: _holes(t, x).prod(1) * _holes(t, x).prod(0).sum(), [(3, 4)]),
    ("prod_one_zero", lambda t, x: (x * t.tensor([1, 0, 1])).prod() * (x * t.tensor([1, 0, 0])).prod(), [(3,)]),
    ("prod_zero_dim", lambda t, x: x.prod() * x.prod(0), [()]),
    ("cumprod", lambda t, x: x.cumprod(1) * x.cumprod(0), [(3, 4)]),
    ("cumprod_zeros", lambda t, x: _holes(t, x).cumprod(1) * x + _holes(t, x).cumprod(0), [(5, 7)]),
    ("cumsum_inplace", lambda t, x: (x * x).cumsum_(1).cumprod_(0), [(3, 4)]),
    ("cummax", lambda t, x: x.cummax(1)[0] * x.cummin(0).values, [(4, 5)]),
    ("cummax_ties", lambda t, x: (x.round() * x.detach().sign()).cummax(1)[0] * x, [(4, 5)]),
    ("logcumsumexp", lambda t, x: t.logcumsumexp(x, 1) * t.logcumsumexp(x * 3, 0), [(3, 4)]),
    ("logsumexp_large", lambda t, x: t.logsumexp(x * 500, 0, True) * x, [(3, 4)]),
    ("aminmax", lambda t, x: x.aminmax(dim=1).max * x.aminmax(dim=1)[0] * x.aminmax().min, [(3, 4)]),
    ("amax_ties", lambda t, x: (x.round() * x).amax(1) * x.sign().mul(x).detach().sub(x).amax(), [(4, 6)]),
    ("max_all_ties", lambda t, x: t.maximum(x, x * 0).min() * t.minimum(x, x * 0).max() + x.max(), [(4, 6)]),
    ("var_correction", lambda t, x: x.var((0, 2), correction=2) * x.std(1, correction=0.5).sum(), [(2, 3, 4)]),
    ("var_mean", lambda t, x: t.var_mean(x, 1)[0] * t.var_mean(x, 1, False, True)[1], [(3, 4)]),
    ("std_mean", lambda t, x: t.std_mean(x, 1)[0] * t.std_mean(x, (0, 1), correction=0)[1], [(3, 4)]),
    ("cov", lambda t, x, y: t.cov(x, aweights=y * y + 0.1) * t.cov(x, fweights=t.tensor([1, 3, 0, 2])), [(3, 4), (4,)]),
    ("corrcoef", lambda t, x: t.corrcoef(x * x) * 2, [(3, 5)]),
    ("diff", lambda t, x, y: t.diff(x, 2, 0, prepend=y, append=x) ** 2, [(3, 2), (1, 2)]),
    ("trapezoid", lambda t, x, y: t.trapezoid(x, y, dim=0) * t.trapezoid(x, dx=0.3, dim=0) * x.sum(), [(4, 2), (4,)]),
    ("cumulative_trapezoid", lambda t, x, y: t.cumulative_trapezoid(x, y) * t.cumulative_trapezoid(x), [(2, 4), (2, 4)]),
    ("gradient", lambda t, x: t.gradient(x, spacing=0.5)[0] * t.gradient(x, edge_order=2)[1], [(3, 4)]),
    ("gradient_points", lambda t, x, y: t.gradient(x, spacing=(y.cumsum(0).exp(),), dim=1)[0] * x, [(2, 4), (4,)]),
    ("norm", lambda t, x: x.norm() * x.norm(1, 1) * x.norm(inf, 1) * x.norm(-inf, 1) * t.norm(x, 3, (0, 1)), [(3, 4)]),
    ("norm_powers", lambda t, x: t.norm(x, 0.5) * t.norm(x, 1.5, 1) * t.norm(x, -2, 1, True), [(3, 4)]),
    ("norm_corners", lambda t, x: x.round().norm(inf) * (x * 0).norm(1) + x.norm(inf), [(3, 4)]),
    ("dist", lambda t, x, y: t.dist(x, y) * t.dist(x, y, 3) * t.dist(x, y, inf) * x.dist(y, 1), [(3, 4), (4,)]),
    ("renorm", lambda t, x: t.renorm(x, 2, 0, 2.5) * t.renorm(x, 1, 1, 1.0) * t.renorm(x, inf, 0, 0.5), [(3, 4)]),
    ("softmax_dtype", lambda t, x: x.float().softmax(1, dtype=t.float64) * x.float().log_softmax(0, t.float64), [(3, 4)]),
]  # fmt: skip
"""Name, function of the module and tensors, shapes of the tensors."""
