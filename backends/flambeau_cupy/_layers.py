"""Kernels of layers: one CUDA kernel where a composition would launch one for every operation.

All of them are memory-bound, and every launch reads and writes its arrays once; halves are computed with in float32. The
statements are C; numbers in them are written ``T(0.5)``, because a plain ``0.5`` is of double precision, for which most devices
have few units. Operands broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flambeau.backend import Array

from ._halves import is_half
from ._layout import empty_in_order
from ._source import statement_kernel

__all__ = ["KERNELS", "STATEMENTS", "elementwise"]

_SIGMOID = "T(1) / (T(1) + exp(-({0})))"
_INNER = "(near + near * near * near * T(0.044715)) * T(0.7978845608028654)"
_NEAR = "T near = x > T(20) ? T(20) : x < T(-20) ? T(-20) : x;"  # further out tanh is flat, and its argument may be infinite

STATEMENTS = {
    "gelu": ("x", "y", "y = x * T(0.5) * (T(1) + erf(x * T(0.7071067811865476)));"),
    "gelu_tanh": ("x", "y", f"T near = x; y = x * T(0.5) * (T(1) + tanh({_INNER}));"),
    "gelu_backward": (
        "g x", "y",
        ("T density = exp(x * x * T(-0.5)) * T(0.3989422804014327); "
         "y = g * ((T(1) + erf(x * T(0.7071067811865476))) * T(0.5) + x * density);"),
    ),
    "gelu_tanh_backward": (
        "g x", "y",
        (f"{_NEAR} T gate = tanh({_INNER}); T slope = (near * near * T(0.134145) + T(1)) * T(0.7978845608028654); "
         "y = g * ((gate + T(1)) * T(0.5) + near * (T(1) - gate * gate) * slope * T(0.5));"),
    ),
    "sigmoid_backward": ("g r", "y", "y = g * r * (T(1) - r);"),
    "tanh_backward": ("g r", "y", "y = g * (T(1) - r * r);"),
    "silu": ("x", "y", "y = x / (T(1) + exp(-x));"),
    "silu_backward": ("g x", "y", f"T gate = {_SIGMOID.format('x')}; y = g * gate * (x * (T(1) - gate) + T(1));"),
    "normalize": ("x mean rstd", "y", "y = (x - mean) * rstd;"),
    "normalize_bias": ("x mean rstd b", "y", "y = (x - mean) * rstd + b;"),
    "channel_slope": ("g x mean scale factor shift", "y", "y = g * scale + (x - mean) * factor + shift;"),
    "lstm": (
        "p_enter p_keep p_fresh p_leave", "enter keep fresh leave cell y h c",
        (f"enter = {_SIGMOID.format('enter + p_enter')}; keep = {_SIGMOID.format('keep + p_keep')}; "
         f"fresh = tanh(fresh + p_fresh); leave = {_SIGMOID.format('leave + p_leave')}; "
         "c = keep * c + enter * fresh; cell = c; h = leave * tanh(c); y = h;"),
    ),
    "lstm_backward": (
        "enter keep fresh leave cell old dh", "dc d_enter d_keep d_fresh d_leave",
        ("T t = tanh(cell); d_leave = dh * t * leave * (T(1) - leave); T d = dc + dh * leave * (T(1) - t * t); "
         "d_enter = d * fresh * enter * (T(1) - enter); d_keep = d * old * keep * (T(1) - keep); "
         "d_fresh = d * enter * (T(1) - fresh * fresh); dc = d * keep;"),
    ),
    "gru": (
        "p_r p_z p_fresh", "r z fresh inner y h",
        (f"inner = p_fresh; r = {_SIGMOID.format('r + p_r')}; z = {_SIGMOID.format('z + p_z')}; "
         "fresh = tanh(fresh + r * p_fresh); h = (h - fresh) * z + fresh; y = h;"),
    ),
    "gru_backward": (
        "r z fresh inner old dh", "d_r d_z d_fresh own_r own_z own_fresh past",
        ("past = dh * z; d_z = (old - fresh) * dh * z * (T(1) - z); d_fresh = (dh - past) * (T(1) - fresh * fresh); "
         "d_r = d_fresh * inner * r * (T(1) - r); own_r = d_r; own_z = d_z; own_fresh = d_fresh * r;"),
    ),
    "rnn_tanh": ("p", "y h", "y = tanh(y + p); h = y;"),
    "rnn_relu": ("p", "y h", "T s = y + p; y = s < T(0) ? T(0) : s; h = y;"),
    "rnn_tanh_backward": ("y dh", "g", "g = dh * (T(1) - y * y);"),
    "rnn_relu_backward": ("y dh", "g", "g = y < T(0) ? T(0) : y == T(0) ? T(0) : dh;"),  # nan lets the gradient pass
}  # fmt: skip
"""Of each kernel what it reads, what it writes (and may read), and how. In CuPy, ``i`` is the name of the index."""


@cache
def elementwise(name: str, halves: bool = False, wide: tuple[str, ...] = ()) -> Any:
    """The kernel of a statement, for numbers of 16 bits but for those that are ``wide``, or for wider ones."""
    return statement_kernel(*STATEMENTS[name], f"flambeau_{name}", halves, wide)


def _made(name: str, like: Array, *operands: Any) -> Array:
    return elementwise(name, is_half(like))(*operands, empty_in_order(like))


def _gelu(a: Array, approximate: str) -> Array:
    return _made("gelu_tanh" if approximate == "tanh" else "gelu", a, a)


def _gelu_backward(grad: Array, a: Array, approximate: str) -> Array:
    return _made("gelu_tanh_backward" if approximate == "tanh" else "gelu_backward", a, grad, a)


def _silu(a: Array) -> Array:
    return _made("silu", a, a)


def _gate_backward(name: str) -> Callable[..., Array]:
    return lambda grad, saved: _made(name, saved, grad, saved)


KERNELS: dict[str, Callable[..., Any]] = {
    "gelu": _gelu, "gelu_backward": _gelu_backward, "silu": _silu,
    **{name: _gate_backward(name) for name in ("sigmoid_backward", "tanh_backward", "silu_backward")},
}  # fmt: skip
"""By their names."""
