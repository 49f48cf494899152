"""Recurrent layers: a product and one kernel for each step. For what is computed see :mod:`flambeau.backend._array_rnn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy

from flambeau.backend import Array, Shape
from flambeau.backend._array_rnn import _backward, _of_gates, _of_input, _of_state, _parts, _started, _steps

from ._layers import elementwise

__all__ = ["KERNELS"]


def _lstm_layer(
    input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, sizes: Shape,
    reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    active = _of_input(cupy, input, w_ih, b_ih, b_hh)
    output, cells = (cupy.empty((active.shape[0], w_hh.shape[1]), input.dtype) for _ in range(2))
    h, c = h.copy(), c.copy()
    step, across = elementwise("lstm"), w_hh.T
    for rows, size in _steps(sizes, reverse):
        given = _parts(cupy.matmul(h[:size], across), 4)
        step(*given, *_parts(active[rows], 4), cells[rows], output[rows], h[:size], c[:size])
    return output, h, c, active, cells


def _lstm_layer_backward(
    grad_output: Array | None, grad_h: Array | None, grad_c: Array | None, output: Array, active: Array, cells: Array,
    input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    grads = cupy.empty_like(active)
    to_h, to_c = _started(cupy, grad_h, h), _started(cupy, grad_c, c)
    step = elementwise("lstm_backward")
    for rows, size, old in _backward(cupy, cells, c, sizes, reverse):
        dh, dc = to_h[:size], to_c[:size]
        if grad_output is not None:
            dh += grad_output[rows]
        step(*_parts(active[rows], 4), cells[rows], old, dh, dc, *_parts(grads[rows], 4))
        cupy.matmul(grads[rows], w_hh, out=dh)
    to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(cupy, grads, grads, input, w_ih, wanted, biases)
    to_w_hh = _of_state(cupy, grads, output, h, sizes, reverse)
    return to_input, to_h, to_c, to_w_ih, to_w_hh, to_b_ih, to_b_hh


def _gru_layer(
    input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, sizes: Shape,
    reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    active = _of_input(cupy, input, w_ih, b_ih)
    output, inner = (cupy.empty((active.shape[0], w_hh.shape[1]), input.dtype) for _ in range(2))
    h, step, across = h.copy(), elementwise("gru"), w_hh.T
    for rows, size in _steps(sizes, reverse):
        product = cupy.matmul(h[:size], across)
        if b_hh is not None:
            product += b_hh
        step(*_parts(product, 3), *_parts(active[rows], 3), inner[rows], output[rows], h[:size])
    return output, h, active, inner


def _gru_layer_backward(
    grad_output: Array | None, grad_h: Array | None, output: Array, active: Array, inner: Array, input: Array, h: Array,
    w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    grads, products = cupy.empty_like(active), cupy.empty_like(active)
    to_h, past, step = _started(cupy, grad_h, h), cupy.empty(h.shape, h.dtype), elementwise("gru_backward")
    for rows, size, old in _backward(cupy, output, h, sizes, reverse):
        dh, rest = to_h[:size], past[:size]
        if grad_output is not None:
            dh += grad_output[rows]
        gates, own = _parts(grads[rows], 3), _parts(products[rows], 3)
        step(*_parts(active[rows], 3), inner[rows], old, dh, *gates, *own, rest)
        cupy.matmul(products[rows], w_hh, out=dh)
        dh += rest
    to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(cupy, grads, products, input, w_ih, wanted, biases)
    return to_input, to_h, to_w_ih, _of_state(cupy, products, output, h, sizes, reverse), to_b_ih, to_b_hh


def _rnn_layer(
    input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, relu: bool, sizes: Shape,
    reverse: bool,
) -> tuple[Array, Array]:  # fmt: skip
    output, h = _of_input(cupy, input, w_ih, b_ih, b_hh), h.copy()
    step, across = elementwise("rnn_relu" if relu else "rnn_tanh"), w_hh.T
    for rows, size in _steps(sizes, reverse):
        step(cupy.matmul(h[:size], across), output[rows], h[:size])
    return output, h


def _rnn_layer_backward(
    grad_output: Array | None, grad_h: Array | None, output: Array, input: Array, h: Array, w_ih: Array, w_hh: Array,
    relu: bool, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    grads, to_h = cupy.empty_like(output), _started(cupy, grad_h, h)
    step = elementwise("rnn_relu_backward" if relu else "rnn_tanh_backward")
    for rows, size in _steps(sizes, not reverse):
        dh = to_h[:size]
        if grad_output is not None:
            dh += grad_output[rows]
        step(output[rows], dh, grads[rows])
        cupy.matmul(grads[rows], w_hh, out=dh)
    to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(cupy, grads, grads, input, w_ih, wanted, biases)
    return to_input, to_h, to_w_ih, _of_state(cupy, grads, output, h, sizes, reverse), to_b_ih, to_b_hh


KERNELS: dict[str, Callable[..., Any]] = {
    "lstm_layer": _lstm_layer, "lstm_layer_backward": _lstm_layer_backward, "gru_layer": _gru_layer,
    "gru_layer_backward": _gru_layer_backward, "rnn_layer": _rnn_layer, "rnn_layer_backward": _rnn_layer_backward,
}  # fmt: skip
"""By their names."""
