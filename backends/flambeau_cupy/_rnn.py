"""Layers of LSTM: a product and one kernel for each step. For what is computed see :mod:`flambeau.backend._array_rnn`."""

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


KERNELS: dict[str, Callable[..., Any]] = {
    "lstm_layer": _lstm_layer, "lstm_layer_backward": _lstm_layer_backward,
}  # fmt: skip
"""By their names."""
