"""Recurrent layers over a NumPy-like namespace: a loop over the steps, in memory that is taken once.

Sequences lie one step after another: rows of ``sizes[0]`` sequences, then of ``sizes[1]`` that are so long, and so on, where
sizes do not grow. The state is one array for all sequences; a step writes into its first rows. So a sequence that has ended
keeps its last state, and in reverse order one that has not begun yet its first. What the input gives to the gates is
computed for all rows at once; the active gates take its place, because memory that is touched first costs as much as all
functions of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

from .kernels import Array, Shape

__all__ = ["recurrent_kernels"]


def recurrent_kernels(xp: Any) -> dict[str, Callable[..., Any]]:
    """The layers and their gradients."""
    return {
        "lstm_layer": _lstm(xp), "lstm_layer_backward": _lstm_backward(xp), "gru_layer": _gru(xp),
        "gru_layer_backward": _gru_backward(xp), "rnn_layer": _rnn(xp), "rnn_layer_backward": _rnn_backward(xp),
    }  # fmt: skip


def _steps(sizes: Shape, reverse: bool) -> list[tuple[slice, int]]:
    """The rows of each step and how many there are, in the order in which the layer goes over them."""
    ends = accumulate(sizes)
    steps = [(slice(end - size, end), size) for end, size in zip(ends, sizes, strict=True)]
    return steps[::-1] if reverse else steps


def _parts(columns: Array, count: int) -> Iterator[Array]:
    """The columns in so many equal parts."""
    width = columns.shape[1] // count
    return (columns[:, start : start + width] for start in range(0, count * width, width))


def _of_input(xp: Any, input: Array, weight: Array, *biases: Array | None) -> Array:
    """What the input and the biases give to the gates."""
    gates = xp.matmul(input, weight.T)
    given = [bias for bias in biases if bias is not None]
    if given:
        gates += sum(given[1:], given[0])
    return gates


def _activate(xp: Any, halves: Array, scale: Array, shift: Array) -> None:
    """``tanh(x / 2) / 2 + 1 / 2`` in place, the logistic function, where ``x / 2`` is given; tanh where scale is 1, shift 0.

    Halving the weights instead of the gates saves a pass over these, and is exact.
    """
    xp.tanh(halves, out=halves)
    halves *= scale
    halves += shift


def _halved(scale: Array, w_ih: Array, w_hh: Array, *biases: Array | None) -> list[Any]:
    """Weights and biases with the rows of logistic gates halved."""
    rows = scale.reshape(-1, 1)
    return [w_ih * rows, w_hh * rows, *(None if bias is None else bias * scale for bias in biases)]


def _backward(xp: Any, results: Array, first: Array, sizes: Shape, reverse: bool) -> Iterator[tuple[slice, int, Array]]:
    """Every step, the last one first, with the state that it began with: the last results of its sequences."""
    steps = _steps(sizes, reverse)
    before = [(slice(0, 0), 0), *steps[:-1]]
    for (rows, size), (earlier, known) in zip(reversed(steps), reversed(before), strict=True):
        part = results[earlier][:size]
        yield rows, size, part if known >= size else xp.concatenate((part, first[known:size]))


def _started(xp: Any, grad: Array | None, like: Array) -> Array:
    """Memory for the gradient of a state, with that of the last one in it."""
    return xp.zeros_like(like) if grad is None else xp.array(grad, order="C")


def _of_state(xp: Any, grads: Array, results: Array, first: Array, sizes: Shape, reverse: bool) -> Array:
    """The gradient of the weight that states are multiplied by, from those of the gates."""
    size = sizes[0]
    if size != sizes[-1]:
        before = xp.empty_like(results)
        for rows, _, state in _backward(xp, results, first, sizes, reverse):
            before[rows] = state
        return xp.matmul(grads.T, before)
    ends, rest = slice(-size, None) if reverse else slice(size), slice(-size) if reverse else slice(size, None)
    known = slice(size, None) if reverse else slice(-size)
    product: Array = xp.matmul(grads[ends].T, first)
    if size and len(sizes) > 1:
        product += xp.matmul(grads[rest].T, results[known])
    return product


def _of_gates(
    xp: Any, grads: Array, own: Array, input: Array, weight: Array, wanted: bool, biases: bool
) -> tuple[Array | None, Array, Array | None, Array | None]:
    """The gradients of the input, of its weight and of both biases; those of the gates, and as the state gave to them."""
    to_input, to_weight = xp.matmul(grads, weight) if wanted else None, xp.matmul(grads.T, input)
    if not biases:
        return to_input, to_weight, None, None
    total = grads.sum(0)
    return to_input, to_weight, total, total.copy() if own is grads else own.sum(0)


# -- LSTM --------------------------------------------------------------------------------------------------------------


def _lstm(xp: Any) -> Callable[..., Any]:
    def lstm_layer(
        input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, sizes: Shape,
        reverse: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        width, dtype = w_hh.shape[1], input.dtype
        scale, shift = xp.full(4 * width, 0.5, dtype), xp.full(4 * width, 0.5, dtype)
        scale[2 * width : 3 * width], shift[2 * width : 3 * width] = 1, 0
        w_ih, w_hh, b_ih, b_hh = _halved(scale, w_ih, w_hh, b_ih, b_hh)
        active = _of_input(xp, input, w_ih, b_ih, b_hh)
        output, cells = (xp.empty((active.shape[0], width), dtype) for _ in range(2))
        h, c = h.copy(), c.copy()
        product, scratch = xp.empty((h.shape[0], 4 * width), dtype), xp.empty(h.shape, dtype)
        across = xp.ascontiguousarray(w_hh.T)
        for rows, size in _steps(sizes, reverse):
            now, cell, result, spare = active[rows], cells[rows], output[rows], scratch[:size]
            now += xp.matmul(h[:size], across, out=product[:size])
            _activate(xp, now, scale, shift)
            i, f, g, o = _parts(now, 4)
            xp.multiply(f, c[:size], out=cell)
            cell += xp.multiply(i, g, out=spare)
            c[:size] = cell
            h[:size] = xp.multiply(o, xp.tanh(cell, out=spare), out=result)
        return output, h, c, active, cells

    return lstm_layer


def _lstm_backward(xp: Any) -> Callable[..., Any]:
    def lstm_layer_backward(
        grad_output: Array | None, grad_h: Array | None, grad_c: Array | None, output: Array, active: Array, cells: Array,
        input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        weight, grads = xp.ascontiguousarray(w_hh), xp.empty_like(active)
        to_h, to_c = _started(xp, grad_h, h), _started(xp, grad_c, c)
        slopes = xp.empty((h.shape[0], active.shape[1]), active.dtype)
        scratch, squashed = xp.empty_like(to_h), xp.empty_like(to_h)
        for rows, size, old in _backward(xp, cells, c, sizes, reverse):
            dh, dc, spare, slope = to_h[:size], to_c[:size], scratch[:size], slopes[:size]
            i, f, g, o = _parts(active[rows], 4)
            to_i, to_f, to_g, to_o = _parts(grads[rows], 4)
            tanh_c = xp.tanh(cells[rows], out=squashed[:size])
            if grad_output is not None:
                dh += grad_output[rows]
            xp.multiply(dh, tanh_c, out=to_o)
            xp.multiply(tanh_c, tanh_c, out=spare)
            xp.subtract(1, spare, out=spare)
            spare *= o
            spare *= dh
            dc += spare
            xp.multiply(dc, g, out=to_i)
            xp.multiply(dc, old, out=to_f)
            xp.multiply(dc, i, out=to_g)
            dc *= f
            _slopes(xp, active[rows], slope)
            grads[rows] *= slope
            xp.matmul(grads[rows], weight, out=dh)
        to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(xp, grads, grads, input, w_ih, wanted, biases)
        to_w_hh = _of_state(xp, grads, output, h, sizes, reverse)
        return to_input, to_h, to_c, to_w_ih, to_w_hh, to_b_ih, to_b_hh

    return lstm_layer_backward


def _slopes(xp: Any, active: Array, slope: Array) -> None:
    """The derivatives of the gates of an LSTM, from their values: ``a (1 - a)``, and ``1 - a²`` of the third."""
    width = active.shape[1] // 4
    xp.subtract(1, active, out=slope)
    slope *= active
    third = slice(2 * width, 3 * width)
    xp.multiply(active[:, third], active[:, third], out=slope[:, third])
    xp.subtract(1, slope[:, third], out=slope[:, third])


# -- GRU ---------------------------------------------------------------------------------------------------------------


def _gru(xp: Any) -> Callable[..., Any]:
    def gru_layer(
        input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, sizes: Shape,
        reverse: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        width, dtype = w_hh.shape[1], input.dtype
        half = dtype.type(0.5)
        scale = xp.full(3 * width, half, dtype)
        scale[2 * width :] = 1
        w_ih, w_hh, b_ih, b_hh = _halved(scale, w_ih, w_hh, b_ih, b_hh)
        active = _of_input(xp, input, w_ih, b_ih)
        output, inner = (xp.empty((active.shape[0], width), dtype) for _ in range(2))
        h, products = h.copy(), xp.empty((h.shape[0], 3 * width), dtype)
        both, across = slice(0, 2 * width), xp.ascontiguousarray(w_hh.T)
        for rows, size in _steps(sizes, reverse):
            now, result, product, old = active[rows], output[rows], products[:size], h[:size]
            xp.matmul(old, across, out=product)
            if b_hh is not None:
                product += b_hh
            now[:, both] += product[:, both]
            _activate(xp, now[:, both], half, half)
            r, z, n = _parts(now, 3)
            inner[rows] = product[:, 2 * width :]
            n += xp.multiply(r, inner[rows], out=result)
            xp.tanh(n, out=n)
            xp.subtract(old, n, out=result)
            result *= z
            result += n
            h[:size] = result
        return output, h, active, inner

    return gru_layer


def _gru_backward(xp: Any) -> Callable[..., Any]:
    def gru_layer_backward(
        grad_output: Array | None, grad_h: Array | None, output: Array, active: Array, inner: Array, input: Array, h: Array,
        w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        weight, width = xp.ascontiguousarray(w_hh), w_hh.shape[1]
        grads, products = xp.empty_like(active), xp.empty_like(active)
        to_h, scratch, both = _started(xp, grad_h, h), xp.empty_like(h), slice(0, 2 * width)
        for rows, size, old in _backward(xp, output, h, sizes, reverse):
            grad, product, dh, past = grads[rows], products[rows], to_h[:size], scratch[:size]
            r, z, n = _parts(active[rows], 3)
            to_r, to_z, to_n = _parts(grad, 3)
            if grad_output is not None:
                dh += grad_output[rows]
            xp.multiply(dh, z, out=past)
            xp.subtract(old, n, out=to_z)
            to_z *= dh
            xp.multiply(n, n, out=to_n)
            xp.subtract(1, to_n, out=to_n)
            dh -= past
            to_n *= dh
            xp.multiply(to_n, inner[rows], out=to_r)
            slope = product[:, both]
            xp.subtract(1, active[rows][:, both], out=slope)
            slope *= active[rows][:, both]
            grad[:, both] *= slope
            product[:, both] = grad[:, both]
            xp.multiply(to_n, r, out=product[:, 2 * width :])
            xp.matmul(product, weight, out=dh)
            dh += past
        to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(xp, grads, products, input, w_ih, wanted, biases)
        return to_input, to_h, to_w_ih, _of_state(xp, products, output, h, sizes, reverse), to_b_ih, to_b_hh

    return gru_layer_backward


# -- the simple layer --------------------------------------------------------------------------------------------------


def _rnn(xp: Any) -> Callable[..., Any]:
    def rnn_layer(
        input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, relu: bool, sizes: Shape,
        reverse: bool,
    ) -> tuple[Array, Array]:  # fmt: skip
        output, h = _of_input(xp, input, w_ih, b_ih, b_hh), h.copy()
        across, products = xp.ascontiguousarray(w_hh.T), xp.empty_like(h)
        for rows, size in _steps(sizes, reverse):
            now = output[rows]
            now += xp.matmul(h[:size], across, out=products[:size])
            if relu:
                xp.maximum(now, 0, out=now)
            else:
                xp.tanh(now, out=now)
            h[:size] = now
        return output, h

    return rnn_layer


def _rnn_backward(xp: Any) -> Callable[..., Any]:
    def rnn_layer_backward(
        grad_output: Array | None, grad_h: Array | None, output: Array, input: Array, h: Array, w_ih: Array, w_hh: Array,
        relu: bool, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        weight, grads, to_h = xp.ascontiguousarray(w_hh), xp.empty_like(output), _started(xp, grad_h, h)
        for rows, size in _steps(sizes, not reverse):
            now, grad, dh = output[rows], grads[rows], to_h[:size]
            if grad_output is not None:
                dh += grad_output[rows]
            if relu:
                grad[...] = xp.where(now <= 0, 0, dh)  # nan lets the gradient pass, as relu does
            else:
                xp.multiply(now, now, out=grad)
                xp.subtract(1, grad, out=grad)
                grad *= dh
            xp.matmul(grad, weight, out=dh)
        to_input, to_w_ih, to_b_ih, to_b_hh = _of_gates(xp, grads, grads, input, w_ih, wanted, biases)
        return to_input, to_h, to_w_ih, _of_state(xp, grads, output, h, sizes, reverse), to_b_ih, to_b_hh

    return rnn_layer_backward
