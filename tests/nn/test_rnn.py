"""Recurrent layers and cells, and packed sequences."""

from __future__ import annotations

import copy
import itertools
import pickle
import random
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau import nn
from flambeau.nn.utils import rnn as sequences

WIDE = 1e-9


def _drawn(count: int) -> list[dict[str, Any]]:
    """Layers and what they are given, drawn from all options."""
    rng = random.Random(4)
    found = []
    for _ in range(count):
        kind = rng.choice(["LSTM", "GRU", "RNN"])
        options: dict[str, Any] = {
            "num_layers": rng.choice([1, 2, 3]), "bias": rng.random() < 0.7, "batch_first": rng.random() < 0.5,
            "bidirectional": rng.random() < 0.5,
        }  # fmt: skip
        if kind == "LSTM" and rng.random() < 0.4:
            options["proj_size"] = rng.choice([1, 2])
        if kind == "RNN":
            options["nonlinearity"] = rng.choice(["tanh", "relu"])
        if options["num_layers"] > 1:
            options["dropout"] = rng.choice([0.0, 0.5])
        form = rng.choice(["batched", "batched", "unbatched", "packed", "unsorted"])
        found.append({"kind": kind, "options": options, "form": form, "states": rng.random() < 0.5})
    return found


def _inputs(t: Any, case: dict[str, Any], layer: Any) -> tuple[Any, Any, list[Any]]:
    """The input, the states or None, and the leaves among them."""
    generator = t.Generator("cpu").manual_seed(5)

    def make(*shape: int) -> Any:
        return (
            t.randn(*shape, generator=generator, dtype=t.float64, device="cpu").to(t.empty(0).device).requires_grad_()
        )

    form, first = case["form"], case["options"]["batch_first"]
    sizes = (6, 3) if form == "unbatched" else (4, 6, 3) if first else (6, 4, 3)
    x = make(*sizes)
    leaves, given = [x], x
    if form in ("packed", "unsorted"):
        lengths = [6, 4, 4, 1] if form == "packed" else [4, 1, 6, 4]
        given = _tools(t).pack_padded_sequence(x, lengths, first, enforce_sorted=form == "packed")
    if not case["states"]:
        return given, None, leaves
    layers = layer.num_layers * (1 + layer.bidirectional)
    batch = () if form == "unbatched" else (4,)
    widths = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    states = [make(layers, *batch, width) for width in widths[: 1 + (case["kind"] == "LSTM")]]
    return given, tuple(states) if len(states) == 2 else states[0], leaves + states


def _flat(value: Any) -> list[Any]:
    if hasattr(value, "batch_sizes"):
        return [value.data]
    return [value] if hasattr(value, "grad_fn") else [each for part in value for each in _flat(part)]


