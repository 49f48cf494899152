"""Connectionist temporal classification: a block for each sample goes through its steps, its threads along the states.

For what is computed see :mod:`flambeau.ops.nn.ctc`. One launch forward; backward one from the other end, one that adds up what
the states of a class have, and one for the gradient. Nothing is asked of the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

from flambeau.backend import Array

from ._indexing import scatter_add
from ._source import launch, raw

__all__ = ["KERNELS", "WIDE_SOURCES"]

_SUM = """
// The logarithm of the sum of what three logarithms stand for; -inf where all of them are.
__device__ __forceinline__ T together(T a, T b, T c) {
    const T top = larger(larger(a, b), c);
    return top == -INFINITY ? top : log(exp(a - top) + exp(b - top) + exp(c - top)) + top;
}
#define EACH_STATE(s) for (i64 s = threadIdx.x; s < size; s += blockDim.x)
"""

_FORWARD = """
extern "C" __global__ void NAME(
    i64 length, i64 classes, i64 size, const S* log_probs, const i64* states, const i64* steps, const i64* labels, S* losses,
    S* alphas
) {
    const i64 sample = blockIdx.x, row = (i64)gridDim.x * size;
    const i64* own = states + sample * size;
    S* first = alphas + sample * size;
    for (i64 time = 0; time < length; ++time) {
        const S* scores = log_probs + (time * gridDim.x + sample) * classes;
        S* now = first + time * row;
        const S* before = now - row;
        EACH_STATE(s) {
            T reached = s < 2 ? T(0) : T(-INFINITY);
            if (time) {
                const bool skips = s > 1 && own[s] != own[s - 2];
                reached = together(before[s], s ? before[s - 1] : T(-INFINITY), skips ? before[s - 2] : T(-INFINITY));
            }
            now[s] = time || s < 2 ? reached + scores[own[s]] : reached;
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        const i64 last = 2 * labels[sample], done = steps[sample];
        const S* end = first + (done ? done - 1 : 0) * row;
        const T loss = -together(end[last], last ? end[last - 1] : T(-INFINITY), T(-INFINITY));
        losses[sample] = done ? loss : last ? T(INFINITY) : T(-0.0);
    }
}
"""

_SHARES = """
extern "C" __global__ void NAME(
    i64 length, i64 classes, i64 size, const S* log_probs, const i64* states, const i64* steps, const i64* labels,
    const S* losses, const S* alphas, S* shares
) {
    const i64 sample = blockIdx.x, row = (i64)gridDim.x * size, done = steps[sample], last = 2 * labels[sample];
    const i64* own = states + sample * size;
    S* first = shares + sample * size;
    const T loss = losses[sample];
    for (i64 time = length - 1; time >= -1; --time) {
        if (time >= 0) {
            const S* scores = log_probs + (time * gridDim.x + sample) * classes;
            S* now = first + time * row;
            const S* after = now + row;
            EACH_STATE(s) {
                T rest = -INFINITY;
                if (time == done - 1) {
                    if (s == last || s == last - 1) rest = scores[own[s]];
                } else if (time < done - 1) {
                    const bool skips = s + 2 < size && own[s] != own[s + 2];
                    rest = together(after[s], s + 1 < size ? after[s + 1] : T(-INFINITY), skips ? after[s + 2] : T(-INFINITY));
                    rest += scores[own[s]];
                }
                now[s] = rest;
            }
            __syncthreads();
        }
        // Nobody reads the logarithms of the step behind this one any more.
        if (time + 1 < length) {
            const S* scores = log_probs + ((time + 1) * gridDim.x + sample) * classes;
            const S* past = alphas + sample * size + (time + 1) * row;
            S* share = first + (time + 1) * row;
            EACH_STATE(s) share[s] = time + 1 < done ? exp(share[s] + past[s] + loss - scores[own[s]]) : T(0);
        }
    }
}
"""

_SLOPE = """
extern "C" __global__ void NAME(
    i64 count, i64 samples, i64 classes, const S* grad, const S* log_probs, const i64* steps, const S* losses,
    bool zero_infinity, S* slope
) {
    const i64 thread = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= count) return;
    const i64 sample = thread / classes % samples, time = thread / classes / samples;
    const T score = log_probs[thread], loss = losses[sample];
    if (time >= steps[sample] || (zero_infinity && loss == INFINITY)) {
        slope[thread] = 0;
        return;
    }
    const bool defined = score != -INFINITY && loss - loss == 0;  // so are finite ones alone
    slope[thread] = defined ? (exp(score) - slope[thread]) * grad[sample] : T(INFINITY) - T(INFINITY);
}
"""

WIDE_SOURCES = {"ctc_loss": _SUM + _FORWARD, "ctc_shares": _SUM + _SHARES, "ctc_slope": _SLOPE}
"""The texts, which are for floats of 32 and 64 bits."""

_MOST = 1024
"""Threads that a block may have."""


def _along_the_steps(name: str, log_probs: Array, states: Array, *arguments: Array) -> None:
    length, batch, classes = log_probs.shape
    size = states.shape[1]
    numbers = [np.int64(number) for number in (length, classes, size)]
    block = min(-(-size // 32) * 32, _MOST)
    raw(name, WIDE_SOURCES[name], log_probs.dtype.name)((batch,), (block,), (*numbers, log_probs, states, *arguments))


def _ctc_loss(log_probs: Array, states: Array, steps: Array, labels: Array) -> tuple[Array, Array]:
    log_probs, states, steps, labels = map(cupy.ascontiguousarray, (log_probs, states, steps, labels))
    losses = cupy.empty(states.shape[:1], log_probs.dtype)
    alphas = cupy.empty((len(log_probs), *states.shape), log_probs.dtype)
    _along_the_steps("ctc_loss", log_probs, states, steps, labels, losses, alphas)
    return losses, alphas


def _ctc_loss_backward(
    grad: Array, log_probs: Array, states: Array, steps: Array, labels: Array, losses: Array, alphas: Array,
    zero_infinity: bool,
) -> Array:  # fmt: skip
    given = (grad, log_probs, states, steps, labels, losses, alphas)
    grad, log_probs, states, steps, labels, losses, alphas = map(cupy.ascontiguousarray, given)
    shares = cupy.empty(alphas.shape, alphas.dtype)
    _along_the_steps("ctc_shares", log_probs, states, steps, labels, losses, alphas, shares)
    slope = cupy.zeros(log_probs.shape, log_probs.dtype)
    scatter_add(slope, 2, cupy.broadcast_to(states, shares.shape), shares)
    numbers = [np.int64(number) for number in log_probs.shape[1:]]
    arguments = (*numbers, grad, log_probs, steps, losses, np.bool_(zero_infinity), slope)
    launch("ctc_slope", WIDE_SOURCES["ctc_slope"], slope.dtype.name, slope.size, *arguments)
    return slope


KERNELS: dict[str, Callable[..., Any]] = {"ctc_loss": _ctc_loss, "ctc_loss_backward": _ctc_loss_backward}
"""By their names."""
