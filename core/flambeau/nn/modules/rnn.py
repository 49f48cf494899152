"""Recurrent layers and cells."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import empty, zeros
from flambeau.ops.nn import rnn as _ops

from .. import init
from .._packed import PackedSequence
from ..parameter import Parameter
from .module import Module

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

_FUNCTIONS = {"LSTM": _ops.lstm, "GRU": _ops.gru, "RNN_TANH": _ops.rnn_tanh, "RNN_RELU": _ops.rnn_relu}
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_ONLY_OF_LSTM = "proj_size argument is only supported for LSTM, not RNN or GRU"


def _selected(state: Tensor, permutation: Tensor | None) -> Tensor:
    return state if permutation is None else state.index_select(1, permutation)


class RNNBase(Module):
    """What the recurrent layers have in common: their weights and their checks. Source: ``torch.nn.RNNBase``.

    Raises:
        ValueError: a size is no positive number, ``dropout`` is not in [0, 1], or there is no such ``mode``.
        TypeError: a size is no int, or ``bias`` or ``batch_first`` no bool.
    """

    __constants__: ClassVar = [
        "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size",
    ]  # fmt: skip
    __jit_unused_properties__: ClassVar = ["all_weights"]  # for TorchScript, in PyTorch
    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
        device: Any = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        _check_options(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._all_weights: list[list[str]] = []
        rows, width = _GATES[mode] * hidden_size, proj_size or hidden_size
        directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[:directions]:
                shapes: dict[str, tuple[int, ...]]
                shapes = {"weight_ih": (rows, width * directions if layer else input_size), "weight_hh": (rows, width)}
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {}
                shapes |= {"weight_hr": (proj_size, hidden_size)} if proj_size else {}
                names = [f"{kind}_l{layer}{suffix}" for kind in shapes]
                for name, shape in zip(names, shapes.values(), strict=True):
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        """All weights in order; those that were replaced or computed anew are among them."""
        return [getattr(self, name, None) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Do nothing: no backend asks for weights that lie one behind the other, as cuDNN does."""

    def reset_parameters(self) -> None:
        """Draw all weights anew, uniformly from ±1/sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    # -- checks ------------------------------------------------------------------------------------------------------

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Refuse input of another dtype, number of dimensions or size than the layer takes.

        Raises:
            ValueError: the dtype is not that of the weights.
            RuntimeError: the sizes do not fit.
        """
        own = self._flat_weights[0].dtype
        if input.dtype is not own:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({own}). Convert input: input.to({own}), or "
                f"convert model: model.to({input.dtype})"
            )
        expected = 3 if batch_sizes is None else 2
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _state_size(self, input: Tensor, batch_sizes: Tensor | None, width: int) -> tuple[int, int, int]:
        sequences = input.size(0 if self.batch_first else 1) if batch_sizes is None else int(batch_sizes[0])
        return (self.num_layers * (2 if self.bidirectional else 1), sequences, width)

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The size of the first states."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Refuse a state of another size.

        Raises:
            RuntimeError: it has.
        """
        if tuple(hx.size()) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse input and states that do not fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The states of the sequences in another order."""
        return _selected(hx, permutation)

    # -- forward -----------------------------------------------------------------------------------------------------

    _words = "D"
    """How the message about a wrong number of dimensions ends."""

    def _first_states(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        """Zeros, for states that were not given."""
        size = self.get_expected_hidden_size(input, batch_sizes)
        return zeros(size, dtype=input.dtype, device=input.device)

    def _check_dims(self, hx: Any, *, batched: bool) -> None:
        """Refuse states that do not have the number of dimensions of the input."""
        expected = 3 if batched else 2
        if hx.dim() != expected:
            what = "batched" if batched else "unbatched"
            raise RuntimeError(
                f"For {what} {expected}-D input, hx should also be {expected}-D but got {hx.dim()}-D tensor"
            )

    def _each(self, change: Any, hx: Any) -> Any:
        """A change of the state, or of both."""
        return change(hx)

    def _run(self, input: Any, hx: Any) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._run_packed(input, hx)
        if input.dim() not in (2, 3):
            name = self.mode.partition("_")[0]
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}{self._words} instead")
        batched = input.dim() == 3
        place = 0 if self.batch_first else 1
        if hx is not None:
            self._check_dims(hx, batched=batched)
        if not batched:
            input = input.unsqueeze(place)
            hx = None if hx is None else self._each(lambda state: state.unsqueeze(1), hx)
        if hx is None:
            hx = self._first_states(input, None)
        self.check_forward_args(input, hx, None)
        result, hidden = self._computed(input, hx, self.batch_first)
        if batched:
            return result, hidden
        return result.squeeze(place), self._each(lambda state: state.squeeze(1), hidden)

    def _run_packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, batch_sizes, order, places = packed
        hx = self._first_states(data, batch_sizes) if hx is None else hx
        self.check_forward_args(data, hx, batch_sizes)
        hx = self.permute_hidden(hx, order)
        result, hidden = self._computed(data, batch_sizes, hx)
        return PackedSequence(result, batch_sizes, order, places), self.permute_hidden(hidden, places)

    def _computed(self, *inputs: Any) -> tuple[Tensor, Any]:
        """The results and the last states, of (input, states, batch_first) or (data, batch_sizes, states)."""
        options = (self._flat_weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        padded = not isinstance(inputs[-1], (Tensor, tuple, list))
        given = (*inputs[:-1], *options, inputs[-1]) if padded else (*inputs, *options)
        result, *hidden = _FUNCTIONS[self.mode](*given)
        return result, tuple(hidden) if len(hidden) > 1 else hidden[0]

    def extra_repr(self) -> str:
        """The sizes, and what is not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


def _check_options(
    mode: str,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any,
    bias: Any,
    batch_first: Any,
    dropout: Any,
    proj_size: Any,
) -> None:
    if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
            f"than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=level_of_caller(),
        )
    for name, value in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
    for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(value, int):
            raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if mode not in _GATES:
        raise ValueError(f"Unrecognized RNN mode: {mode}")


class RNN(RNNBase):
    """Layers whose state is ``tanh`` (or relu) of ``x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh``.

    Input (length, sequences, input_size), or (sequences, length, input_size) if ``batch_first``, or (length, input_size), or a
    ``PackedSequence``; with the first states (layers · directions, sequences, hidden_size), zeros if None. Gives the states
    of the last layer at all steps, and the last states of all layers. Source of the semantics: ``torch.nn.RNN``.

    Args:
        input_size, hidden_size: the sizes of the input and of the states.
        num_layers: how many layers there are, each over the results of the one before.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: whether there are biases.
        batch_first: see above.
        dropout: how likely a result of a layer but the last is left out in training.
        bidirectional: go over the sequences in both directions, and join the results.

    Raises:
        ValueError: an option is not as it has to be; the input has not 2 or 3 dimensions, or another dtype.
        RuntimeError: sizes do not fit.

    Example:
        >>> import flambeau as torch
        >>> result, last = torch.nn.RNN(3, 4, num_layers=2)(torch.zeros(5, 2, 3))
        >>> result.shape, last.shape
        (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]))
    """

    _words = "D tensor"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError(_ONLY_OF_LSTM)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Run the layers."""
        return self._run(input, hx)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): gates i, f, g and o, a cell, and a state ``o tanh(c)``.

    As :class:`RNN`; the states are pairs (h, c). With ``proj_size``, h is projected to that size. Source: ``torch.nn.LSTM``.

    Example:
        >>> import flambeau as torch
        >>> result, (h, c) = torch.nn.LSTM(3, 4, bidirectional=True)(torch.zeros(5, 2, 3))
        >>> result.shape, h.shape, c.shape
        (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The size of the first cells."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse input, states and cells that do not fit."""
        self.check_input(input, batch_sizes)
        sizes = (self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes))
        for place, size in enumerate(sizes):
            self.check_hidden_size(hidden[place], size, f"Expected hidden[{place}] size {{}}, got {{}}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The states and cells of the sequences in another order."""
        return hx if permutation is None else (_selected(hx[0], permutation), _selected(hx[1], permutation))

    def _first_states(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        cells = self.get_expected_cell_size(input, batch_sizes)
        return super()._first_states(input, batch_sizes), zeros(cells, dtype=input.dtype, device=input.device)

    def _check_dims(self, hx: Any, *, batched: bool) -> None:
        expected = 3 if batched else 2
        if hx[0].dim() != expected or hx[1].dim() != expected:
            raise RuntimeError(
                f"For {'batched' if batched else 'unbatched'} {expected}-D input, hx and cx should also be {expected}-D but got "
                f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )

    def _each(self, change: Any, hx: Any) -> Any:
        return change(hx[0]), change(hx[1])

    def forward(self, input: Any, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        """Run the layers."""
        return self._run(input, hx)


class GRU(RNNBase):
    """Gated recurrent units (Cho et al., 2014): gates r and z, and ``h = (1 - z) n + z h``.

    As :class:`RNN`. Source of the semantics: ``torch.nn.GRU``.

    Example:
        >>> import flambeau as torch
        >>> result, last = torch.nn.GRU(3, 4, batch_first=True)(torch.zeros(2, 5, 3))
        >>> result.shape, last.shape
        (torch.Size([2, 5, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError(_ONLY_OF_LSTM)
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Run the layers."""
        return self._run(input, hx)


# -- cells -------------------------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells have in common: weights and biases of ``num_chunks`` gates. Source: ``torch.nn.RNNCellBase``."""

    __constants__: ClassVar = ["input_size", "hidden_size", "bias"]
    input_size: int
    hidden_size: int
    bias: bool
    weight_ih: Tensor
    weight_hh: Tensor

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew, uniformly from ±1/sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _parts(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _check_dims(self, what: str, tensor: Tensor) -> None:
        if tensor.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected {what} to be 1D or 2D, got {tensor.dim()}D instead")

    def _stepped(self, function: Any, input: Tensor, hx: Tensor | None) -> Tensor:
        """One step of a cell with one state; input of one dimension is one sequence."""
        self._check_dims("input", input)
        if hx is not None:
            self._check_dims("hidden", hx)
        batched = input.dim() == 2
        input = input if batched else input.unsqueeze(0)
        if hx is None:
            hx = zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
        else:
            hx = hx if batched else hx.unsqueeze(0)
        result: Tensor = function(input, hx, *self._parts())
        return result if batched else result.squeeze(0)

    def extra_repr(self) -> str:
        """The sizes, and what is not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if vars(self).get("nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """One step of :class:`RNN`: input (N, input_size) and state (N, hidden_size), or vectors. Source: ``torch.nn.RNNCell``.

    Raises:
        ValueError: input or state have not 1 or 2 dimensions.
        RuntimeError: sizes do not fit, or ``nonlinearity`` is neither ``"tanh"`` nor ``"relu"``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.RNNCell(3, 4)(torch.zeros(2, 3)).shape
        torch.Size([2, 4])
    """

    __constants__: ClassVar = ["input_size", "hidden_size", "bias", "nonlinearity"]
    nonlinearity: str

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        function = _ops.rnn_tanh_cell if self.nonlinearity == "tanh" else _ops.rnn_relu_cell
        return self._stepped(function, input, hx)


class LSTMCell(RNNCellBase):
    """One step of :class:`LSTM`, with the states (h, c); gives the next two. Source of the semantics: ``torch.nn.LSTMCell``.

    Example:
        >>> import flambeau as torch
        >>> h, c = torch.nn.LSTMCell(3, 4)(torch.zeros(2, 3))
        >>> h.shape, c.shape
        (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: DType | None = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next state and cell."""
        self._check_dims("input", input)
        for place, state in enumerate(hx or ()):
            self._check_dims(f"hx[{place}]", state)
        batched = input.dim() == 2
        input = input if batched else input.unsqueeze(0)
        if hx is None:
            start = zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            hx = (start, start)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        h, c = _ops.lstm_cell(input, hx, *self._parts())
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of :class:`GRU`, as :class:`RNNCell`. Source of the semantics: ``torch.nn.GRUCell``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.GRUCell(3, 4)(torch.zeros(3)).shape
        torch.Size([4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: DType | None = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        return self._stepped(_ops.gru_cell, input, hx)