def _results(t: Any, case: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Names, text and shapes; and all numbers: the weights of a seed, results, states and gradients."""
    t.manual_seed(7)
    layer = getattr(t.nn, case["kind"])(3, 5, dtype=t.float64, **case["options"])
    given, states, leaves = _inputs(t, case, layer)
    results = _flat(layer(given, states) if states is not None else layer(given))
    loss = sum((result * result).sum() * (place + 1) for place, result in enumerate(results))
    leaves += list(layer.parameters())
    gradients = t.autograd.grad(loss, leaves, create_graph=True)
    second = t.autograd.grad(sum((gradient**2).sum() for gradient in gradients), leaves)
    tensors = [*layer.parameters(), *results, *gradients, *second]
    words = [repr(layer), list(layer.state_dict()), [tuple(tensor.shape) for tensor in tensors]]
    return words, [tensor.detach().flatten().tolist() for tensor in tensors]


@pytest.mark.oracle
def test_drawn_layers_are_pytorchs(torch: ModuleType, backend: str) -> None:
    """Weights, dropout, results, first and second gradients of layers over drawn options."""
    for case in _drawn(50 if backend == "numpy" else 3):
        (theirs, numbers), (ours, own) = _results(torch, case), _results(flambeau, case)
        assert ours == theirs, case
        for one, other in zip(own, numbers, strict=True):
            assert one == pytest.approx(other, rel=1e-7, abs=WIDE), case


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_layers_in_float32(torch: ModuleType, kind: str) -> None:
    """The weights are PyTorch's to the last bit, the results to rounding."""
    found = []
    for t in (torch, flambeau):
        t.manual_seed(3)
        layer = getattr(t.nn, kind)(8, 16, 2)
        x = t.randn(7, 4, 8)
        result, _ = layer(x)
        result.sum().backward()
        weights = [weight.detach().flatten().tolist() for weight in layer.parameters()]
        numbers = [
            result.detach().flatten().tolist(),
            *(weight.grad.flatten().tolist() for weight in layer.parameters()),
        ]
        found.append((weights, numbers))
    assert found[0][0] == found[1][0]
    for one, other in zip(found[1][1], found[0][1], strict=True):
        assert one == pytest.approx(other, rel=2e-4, abs=2e-5)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_layers_of_halves(torch: ModuleType, kind: str, dtype: str) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(3)
        layer = getattr(t.nn, kind)(3, 4).to(getattr(t, dtype))
        result, _ = layer(t.linspace(-1, 1, 24).reshape(4, 2, 3).to(getattr(t, dtype)))
        result.sum().backward()
        found.append([result.detach().float().flatten().tolist(), layer.weight_hh_l0.grad.float().flatten().tolist()])
    for one, other in zip(found[1], found[0], strict=True):
        assert one == pytest.approx(other, rel=0.1, abs=0.05)


@pytest.mark.oracle
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("form", ["batched", "vector", "given", "given vector"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("LSTMCell", {}), ("GRUCell", {}), ("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"})],
)
def test_cells_are_pytorchs(torch: ModuleType, kind: str, options: dict[str, Any], form: str, bias: bool) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(2)
        cell = getattr(t.nn, kind)(3, 4, bias=bias, dtype=t.float64, **options)
        batch = () if "vector" in form else (2,)
        x = t.linspace(-1, 2, 3 * (2 if batch else 1), dtype=t.float64).reshape(*batch, 3).requires_grad_()
        state = t.linspace(-2, 1, 4 * (2 if batch else 1), dtype=t.float64).reshape(*batch, 4).requires_grad_()
        hx = None if "given" not in form else (state, state * 2) if kind == "LSTMCell" else state
        results = _flat(cell(x, hx))
        leaves = [x, *([state] if hx is not None else []), *cell.parameters()]
        loss = sum((result**2).sum() for result in results)
        gradients = t.autograd.grad(loss, leaves, create_graph=True)
        second = t.autograd.grad(sum((gradient**2).sum() for gradient in gradients), leaves)
        numbers = [tensor.detach().flatten().tolist() for tensor in (*leaves, *results, *gradients, *second)]
        found.append((repr(cell), list(cell.state_dict()), numbers))
    assert found[1][:2] == found[0][:2]
    for one, other in zip(found[1][2], found[0][2], strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


_PLAIN = (False, 1, 0.0, False, False, False)


def _tools(t: Any) -> Any:
    return t.nn.utils.rnn


REFUSED: dict[str, tuple[Any, type[Exception]]] = {
    "dims": (lambda t: t.nn.LSTM(2, 3)(t.zeros(3)), ValueError),
    "dims of rnn": (lambda t: t.nn.RNN(2, 3)(t.zeros(3)), ValueError),
    "input size": (lambda t: t.nn.GRU(2, 3)(t.zeros(2, 4, 5)), RuntimeError),
    "hidden size": (lambda t: t.nn.RNN(2, 3)(t.zeros(5, 4, 2), t.zeros(1, 4, 5)), RuntimeError),
    "batch of hidden": (lambda t: t.nn.LSTM(2, 3)(t.zeros(5, 4, 2), (t.zeros(1, 4, 3), t.zeros(1, 3, 3))), RuntimeError),
    "dims of hidden": (lambda t: t.nn.GRU(2, 3)(t.zeros(5, 4, 2), t.zeros(1, 3)), RuntimeError),
    "dims of hiddens": (lambda t: t.nn.LSTM(2, 3)(t.zeros(5, 2), (t.zeros(1, 1, 3), t.zeros(1, 3))), RuntimeError),
    "dtype": (lambda t: t.nn.LSTM(2, 3)(t.zeros(5, 4, 2, dtype=t.float64)), ValueError),
    "no steps": (lambda t: t.nn.LSTM(2, 3)(t.zeros(0, 4, 2)), RuntimeError),
    "proj_size": (lambda t: t.nn.GRU(2, 3, proj_size=1), ValueError),
    "large proj_size": (lambda t: t.nn.LSTM(2, 3, proj_size=3), ValueError),
    "negative proj_size": (lambda t: t.nn.LSTM(2, 3, proj_size=-1), ValueError),
    "nonlinearity": (lambda t: t.nn.RNN(2, 3, nonlinearity="gelu"), ValueError),
    "dropout": (lambda t: t.nn.LSTM(2, 3, dropout=1.5), ValueError),
    "bias": (lambda t: t.nn.LSTM(2, 3, bias=1), TypeError),
    "batch_first": (lambda t: t.nn.LSTM(2, 3, batch_first=1), TypeError),
    "float size": (lambda t: t.nn.LSTM(2.0, 3), TypeError),
    "zero size": (lambda t: t.nn.LSTM(0, 3), ValueError),
    "negative size": (lambda t: t.nn.LSTM(2, -3), ValueError),
    "no layers": (lambda t: t.nn.LSTM(2, 3, 0), ValueError),
    "mode": (lambda t: t.nn.RNNBase("XX", 2, 3), ValueError),
    "cell": (lambda t: t.nn.LSTMCell(2, 3)(t.zeros(2, 4)), RuntimeError),
    "cell's batch": (lambda t: t.nn.GRUCell(2, 3)(t.zeros(2, 2), t.zeros(3, 3)), RuntimeError),
    "cell's state": (lambda t: t.nn.RNNCell(2, 3)(t.zeros(2, 2), t.zeros(2, 4)), RuntimeError),
    "cell's dims": (lambda t: t.nn.LSTMCell(2, 3)(t.zeros(2, 2, 2)), ValueError),
    "cell's state's dims": (lambda t: t.nn.RNNCell(2, 3)(t.zeros(2, 2), t.zeros(1, 2, 2)), ValueError),
    "cell's nonlinearity": (lambda t: t.nn.RNNCell(2, 3, nonlinearity="x")(t.zeros(2, 2)), RuntimeError),
    "rows of a cell's weight": (
        lambda t: t.gru_cell(t.zeros(1, 2), t.zeros(1, 3), t.zeros(9, 2), t.zeros(8, 3)),
        RuntimeError,
    ),
    "states of a cell": (lambda t: t.lstm_cell(t.zeros(1, 2), (t.zeros(1, 3),), t.zeros(12, 2), t.zeros(12, 3)), RuntimeError),
    "states": (lambda t: t.lstm(t.zeros(1, 1, 2), (t.zeros(1, 1, 3),), [], *_PLAIN), RuntimeError),
    "parameters": (lambda t: t.gru(t.zeros(1, 1, 2), t.zeros(1, 1, 3), [t.zeros(9, 2)], *_PLAIN), RuntimeError),
    "order of lengths": (lambda t: _tools(t).pack_padded_sequence(t.zeros(4, 2, 1), [1, 2]), RuntimeError),
    "count of lengths": (lambda t: _tools(t).pack_padded_sequence(t.zeros(4, 2, 1), [1]), RuntimeError),
    "zero length": (lambda t: _tools(t).pack_padded_sequence(t.zeros(4, 2, 1), [1, 0]), RuntimeError),
    "empty": (lambda t: _tools(t).pack_padded_sequence(t.zeros(0, 2, 1), [1, 1]), RuntimeError),
    "matrix of lengths": (lambda t: _tools(t).pack_padded_sequence(t.ones(4, 2), t.zeros(1, 2, device="cpu")), RuntimeError),
    "total length": (lambda t: _tools(t).pad_packed_sequence(_tools(t).pack_sequence([t.zeros(3)]), total_length=2), ValueError),
    "not iterable": (lambda t: _tools(t).pad_sequence(3), RuntimeError),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_said_in_pytorchs_words(torch: ModuleType, backend: str, name: str) -> None:
    call, error = REFUSED[name]
    with pytest.raises(error) as theirs:
        call(torch)
    with pytest.raises(error) as ours:
        call(flambeau)
    assert str(ours.value) == str(theirs.value).split("\nException raised")[0]


def test_dropout_of_one_layer_warns() -> None:
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last recurrent layer"):
        nn.GRU(2, 3, dropout=0.5)


def test_other_numbers_of_unsorted_lengths() -> None:
    packed = sequences.pack_padded_sequence(flambeau.ones(4, 3, 1), [1, 2], enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [2, 1]  # PyTorch too leaves out the sequence without a length
    with pytest.raises(RuntimeError, match=r"to be equal to batch_size, but got 3 \(batch_size=2\)"):
        sequences.pack_padded_sequence(flambeau.ones(4, 2, 1), [1, 2, 1], enforce_sorted=False)


def test_lengths_beyond_the_padding_are_refused() -> None:
    with pytest.raises(RuntimeError, match="lengths of at most 4"):
        sequences.pack_padded_sequence(flambeau.zeros(4, 2, 1), [5, 2])


def test_more_or_less_packed_elements_than_there_are_steps() -> None:
    params = [flambeau.ones(4, 3), flambeau.zeros(4, 4)]
    sizes, state = flambeau.tensor([2, 1], device="cpu"), flambeau.zeros(1, 2, 4)
    result, _ = flambeau.rnn_tanh(flambeau.ones(9, 3), sizes, state, params, False, 1, 0.0, False, False)
    assert result.shape == (3, 4)  # PyTorch leaves the others out too
    with pytest.raises(RuntimeError, match="batch_sizes are of 3 elements in all, but there are 2"):
        flambeau.rnn_tanh(flambeau.ones(2, 3), sizes, state, params, False, 1, 0.0, False, False)


def test_a_state_that_does_not_fit_packed_sequences() -> None:
    packed = sequences.pack_sequence([flambeau.zeros(2, 3), flambeau.zeros(4, 3)], enforce_sorted=False)
    with pytest.raises(RuntimeError, match=r"Expected hidden\[0\] size \(1, 2, 5\), got \[1, 1, 5\]"):
        nn.LSTM(3, 5)(packed, (flambeau.zeros(1, 1, 5), flambeau.zeros(1, 2, 5)))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_copies_and_states_of_a_layer(kind: str, backend: str) -> None:
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True)
    x = flambeau.linspace(-1, 1, 30).reshape(5, 2, 3)
    expected = layer(x)[0].tolist()
    for other in (
        copy.deepcopy(layer),
        pickle.loads(pickle.dumps(layer)),
        getattr(nn, kind)(3, 4, 2, bidirectional=True),
    ):
        other.load_state_dict(layer.state_dict())
        assert other(x)[0].tolist() == expected
        assert [len(weights) for weights in other.all_weights] == [4] * 4
    assert layer.double()(x.double())[0].dtype is flambeau.float64


def test_a_weight_that_was_replaced_is_used() -> None:
    layer = nn.RNN(1, 1, bias=False)
    layer.weight_ih_l0 = nn.Parameter(flambeau.zeros(1, 1))
    assert layer(flambeau.ones(2, 1, 1))[0].tolist() == [[[0.0]], [[0.0]]]
    assert layer.flatten_parameters() is None


def test_no_sequences() -> None:
    result, (h, c) = nn.LSTM(3, 4)(flambeau.zeros(5, 0, 3))
    assert (result.shape, h.shape, c.shape) == ((5, 0, 4), (1, 0, 4), (1, 0, 4))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_only_one_of_the_results_has_a_gradient(kind: str, backend: str) -> None:
    """The gradient of a last state alone, and that of the results, add up to that of both."""
    flambeau.manual_seed(0)
    layer = getattr(nn, kind)(2, 3, dtype=flambeau.float64)
    x = flambeau.linspace(-1, 1, 12, dtype=flambeau.float64).reshape(3, 2, 2).requires_grad_()

    def gradient(results: bool, states: bool) -> Any:
        output, last = layer(x)
        last = last[-1] if kind == "LSTM" else last
        return flambeau.autograd.grad(output.sum() * int(results) + (last**2).sum() * int(states), x)[0]

    both = gradient(True, True)
    assert flambeau.allclose(gradient(True, False) + gradient(False, True), both)
    _, last = layer(x)
    (alone,) = flambeau.autograd.grad(((last[-1] if kind == "LSTM" else last) ** 2).sum(), x)
    assert flambeau.allclose(alone, gradient(False, True))


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
def test_gradcheck(kind: str, backend: str) -> None:
    flambeau.manual_seed(1)
    gates, width = {"lstm": 4, "gru": 3}.get(kind, 1), 1 if backend == "minimal" else 2
    states = [(1, 2, width)] * (1 + (kind == "lstm"))
    shapes = [(2, 2, 1), *states, (gates * width, 1), (gates * width, width), (gates * width,), (gates * width,)]
    inputs = [flambeau.randn(*shape, dtype=flambeau.float64, requires_grad=True) for shape in shapes]

    def run(x: Any, *rest: Any) -> Any:
        hx, params = (tuple(rest[:2]), rest[2:]) if kind == "lstm" else (rest[0], rest[1:])
        return getattr(flambeau, kind)(x, hx, list(params), True, 1, 0.0, True, False, False)

    assert flambeau.autograd.gradcheck(run, inputs)
    assert flambeau.autograd.gradgradcheck(run, inputs)


# -- sequences ---------------------------------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize(("first", "given_order"), [*itertools.product([True, False], ["sorted", "not"])])
def test_packing_and_padding_are_pytorchs(torch: ModuleType, backend: str, first: bool, given_order: str) -> None:
    found = []
    for t in (torch, flambeau):
        tools = t.nn.utils.rnn
        x = t.arange(48.0).reshape(*((3, 4) if first else (4, 3)), 4).requires_grad_()
        lengths = [4, 2, 1] if given_order == "sorted" else t.tensor([2, 4, 1], device="cpu")
        packed = tools.pack_padded_sequence(x, lengths, first, enforce_sorted=given_order == "sorted")
        padded, counts = tools.pad_packed_sequence(packed, first, -1.0, 6)
        (padded * t.arange(72.0).reshape(padded.shape)).sum().backward()
        parts = [None if part is None else part.tolist() for part in packed]
        unpacked = [each.tolist() for each in tools.unpack_sequence(packed)]
        found.append([parts, padded.tolist(), counts.tolist(), x.grad.tolist(), unpacked])
    assert found[1] == found[0]


def test_a_packed_sequence_and_its_methods() -> None:
    packed = sequences.pack_sequence([flambeau.tensor([1.0]), flambeau.tensor([2.0, 3.0])], enforce_sorted=False)
    assert packed.data.tolist() == [2.0, 1.0, 3.0]
    assert [packed.sorted_indices.tolist(), packed.unsorted_indices.tolist()] == [[1, 0], [1, 0]]
    assert packed.to("cpu") is packed
    assert packed.cpu() is packed
    kinds = {"double": "float64", "float": "float32", "half": "float16", "long": "int64", "int": "int32",
             "short": "int16", "char": "int8", "byte": "uint8"}  # fmt: skip
    for method, dtype in kinds.items():
        other = getattr(packed, method)()
        assert other.data.dtype is getattr(flambeau, dtype)
        assert other.sorted_indices.dtype is flambeau.int64
    assert (packed.is_cuda, packed.is_pinned()) == (False, False)
    assert sequences.PackedSequence((packed.data, packed.batch_sizes)).sorted_indices is None
    with pytest.raises(AssertionError, match="list or tuple of length 2"):
        sequences.PackedSequence(packed.data)
    again = pickle.loads(pickle.dumps(packed))
    assert type(again) is sequences.PackedSequence
    assert again.data.tolist() == packed.data.tolist()


def test_invert_permutation() -> None:
    assert sequences.invert_permutation(flambeau.tensor([2, 0, 1])).tolist() == [1, 2, 0]
    assert sequences.invert_permutation(None) is None


@pytest.mark.oracle
def test_a_packed_sequence_is_moved_and_converted_at_once(torch: Any) -> None:
    def kinds(t: Any) -> list[str]:
        packed = t.nn.utils.rnn.pack_sequence([t.ones(2), t.ones(1)])
        moved = (
            packed.cpu(t.float64), packed.cpu(t.float64, True), packed.cpu(packed.data.double()), packed.cpu("cpu", t.float16),
            packed.cpu(device="cpu"), packed.cpu(),
        )  # fmt: skip
        return [str(each.data.dtype).rpartition(".")[2] for each in moved] + [str(packed.cpu() is packed)]

    assert kinds(flambeau) == kinds(torch)


def test_sequences_get_the_dtype_of_the_first() -> None:
    single, double = flambeau.ones(2), flambeau.ones(3, dtype=flambeau.float64)
    assert sequences.pad_sequence([single, double]).dtype is flambeau.float32
    assert sequences.pad_sequence([double, single]).dtype is flambeau.float64
    assert sequences.pad_sequence([flambeau.tensor([1]), single * 2.5]).tolist() == [[1, 2], [0, 2]]


def test_sequences_without_padding_are_copies() -> None:
    padded = flambeau.ones(2, 3)
    first, second = sequences.unpad_sequence(padded, flambeau.tensor([3, 1]), batch_first=True)
    first.zero_()
    assert padded.sum() == 6
    assert second.is_contiguous()
    found = sequences.unpad_sequence(padded, flambeau.tensor([1.5, -1.0]), batch_first=True)
    assert [each.shape[0] for each in found] == [2, 0]


def test_no_lengths_at_all() -> None:
    with pytest.raises(RuntimeError, match="Cannot pack empty tensors"):
        sequences.pack_padded_sequence(flambeau.ones(3, 2), [], enforce_sorted=False)
