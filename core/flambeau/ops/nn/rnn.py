"""Recurrent layers, stacked and in both directions, and their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flambeau._dispatch.runtime import not_a_tensor
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name
from flambeau.ops.linalg.matmul import linear
from flambeau.ops.movement.joining import cat, stack
from flambeau.shapes import Shape

from ._recurrent_layers import gru_layer, gru_step, lstm_layer, lstm_step, rnn_layer, rnn_step
from .dropout import dropout as _dropout

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]

_Layer = Callable[[Tensor, tuple[Tensor, ...], Sequence[Tensor], Shape, bool], tuple[Tensor, ...]]

_OPTIONS = ("has_biases", "num_layers", "dropout", "train", "bidirectional")
_PADDED = ("input", "hx", "params", *_OPTIONS, "batch_first")
_PACKED = ("data", "batch_sizes", "hx", "params", *_OPTIONS)


def _arguments(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, of the form for padded sequences or of that for packed ones."""
    for names in (_PADDED, _PACKED):
        given = dict(zip(names, args, strict=False)) | kwargs
        fits = len(args) + len(kwargs) == len(names) == len(given) and set(given) == set(names)
        if fits and isinstance(given["params"], (list, tuple)) and isinstance(given["hx"], Tensor) == (name != "lstm"):
            for key in ("input", "data", "batch_sizes"):
                if not isinstance(given.get(key, args[0]), Tensor):
                    raise not_a_tensor(name, key, names.index(key) + 1, given[key])
            return given
    hx = "tuple of Tensors hx" if name == "lstm" else "Tensor hx"
    options = "tuple of Tensors params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional"
    got = ", ".join(
        [type(arg).__name__ for arg in args] + [f"{key}={type(arg).__name__}" for key, arg in kwargs.items()]
    )
    raise TypeError(
        f"{name}() received an invalid combination of arguments - got ({got}), but expected one of:\n"
        f" * (Tensor data, Tensor batch_sizes, {hx}, {options})\n * (Tensor input, {hx}, {options}, bool batch_first)\n"
    )


def _recurrent(name: str, layer: _Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, ...]:
    """A stack of layers over padded or packed sequences: the results of the last, and the last states of all."""
    given = _arguments(name, args, kwargs)
    states = tuple(given["hx"]) if name == "lstm" else (given["hx"],)
    if name == "lstm" and len(states) != 2:
        raise RuntimeError("lstm expects two hidden states")
    options = [given[key] for key in _OPTIONS]
    if "data" in given:
        sizes = tuple(given["batch_sizes"].tolist())
        data, rows = given["data"], sum(sizes)
        if data.shape[0] < rows:
            raise RuntimeError(f"batch_sizes are of {rows} elements in all, but there are {data.shape[0]}")
        return _stacked(layer, data[:rows], states, given["params"], sizes, *options)
    swapped = given["batch_first"]
    input = given["input"].transpose(0, 1) if swapped else given["input"]
    if input.dim() != 3:
        raise RuntimeError(f"input must have 3 dimensions, got {input.dim()}")
    length, sequences, width = input.shape
    if not length:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    packed = input.reshape(length * sequences, width)
    result, *after = _stacked(layer, packed, states, given["params"], (sequences,) * length, *options)
    result = result.reshape(length, sequences, result.shape[1])
    return (result.transpose(0, 1) if swapped else result, *after)


def _check_attributes(input: Tensor, params: Sequence[Tensor], states: Sequence[Tensor]) -> None:
    """Refuse tensors of several dtypes or devices."""
    for what, others in (("parameter", params), ("hidden", states)):
        for other in others:
            if other.device != input.device:
                raise RuntimeError(
                    f"Input and {what} tensors are not at the same device, found input tensor at {input.device} and "
                    f"{what} tensor at {other.device}"
                )
            if other.dtype is not input.dtype:
                raise RuntimeError(
                    f"Input and {what} tensors are not the same dtype, found input tensor with {scalar_type_name(input.dtype)} "
                    f"and {what} tensor with {scalar_type_name(other.dtype)}"
                )


