"""One direction of one recurrent layer: a row each, with a kernel or composed of steps, and the steps.

Sequences are packed: the rows of the first step stand before those of the second; ``sizes`` says how many each has, and does
not grow. What the input gives to the gates has been computed for all rows at once; a step adds what the state gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flambeau._dispatch.declare import fused
from flambeau._dispatch.slopes import through_composition
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import is_grad_enabled, no_grad
from flambeau.ops.elementwise.exponential import sigmoid
from flambeau.ops.elementwise.trigonometric import tanh
from flambeau.ops.linalg.matmul import linear
from flambeau.ops.movement.joining import cat
from flambeau.shapes import Shape

from .activation import relu

__all__ = ["gru_layer", "gru_step", "lstm_layer", "lstm_step", "rnn_layer", "rnn_step"]

States = tuple[Tensor, ...]
Gradients = list[Tensor | None]


# -- steps -------------------------------------------------------------------------------------------------------------


def lstm_step(gates: Tensor, c: Tensor, projection: Tensor | None = None) -> States:
    """The next (h, c) from the gates i, f, g and o, (sequences, 4 · width), before their functions."""
    i, f, g, o = gates.chunk(4, 1)
    cell = sigmoid(f) * c + sigmoid(i) * tanh(g)
    result = sigmoid(o) * tanh(cell)
    return (result if projection is None else linear(result, projection)), cell


def gru_step(given: Tensor, recurrent: Tensor, h: Tensor) -> Tensor:
    """The next h from what input and state give to the gates r, z and n, both (sequences, 3 · width)."""
    (r, z, n), (own_r, own_z, own_n) = given.chunk(3, 1), recurrent.chunk(3, 1)
    z = sigmoid(z + own_z)
    n = tanh(n + sigmoid(r + own_r) * own_n)
    return (h - n) * z + n


def rnn_step(gates: Tensor, relu_: bool) -> Tensor:
    """The next h."""
    return relu(gates) if relu_ else tanh(gates)


# -- layers composed of steps ------------------------------------------------------------------------------------------


def _walk(step: Callable[..., States], gates: Tensor, states: States, sizes: Shape, reverse: bool) -> States:
    """The results of all steps, packed, and the last states; ``step`` gets the gates and the states of its sequences."""
    results: list[Any] = [None] * len(sizes)
    pieces = gates.split(list(sizes))
    for position in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        size = sizes[position]
        after = step(pieces[position], *(state[:size] for state in states))
        results[position] = after[0]
        states = tuple(_with_rest(own, state) for own, state in zip(after, states, strict=True))
    return (cat(results), *states)


def _with_rest(own: Tensor, state: Tensor) -> Tensor:
    """The states of the sequences of a step, and behind them those of the others."""
    size = own.shape[0]
    return own if size == state.shape[0] else cat([own, state[size:]])


def _lstm_composed(tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool) -> States:
    input, h, c, w_ih, w_hh, *rest = tensors
    b_ih, b_hh, *projection = rest if biases else (None, None, *rest)

    def step(given: Tensor, h: Tensor, c: Tensor) -> States:
        return lstm_step(given + linear(h, w_hh, b_hh), c, *projection)

    return _walk(step, linear(input, w_ih, b_ih), (h, c), sizes, reverse)


def _gru_composed(tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool) -> States:
    input, h, w_ih, w_hh, *rest = tensors
    b_ih, b_hh = rest or (None, None)

    def step(given: Tensor, h: Tensor) -> States:
        return (gru_step(given, linear(h, w_hh, b_hh), h),)

    return _walk(step, linear(input, w_ih, b_ih), (h,), sizes, reverse)


def _rnn_composed(tensors: Sequence[Tensor], biases: bool, relu: bool, sizes: Shape, reverse: bool) -> States:
    input, h, w_ih, w_hh, *rest = tensors
    b_ih, b_hh = rest or (None, None)

    def step(given: Tensor, h: Tensor) -> States:
        return (rnn_step(given + linear(h, w_hh, b_hh), relu),)

    return _walk(step, linear(input, w_ih, b_ih), (h,), sizes, reverse)


# -- rows --------------------------------------------------------------------------------------------------------------


_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def _kernel(name: str, tensors: Sequence[Tensor], count: int) -> Any:
    """The kernel, where there is one for so many tensors: layers of projected states have none.

    Sizes that do not fit are left to the composition, whose ops refuse them.
    """
    type_ = tensors[0]._type
    if len(tensors) != count or not type_.real_floats or not type_.takes(name) or not _fit(name.split("_")[0], tensors):
        return None
    return getattr(type_.kernels, name)


def _fit(kind: str, tensors: Sequence[Tensor]) -> bool:
    """Whether the sizes of the weights, the biases and the states are those of the input and of each other."""
    states = 2 if kind == "lstm" else 1
    shapes = [tensor._array.shape for tensor in tensors]
    (_, features), (_, width), (rows, columns) = shapes[0], shapes[1], shapes[1 + states]
    return (
        (rows, columns) == (_GATES[kind] * width, features)
        and shapes[2 + states] == (rows, width)
        and all(shape == (rows,) for shape in shapes[3 + states :])
    )


def _computed(kernel: Any, tensors: Sequence[Tensor], weights: int, *options: Any) -> States:
    """What a kernel gives that takes biases behind so many tensors."""
    type_ = tensors[0]._type
    arrays = [tensor._array for tensor in tensors]
    found = kernel(*(arrays if len(arrays) > weights else (*arrays, None, None)), *options)
    return tuple(from_array(array, type_) for array in found)


def _composed(compose: Callable[..., States], tensors: Sequence[Tensor], extra: int, *options: Any) -> States:
    """What a layer gives without a kernel; the results that only kernels know how to use are empty."""
    with no_grad():
        return (*compose(tensors, *options), *(tensors[0].new_empty(0) for _ in range(extra)))


def _through_kernel(
    kernel: Any, given: Sequence[Tensor | None], kept: Sequence[Tensor], tensors: Sequence[Tensor], weights: int,
    *options: Any,
) -> Gradients:  # fmt: skip
    """The gradients by a kernel that takes those of the results, what was kept, and the tensors but for the biases."""
    type_, biases = tensors[0]._type, len(tensors) > weights
    arrays = [each if each is None else each._array for each in (*given, *kept, *tensors[:weights])]
    found = kernel(*arrays, *options, biases, tensors[0].requires_grad)
    return [None if array is None else from_array(array, type_) for array in found[: len(tensors)]]


def _lstm_tensors(
    given: Gradients, tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool, result_0: Tensor,
    result_3: Tensor, result_4: Tensor,
) -> Gradients:  # fmt: skip
    kernel = None if is_grad_enabled() else _kernel("lstm_layer_backward", tensors, 7 if biases else 5)
    if kernel is None:
        return through_composition(_lstm_composed, given, tensors, biases, sizes, reverse)
    return _through_kernel(kernel, given[:3], (result_0, result_3, result_4), tensors, 5, sizes, reverse)


@fused("lstm_layer", derivatives={"tensors": _lstm_tensors}, method=False, holomorphic=False)
def _lstm_layer(tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool) -> tuple[Tensor, ...]:
    """From (input, h, c, w_ih, w_hh), both biases or none, perhaps a projection: (results, last h, last c, two more)."""
    kernel = _kernel("lstm_layer", tensors, 7 if biases else 5)
    if kernel is None:
        return _composed(_lstm_composed, tensors, 2, biases, sizes, reverse)
    return _computed(kernel, tensors, 5, sizes, reverse)


def _gru_tensors(
    given: Gradients, tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool, result_0: Tensor,
    result_2: Tensor, result_3: Tensor,
) -> Gradients:  # fmt: skip
    kernel = None if is_grad_enabled() else _kernel("gru_layer_backward", tensors, len(tensors))
    if kernel is None:
        return through_composition(_gru_composed, given, tensors, biases, sizes, reverse)
    return _through_kernel(kernel, given[:2], (result_0, result_2, result_3), tensors, 4, sizes, reverse)


@fused("gru_layer", derivatives={"tensors": _gru_tensors}, method=False, holomorphic=False)
def _gru_layer(tensors: Sequence[Tensor], biases: bool, sizes: Shape, reverse: bool) -> tuple[Tensor, ...]:
    """From (input, h, w_ih, w_hh), both biases or none: (results, last h, two for the gradient)."""
    kernel = _kernel("gru_layer", tensors, len(tensors))
    if kernel is None:
        return _composed(_gru_composed, tensors, 2, biases, sizes, reverse)
    return _computed(kernel, tensors, 4, sizes, reverse)


def _rnn_tensors(
    given: Gradients, tensors: Sequence[Tensor], biases: bool, relu: bool, sizes: Shape, reverse: bool, result_0: Tensor
) -> Gradients:
    kernel = None if is_grad_enabled() else _kernel("rnn_layer_backward", tensors, len(tensors))
    if kernel is None:
        return through_composition(_rnn_composed, given, tensors, biases, relu, sizes, reverse)
    return _through_kernel(kernel, given[:2], (result_0,), tensors, 4, relu, sizes, reverse)


@fused("rnn_layer", derivatives={"tensors": _rnn_tensors}, method=False, holomorphic=False)
def _rnn_layer(tensors: Sequence[Tensor], biases: bool, relu: bool, sizes: Shape, reverse: bool) -> tuple[Tensor, ...]:
    """From (input, h, w_ih, w_hh), both biases or none: (results, last h)."""
    kernel = _kernel("rnn_layer", tensors, len(tensors))
    if kernel is None:
        return _composed(_rnn_composed, tensors, 0, biases, relu, sizes, reverse)
    return _computed(kernel, tensors, 4, relu, sizes, reverse)


# -- layers ------------------------------------------------------------------------------------------------------------


def lstm_layer(input: Tensor, states: States, params: Sequence[Tensor], sizes: Shape, reverse: bool) -> States:
    """(results, last h, last c) of packed input; ``params``: both weights, both biases or none, perhaps a projection."""
    return _lstm_layer((input, *states, *params), len(params) > 3, sizes, reverse)[:3]


def gru_layer(input: Tensor, states: States, params: Sequence[Tensor], sizes: Shape, reverse: bool) -> States:
    """(results, last h), as :func:`lstm_layer`."""
    return _gru_layer((input, *states, *params), len(params) > 2, sizes, reverse)[:2]


def rnn_layer(
    relu: bool, input: Tensor, states: States, params: Sequence[Tensor], sizes: Shape, reverse: bool
) -> States:
    """(results, last h), as :func:`lstm_layer`."""
    return _rnn_layer((input, *states, *params), len(params) > 2, relu, sizes, reverse)
