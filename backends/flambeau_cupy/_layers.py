"""Kernels of layers: one CUDA kernel where a composition would launch one for every operation.

All of them are memory-bound, and every launch reads and writes its arrays once. The statements are C; numbers in them are
written ``T(0.5)``, because a plain ``0.5`` is of double precision, for which most devices have few units. Operands broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any

import cupy

from flambeau.backend import Array
from flambeau.backend._array_loss import entropy_kernels

__all__ = ["KERNELS", "STATEMENTS", "SUMS", "elementwise", "summed"]

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
    "silu_backward": ("g x", "y", f"T gate = {_SIGMOID.format('x')}; y = g * gate * (x * (T(1) - gate) + T(1));"),
    "share": ("x top total", "y", "y = exp(x - top) / total;"),
    "softmax_backward": ("g r total", "y", "y = (g - total) * r;"),
    "log_softmax": ("x top total", "y", "y = x - top - log(total);"),
    "log_softmax_backward": ("g r total", "y", "y = g - exp(r) * total;"),
    "spread": ("squares count eps", "y", "y = T(1) / sqrt(squares / count + eps);"),
    "normalize": ("x mean rstd", "y", "y = (x - mean) * rstd;"),
    "normalize_weight": ("x mean rstd w", "y", "y = (x - mean) * rstd * w;"),
    "normalize_bias": ("x mean rstd b", "y", "y = (x - mean) * rstd + b;"),
    "normalize_weight_bias": ("x mean rstd w b", "y", "y = (x - mean) * rstd * w + b;"),
    "layer_slope": (
        "g x mean rstd w total product count", "y",
        "y = (g * w - total / count - (x - mean) * rstd * product / count) * rstd;",
    ),
    "channel_slope": ("g x mean scale factor shift", "y", "y = g * scale + (x - mean) * factor + shift;"),
    "hide": ("h low", "s", "s = h > T(0) ? low : s;"),
    "weigh": ("x logs", "y", "y = exp(x - logs);"),
    "score_slope": ("w dots total", "s", "s = (s - dots / total) * w;"),
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

SUMS = {
    "powers": ("x top", "exp(x - top)"),
    "products": ("g r", "g * r"),
    "squares": ("x mean", "(x - mean) * (x - mean)"),
    "deviations": ("g x mean", "g * (x - mean)"),
    "normal": ("g x mean rstd", "g * (x - mean) * rstd"),
    "weighted_normal": ("g x mean rstd w", "g * w * (x - mean) * rstd"),
}
"""What sums are of."""


def _typed(names: str) -> str:
    return ", ".join(f"T {name}" for name in names.split())


@cache
def elementwise(name: str) -> Any:
    """The kernel of a statement."""
    reads, writes, statement = STATEMENTS[name]
    return cupy.ElementwiseKernel(_typed(reads), _typed(writes), statement, f"flambeau_{name}")


@cache
def summed(name: str) -> Any:
    """The sum of what is computed of each element, over axes: one pass over memory."""
    reads, term = SUMS[name]
    return cupy.ReductionKernel(_typed(reads), "T y", term, "a + b", "y = a", "0", f"flambeau_sum_of_{name}")


def _made(name: str, like: Array, *operands: Any) -> Array:
    return elementwise(name)(*operands, cupy.empty(like.shape, like.dtype))


# -- softmax ---------------------------------------------------------------------------------------------


def _softmax(a: Array, dim: int) -> Array:
    if not a.size:
        return a.copy()
    top = cupy.amax(a, axis=dim, keepdims=True)
    return _made("share", a, a, top, summed("powers")(a, top, axis=dim, keepdims=True))


def _softmax_backward(grad: Array, result: Array, dim: int) -> Array:
    return _made("softmax_backward", grad, grad, result, summed("products")(grad, result, axis=dim, keepdims=True))


def _log_softmax(a: Array, dim: int) -> Array:
    if not a.size:
        return a.copy()
    top = cupy.amax(a, axis=dim, keepdims=True)
    return _made("log_softmax", a, a, top, summed("powers")(a, top, axis=dim, keepdims=True))


def _log_softmax_backward(grad: Array, result: Array, dim: int) -> Array:
    return _made("log_softmax_backward", grad, grad, result, cupy.sum(grad, axis=dim, keepdims=True, dtype=grad.dtype))


def _parts(a: Array, out: None) -> tuple[Array, Array, Array]:
    top = cupy.amax(a, axis=1, keepdims=True)
    total = summed("powers")(a, top, axis=1, keepdims=True)
    return cupy.subtract(a, top), cupy.log(total[:, 0]), _made("share", a, a, top, total)


# -- gates -----------------------------------------------------------------------------------------------


def _gelu(a: Array, approximate: str) -> Array:
    return _made("gelu_tanh" if approximate == "tanh" else "gelu", a, a)


def _gelu_backward(grad: Array, a: Array, approximate: str) -> Array:
    return _made("gelu_tanh_backward" if approximate == "tanh" else "gelu_backward", a, grad, a)


def _gate_backward(name: str) -> Callable[..., Array]:
    return lambda grad, saved: _made(name, saved, grad, saved)


# -- normalisation ---------------------------------------------------------------------------------------


def _normalized(a: Array, mean: Array, rstd: Array, weight: Array | None, bias: Array | None) -> Array:
    given = {"weight": weight, "bias": bias}
    name = "_".join(["normalize", *(key for key, value in given.items() if value is not None)])
    return _made(name, a, a, mean, rstd, *(value for value in given.values() if value is not None))


def _layer_norm(a: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    mean = cupy.mean(a, axis=1, keepdims=True)
    squares = summed("squares")(a, mean, axis=1, keepdims=True)
    rstd = _made("spread", squares, squares, float(a.shape[1]), eps)
    return _normalized(a, mean, rstd, weight, bias), mean[:, 0], rstd[:, 0]


def _layer_norm_backward(grad: Array, a: Array, mean: Array, rstd: Array, weight: Array | None) -> Array:
    if weight is None:
        weight = cupy.ones(a.shape[1], a.dtype)
    total = summed("products")(grad, weight, axis=1, keepdims=True)
    product = summed("weighted_normal")(grad, a, mean, rstd, weight, axis=1, keepdims=True)
    return _made("layer_slope", a, grad, a, mean, rstd, weight, total, product, float(a.shape[1]))


def _layer_norm_weight(grad: Array, a: Array, mean: Array, rstd: Array) -> Array:
    return summed("normal")(grad, a, mean, rstd, axis=0)


def _channel_moments(a: Array) -> tuple[Array, Array]:
    mean = cupy.mean(a, axis=(0, 2))
    squares = summed("squares")(a, mean[:, None], axis=(0, 2))
    return mean, squares / squares.dtype.type(a.shape[0] * a.shape[2])


def _channel_scale(a: Array, mean: Array, scale: Array, bias: Array | None) -> Array:
    return _normalized(a, mean[:, None], scale[:, None], None, None if bias is None else bias[:, None])


def _channel_sums(grad: Array, a: Array, mean: Array) -> tuple[Array, Array]:
    total = cupy.sum(grad, axis=(0, 2), dtype=grad.dtype)
    return total, summed("deviations")(grad, a, mean[:, None], axis=(0, 2))


def _channel_slope(grad: Array, a: Array, mean: Array, scale: Array, factor: Array, shift: Array) -> Array:
    return _made("channel_slope", a, grad, a, *(each[:, None] for each in (mean, scale, factor, shift)))


# -- attention -------------------------------------------------------------------------------------------


def _scores(query: Array, key: Array, mask: Array | None, scale: float) -> Array:
    scores = cupy.matmul(query * query.dtype.type(scale), key.transpose(0, 2, 1))
    if mask is not None:
        count, (batch, heads) = len(scores), mask.shape[:2]
        batch = batch if heads == 1 else count // heads
        by_head = scores.reshape(batch, count // batch, *scores.shape[1:])
        cupy.add(by_head, mask, out=by_head)
    return scores


def _hide(scores: Array, low: float) -> None:
    """Writes ``low`` where a key comes behind the query."""
    rows, keys = (cupy.arange(size) for size in scores.shape[1:])
    elementwise("hide")(cupy.less(rows[:, None], keys).astype(scores.dtype), low, scores)


def _attention(
    query: Array, key: Array, value: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    scores = _scores(query, key, mask, scale)
    if causal:
        _hide(scores, -inf)
    top = cupy.amax(scores, axis=2, keepdims=True)
    blind = cupy.equal(top, -inf)
    cupy.copyto(top, 0, where=blind)
    total = summed("powers")(scores, top, axis=2, keepdims=True)
    cupy.copyto(total, 1, where=blind)
    values = cupy.matmul(_made("share", scores, scores, top, total), value)
    logs = cupy.add(cupy.log(total), top)
    cupy.copyto(logs, inf, where=blind)  # with which the backward pass makes zeros, too
    return values, logs


def _attention_backward(
    grad: Array, query: Array, key: Array, value: Array, logs: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array, Array]:
    scores = _scores(query, key, mask, scale)
    if causal:
        _hide(scores, -inf)
    weights = _made("weigh", scores, scores, logs)
    of_value = cupy.matmul(weights.transpose(0, 2, 1), grad)
    slope = cupy.matmul(grad, value.transpose(0, 2, 1))
    dots = summed("products")(slope, weights, axis=2, keepdims=True)
    total = cupy.sum(weights, axis=2, keepdims=True, dtype=weights.dtype)
    cupy.copyto(total, 1, where=cupy.equal(total, 0))
    elementwise("score_slope")(weights, dots, total, slope)
    factor = slope.dtype.type(scale)
    of_query, of_key = cupy.matmul(slope, key), cupy.matmul(slope.transpose(0, 2, 1), query)
    return cupy.multiply(of_query, factor), cupy.multiply(of_key, factor), of_value


def _sum(a: Array, dims: Any, keepdim: bool) -> Array:
    return cupy.sum(a, axis=dims, keepdims=keepdim, dtype=a.dtype)


KERNELS: dict[str, Callable[..., Any]] = {
    "softmax": _softmax, "softmax_backward": _softmax_backward, "log_softmax": _log_softmax,
    "log_softmax_backward": _log_softmax_backward, **entropy_kernels(cupy, _sum, _parts),
    "gelu": _gelu, "gelu_backward": _gelu_backward,
    **{name: _gate_backward(name) for name in ("sigmoid_backward", "tanh_backward", "silu_backward")},
    "layer_norm": _layer_norm, "layer_norm_backward": _layer_norm_backward, "layer_norm_weight": _layer_norm_weight,
    "channel_moments": _channel_moments, "channel_scale": _channel_scale, "channel_sums": _channel_sums,
    "channel_slope": _channel_slope, "attention": _attention, "attention_backward": _attention_backward,
}  # fmt: skip
"""By their names."""