def _stacked(
    layer: _Layer, input: Tensor, states: tuple[Tensor, ...], params: Sequence[Tensor], sizes: Shape, has_biases: bool,
    num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    _check_attributes(input, params, states)
    directions = 2 if bidirectional else 1
    projected = len(states) == 2 and states[0].shape[-1] != states[1].shape[-1]
    each = 2 + 2 * bool(has_biases) + projected
    if len(params) % each:
        if len(states) == 2:
            raise RuntimeError(f"MatrixRef: ArrayRef size {len(params)} not divisible by stride {each}")
        raise RuntimeError("got an incorrect number of RNN parameters")
    for state in states:
        if state.dim() != 3 or state.shape[0] < num_layers * directions or len(params) < each * num_layers * directions:
            raise RuntimeError("Expected more hidden states in stacked_rnn")
        if sizes and state.shape[1] != sizes[0]:
            raise RuntimeError(f"Input batch size {sizes[0]} doesn't match hidden batch size {state.shape[1]}")
    last: list[list[Tensor]] = [[] for _ in states]
    for number in range(num_layers):
        results = []
        for place in range(number * directions, (number + 1) * directions):
            own = tuple(state[place] for state in states)
            result, *after = layer(
                input, own, params[place * each : (place + 1) * each], sizes, place % directions == 1
            )
            results.append(result)
            for entries, state in zip(last, after, strict=True):
                entries.append(state)
        input = cat(results, 1) if bidirectional else results[0]
        if dropout and train and number < num_layers - 1:
            input = _dropout(input, dropout, True)
    return (input, *(stack(entries) for entries in last))


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Run layers of LSTM: ``lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)``.

    ``input`` is (length, sequences, features), or (sequences, length, features) if ``batch_first``; ``hx`` holds the first
    states (h, c), each (layers · directions, sequences, width); ``params`` the weights and biases of each layer and direction.
    Packed sequences: ``lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.
    Gives the results and the last h and c. Source of the semantics: ``torch.lstm``.

    Raises:
        TypeError: the arguments are those of neither form.
        RuntimeError: a length is 0, there are not as many states or parameters, or dtypes or devices differ.

    Example:
        >>> import flambeau as torch
        >>> params = [torch.zeros(8, 3), torch.zeros(8, 2)]
        >>> states = (torch.zeros(1, 1, 2), torch.ones(1, 1, 2))
        >>> torch.lstm(torch.ones(1, 1, 3), states, params, False, 1, 0.0, False, False, False)[2]
        tensor([[[0.5000, 0.5000]]])
    """
    result, h, c = _recurrent("lstm", lstm_layer, args, kwargs)
    return result, h, c


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Run layers of GRU; the arguments are those of :func:`lstm`, with one tensor as ``hx``. Source: ``torch.gru``.

    Example:
        >>> import flambeau as torch
        >>> params = [torch.zeros(6, 3), torch.zeros(6, 2)]
        >>> torch.gru(torch.ones(1, 1, 3), torch.ones(1, 1, 2), params, False, 1, 0.0, False, False, False)[1]
        tensor([[[0.5000, 0.5000]]])
    """
    result, h = _recurrent("gru", gru_layer, args, kwargs)
    return result, h


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Run layers whose state is tanh of their gates; the arguments are those of :func:`gru`. Source: ``torch.rnn_tanh``.

    Example:
        >>> import flambeau as torch
        >>> params = [torch.zeros(2, 3), torch.eye(2)]
        >>> torch.rnn_tanh(torch.ones(1, 1, 3), torch.ones(1, 1, 2), params, False, 1, 0.0, False, False, False)[1]
        tensor([[[0.7616, 0.7616]]])
    """
    result, h = _recurrent("rnn_tanh", partial(rnn_layer, False), args, kwargs)
    return result, h


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Run layers whose state is relu of their gates; the arguments are those of :func:`gru`. Source: ``torch.rnn_relu``.

    Example:
        >>> import flambeau as torch
        >>> params = [torch.zeros(2, 3), torch.eye(2)]
        >>> torch.rnn_relu(torch.ones(1, 1, 3), torch.ones(1, 1, 2), params, False, 1, 0.0, False, False, False)[1]
        tensor([[[1., 1.]]])
    """
    result, h = _recurrent("rnn_relu", partial(rnn_layer, True), args, kwargs)
    return result, h


# -- cells -------------------------------------------------------------------------------------------------------------


def _check_cell(gates: int, input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor) -> None:
    """Refuse sizes that do not fit together, in PyTorch's words."""
    width = w_hh.shape[1]
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}")
    for place, state in enumerate(states):
        if input.shape[0] != state.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{place} batch size {state.shape[0]}"
            )
        if state.shape[1] != width:
            raise RuntimeError(f"hidden{place} has inconsistent hidden_size: got {state.shape[1]}, expected {width}")
    for name, weight in (("weight_ih", w_ih), ("weight_hh", w_hh)):
        if weight.shape[0] != gates * width:
            raise RuntimeError(
                f"{name} first dim must be {gates} * hidden_size = {gates * width}, but got {weight.shape[0]}"
            )


@spelled()
def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One step of an LSTM: (N, features) and the states (h, c), each (N, width), give the next. Source: ``torch.lstm_cell``.

    Raises:
        RuntimeError: there are not two states, or sizes do not fit.

    Example:
        >>> import flambeau as torch
        >>> states = (torch.zeros(1, 2), torch.ones(1, 2))
        >>> torch.lstm_cell(torch.ones(1, 3), states, torch.zeros(8, 3), torch.zeros(8, 2))[1]
        tensor([[0.5000, 0.5000]])
    """
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    h, c = hx
    _check_cell(4, input, hx, w_ih, w_hh)
    after, cell = lstm_step(linear(input, w_ih, b_ih) + linear(h, w_hh, b_hh), c)
    return after, cell


@spelled()
def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of a GRU: (N, features) and the state (N, width) give the next state. Source: ``torch.gru_cell``.

    Example:
        >>> import flambeau as torch
        >>> torch.gru_cell(torch.ones(1, 3), torch.ones(1, 2), torch.zeros(6, 3), torch.zeros(6, 2))
        tensor([[0.5000, 0.5000]])
    """
    _check_cell(3, input, (hx,), w_ih, w_hh)
    return gru_step(linear(input, w_ih, b_ih), linear(hx, w_hh, b_hh), hx)


@spelled()
def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step whose state is tanh of the gates. Source of the semantics: ``torch.rnn_tanh_cell``.

    Example:
        >>> import flambeau as torch
        >>> torch.rnn_tanh_cell(torch.ones(1, 3), torch.ones(1, 2), torch.zeros(2, 3), torch.eye(2))
        tensor([[0.7616, 0.7616]])
    """
    _check_cell(1, input, (hx,), w_ih, w_hh)
    return rnn_step(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh), False)


@spelled()
def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step whose state is relu of the gates. Source of the semantics: ``torch.rnn_relu_cell``.

    Example:
        >>> import flambeau as torch
        >>> torch.rnn_relu_cell(torch.ones(1, 3), torch.ones(1, 2), torch.zeros(2, 3), torch.eye(2))
        tensor([[1., 1.]])
    """
    _check_cell(1, input, (hx,), w_ih, w_hh)
    return rnn_step(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh), True)
