"""Gates and their gradients in blocks that stay in the cache: of whole arrays, memory takes more time than arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np

from . import _special, _threads

__all__ = ["KERNELS"]

_BLOCK = 1 << 18
"""Elements of a block: those of smaller ones stay in a nearer cache, but there are more calls."""
_FACTOR, _CUBIC = sqrt(2 / pi), 0.044715
"""Of the approximation: see the composition in :mod:`flambeau.ops.nn.gates`."""


def _silu(a: np.ndarray, out: np.ndarray) -> None:
    np.multiply(a, -1.0, out=out)
    np.exp(out, out=out)  # which may be infinite: the quotient is 0
    np.add(out, 1.0, out=out)
    np.divide(a, out, out=out)


def _gelu(a: np.ndarray, approximate: str) -> np.ndarray:
    return _in_blocks(_by_tanh if approximate == "tanh" else _by_erf, a)


def _gelu_backward(grad: np.ndarray, a: np.ndarray, approximate: str) -> np.ndarray:
    return _in_blocks(_slope_by_tanh if approximate == "tanh" else _slope_by_erf, a, grad)


def _in_blocks(compute: Callable[..., Any], a: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """``compute(*blocks, out)`` of all blocks, which have nearly the same size; of memory in another order at once."""
    if a.size <= _BLOCK or not a.flags.c_contiguous:
        result = np.asarray(np.multiply(a, others[0] if others else 0.5))  # in the order that NumPy's results have
        compute(a, *others, result)
        return result
    result = np.empty_like(a)
    flat = [each.reshape(-1) for each in (a, *others, result)]
    count = -(-a.size // _BLOCK)

    def fill(block: int) -> None:
        piece = slice(a.size * block // count, a.size * (block + 1) // count)
        compute(*[each[piece] for each in flat])

    _threads.each(fill, count)
    return result


def _by_erf(a: np.ndarray, out: np.ndarray) -> None:
    if _special.is_large_single(a):
        np.true_divide(a, _special.reciprocal_of_ndtr(a, out), out)
        return
    np.multiply(a, sqrt(0.5), out=out)
    gate = _special.erf(out)
    gate += 1.0
    np.multiply(a, 0.5, out=out)
    np.multiply(out, gate, out=out)


def _slope_by_erf(a: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
    gate = _distribution(a, out)
    np.multiply(a, a, out=out)
    np.multiply(out, -0.5, out=out)
    np.exp(out, out=out)
    np.multiply(out, 1 / sqrt(2 * pi), out=out)
    np.multiply(out, a, out=out)
    np.add(out, gate, out=out)
    np.multiply(out, grad, out=out)


def _distribution(a: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """The normal distribution function, in an array of its own."""
    if _special.is_large_single(a):
        return np.asarray(np.true_divide(1.0, _special.reciprocal_of_ndtr(a, scratch)))
    np.multiply(a, sqrt(0.5), out=scratch)
    gate = np.asarray(_special.erf(scratch))
    gate += 1.0
    gate *= 0.5
    return gate


def _gate_by_tanh(a: np.ndarray) -> np.ndarray:
    gate = np.asarray(np.multiply(a, a))
    gate *= a
    gate *= _CUBIC
    gate += a
    gate *= _FACTOR
    return np.asarray(np.tanh(gate, out=gate))


def _by_tanh(a: np.ndarray, out: np.ndarray) -> None:
    gate = _gate_by_tanh(a)
    gate += 1.0
    np.multiply(a, 0.5, out=out)
    np.multiply(out, gate, out=out)


def _slope_by_tanh(a: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
    near = np.asarray(a.clip(-20.0, 20.0))  # further out the tangent is flat, and its argument may be infinite
    gate = _gate_by_tanh(near)
    np.multiply(near, near, out=out)
    np.multiply(out, 3 * _CUBIC, out=out)
    np.add(out, 1.0, out=out)
    near *= _FACTOR * 0.5
    np.multiply(out, near, out=out)
    near = np.multiply(gate, gate, out=near)
    np.subtract(1.0, near, out=near)
    np.multiply(out, near, out=out)
    gate += 1.0
    gate *= 0.5
    np.add(out, gate, out=out)
    np.multiply(out, grad, out=out)


def _slope_of_sigmoid(result: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
    np.subtract(1.0, result, out=out)
    np.multiply(out, result, out=out)
    np.multiply(out, grad, out=out)


def _slope_of_tanh(result: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
    np.multiply(result, result, out=out)
    np.subtract(1.0, out, out=out)
    np.multiply(out, grad, out=out)


def _slope_of_silu(a: np.ndarray, grad: np.ndarray, out: np.ndarray) -> None:
    np.negative(a, out=out)
    np.exp(out, out=out)  # which may be infinite: then the gate is 0
    np.add(out, 1.0, out=out)
    gate = np.asarray(np.divide(1.0, out))
    np.subtract(1.0, gate, out=out)
    np.multiply(out, a, out=out)
    np.add(out, 1.0, out=out)
    gate *= grad
    np.multiply(out, gate, out=out)


KERNELS: dict[str, Callable[..., np.ndarray]] = {
    "gelu": _gelu,
    "gelu_backward": _gelu_backward,
    "sigmoid_backward": lambda grad, result: _in_blocks(_slope_of_sigmoid, result, grad),
    "tanh_backward": lambda grad, result: _in_blocks(_slope_of_tanh, result, grad),
    "silu": lambda a: _in_blocks(_silu, a),
    "silu_backward": lambda grad, a: _in_blocks(_slope_of_silu, a, grad),
}
"""By their names."""
