"""Element-wise ops whose values and first two gradients are compared with PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CASES"]

Case = tuple[str, Callable[[Any, Any], Any], list[tuple[int, ...]]]


def _positive(x: Any) -> Any:
    return x * x + 0.5


CASES: list[Case] = [
    ("rsub", lambda t, x, y: t.rsub(x, y, alpha=3) + t.rsub(x, 2.5), [(2, 3), (3,)]),
    ("div_rounding", lambda t, x, y: x * t.div(x, _positive(y), rounding_mode="floor") + y * y.div(0.3, rounding_mode="trunc"),
     [(2, 3), (3,)]),
    ("fmax_fmin", lambda t, x, y: t.fmax(x, y) * t.fmin(x, 2 * y), [(2, 3), (3,)]),
    ("square", lambda t, x: t.square(x) * x, [(4,)]),
    ("float_power", lambda t, x, y: t.float_power(_positive(x), y) + x.float_power(3), [(2, 3), (3,)]),
    ("addcmul", lambda t, x, y, z: t.addcmul(x, y, z, value=0.5) * x + t.addcmul(x, y, z), [(2, 3), (3,), (2, 1)]),
    ("addcdiv", lambda t, x, y, z: t.addcdiv(x, y, _positive(z), value=0.5) * x, [(2, 3), (3,), (2, 1)]),
    ("lerp_tensor", lambda t, x, y, z: t.lerp(x, y, z) * x, [(2, 3), (3,), (2, 1)]),
    ("lerp_number", lambda t, x, y: x.lerp(y, 0.3) * t.lerp(x, y, 0.9), [(2, 3), (3,)]),
    ("frac_positive_sgn", lambda t, x: x.frac() * x + t.positive(x) * x.sgn() + t.fix(x), [(5,)]),
    ("round_decimals", lambda t, x: t.round(x * x, decimals=2) * x, [(5,)]),
    ("exp2", lambda t, x: t.exp2(x), [(5,)]),
    ("logaddexp", lambda t, x, y: t.logaddexp(x, 3 * y) * t.logaddexp2(x, y), [(2, 3), (3,)]),
    ("logit", lambda t, x: t.logit(x.sigmoid()) * t.logit(x.sigmoid(), 0.3), [(9,)]),
    ("xlogy", lambda t, x, y: t.xlogy(x, _positive(y)) + t.xlogy(2.0, _positive(x)) + t.xlogy(x, 3), [(2, 3), (3,)]),
    ("xlog1py", lambda t, x, y: t.special.xlog1py(x, _positive(y)) + t.special.xlog1py(x, 3), [(2, 3), (3,)]),
    ("entr", lambda t, x: t.special.entr(_positive(x)), [(5,)]),
    ("inverse_hyperbolic", lambda t, x: t.asinh(x) + t.acosh(_positive(x) + 1) + t.atanh(x / 3), [(5,)]),
    ("hypot", lambda t, x, y: t.hypot(x, y), [(2, 3), (3,)]),
    ("angles", lambda t, x: t.deg2rad(x * x) * t.rad2deg(x) + t.sinc(x), [(5,)]),
    ("copysign", lambda t, x, y: t.copysign(x * x, y) * x + t.copysign(x, -1.0), [(2, 3), (3,)]),
    ("ldexp", lambda t, x, y: t.ldexp(x, y) * x + t.ldexp(x, t.tensor([1, 2, 3])), [(2, 3), (3,)]),
    ("frexp", lambda t, x: t.frexp(x).mantissa * x, [(5,)]),
    ("nan_to_num", lambda t, x: t.nan_to_num(x * x), [(5,)]),
    ("clamp_two_tensors", lambda t, x, y, z: x.clamp(y, z) * x, [(4, 3), (3,), (4, 1)]),
    ("clamp_sides", lambda t, x, y: t.clamp(x, max=y) * x.clamp_min(0.2) + t.clamp_max(x, 0.5), [(4, 3), (3,)]),
    ("clip_crossed", lambda t, x: t.clip(x * x, 2.0, 1.0) + x, [(4,)]),
    ("erfc", lambda t, x: t.erfc(x) * x, [(5,)]),
    ("erfinv", lambda t, x: t.erfinv(x / 3), [(5,)]),
    ("erfcx", lambda t, x: t.special.erfcx(x), [(5,)]),
    ("ndtr", lambda t, x: t.special.ndtr(x) * t.special.log_ndtr(x), [(5,)]),
    ("ndtri", lambda t, x: t.special.ndtri(x / 5 + 0.5), [(5,)]),
    ("digamma", lambda t, x: t.digamma(_positive(x)).detach() * t.polygamma(3, _positive(x)), [(5,)]),
    ("polygamma", lambda t, x: t.polygamma(1, _positive(x)) * t.polygamma(2, _positive(x)), [(5,)]),
    ("mvlgamma", lambda t, x: t.mvlgamma(_positive(x) + 1, 3), [(5,)]),
    ("igamma", lambda t, x: t.igamma(t.tensor(1.5, dtype=t.float64), _positive(x)) * x, [(5,)]),
    ("igammac", lambda t, x: t.igammac(t.tensor(1.5, dtype=t.float64), _positive(x)) * x, [(5,)]),
    ("zeta", lambda t, x: t.special.zeta(3.0, _positive(x)), [(5,)]),
    ("i0", lambda t, x: t.i0(x) * t.special.i0e(x), [(5,)]),
    ("i1", lambda t, x: t.special.i1(x) * t.special.i1e(x), [(5,)]),
    ("inplace", lambda t, x, y: (x * 1).addcmul_(x, y).lerp_(y, 0.3).clamp_(-1, 1).hypot_(y), [(3,), (3,)]),
]  # fmt: skip
