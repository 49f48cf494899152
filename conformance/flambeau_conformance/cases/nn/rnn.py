"""Recurrent layers, their cells, and sequences of different lengths."""

from typing import Any

from ...checks import quietly
from ...declare import Error, Sample, op
from ...inputs import In
from ...layers import filled
from ...programs import programs, refusals
from ...subject import CPU_STREAM

_NO_TENSOR = (TypeError, AttributeError, RuntimeError)

_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def _weights(gates: int, inputs: int, width: int, *, bias: bool = True, projected: int = 0) -> list[In]:
    shapes: list[tuple[int, ...]] = [(gates * width, inputs), (gates * width, projected or width)]
    shapes += [(gates * width,)] * 2 if bias else []
    shapes += [(projected, width)] if projected else []
    return [In(shape) for shape in shapes]


def _inputs(name: str, *, layers: int = 1, both: bool = False, bias: bool = True, shape: tuple[int, ...] = (3, 2, 2),
            projected: int = 0) -> tuple[In, ...]:  # fmt: skip
    """Input, states and weights of width 2."""
    directions, width = 1 + both, projected or 2
    states = [In((layers * directions, 2, width))] + [In((layers * directions, 2, 2))] * (name == "lstm")
    weights = [
        weight
        for layer in range(layers)
        for _ in range(directions)
        for weight in _weights(_GATES[name], width * directions if layer else 2, 2, bias=bias, projected=projected)
    ]
    return (In(shape), *states, *weights)


def _run(t: Any, name: str, args: tuple[Any, ...], *, layers: int = 1, bias: bool = True, both: bool = False,
         first: bool = False, sizes: list[int] | None = None) -> Any:  # fmt: skip
    x, *rest = args
    count = 2 if name == "lstm" else 1
    hx = tuple(rest[:2]) if name == "lstm" else rest[0]
    options = (rest[count:], bias, layers, 0.0, True, both)
    if sizes is not None:
        return getattr(t, name)(x, t.tensor(sizes, device="cpu"), hx, *options)
    return getattr(t, name)(x, hx, *options, first)


def _sample(name: str, label: str, **given: Any) -> Sample:
    made = {key: given[key] for key in ("layers", "both", "bias", "shape", "projected") if key in given}
    options = {key: given[key] for key in ("layers", "bias", "both", "first", "sizes") if key in given}
    few = len(_inputs(name, **made)) < 7  # numeric derivatives of many weights take a minute
    return Sample(
        label, lambda t, *args: quietly(lambda: _run(t, name, args, **options)), _inputs(name, **made), gradient=few
    )


for _name in _GATES:
    # steps make more of what was rounded in those before
    op(_name, method=False, tolerance="factorization" if _name != "rnn_relu" else "matmul", refuses=False, samples=[
        _sample(_name, "one"),
        _sample(_name, "no-bias", bias=False),
        _sample(_name, "layers", layers=2, both=True),
        _sample(_name, "batch-first", first=True, shape=(2, 3, 2)),
        _sample(_name, "packed", sizes=[2, 1, 1], shape=(4, 2)),
        *([_sample("lstm", "projected", layers=2, projected=1)] if _name == "lstm" else []),
    ], errors=[
        Error("arguments", lambda t, name=_name: getattr(t, name)(t.zeros(1, 1, 1)), (TypeError,), "invalid combination of arguments"),
        Error("no-steps", lambda t, name=_name: _run(t, name, tuple(t.zeros(each.shape) for each in _inputs(name, shape=(0, 2, 2)))), (RuntimeError,), "sequence length to be larger than 0"),
        Error("states", lambda t, name=_name: _run(t, name, tuple(t.zeros(each.shape) for each in _inputs(name)), layers=3), (RuntimeError,), "hidden states|ArrayRef|incorrect number"),
        Error("dtypes", lambda t, name=_name: _run(t, name, tuple(t.zeros(each.shape, dtype=t.float64 if place else t.float32) for place, each in enumerate(_inputs(name)))), (RuntimeError,), "same dtype|unsupported data type"),
    ])  # fmt: skip

    _cell = f"{_name}_cell"
    op(_cell, method=False, tolerance="factorization" if _name in ("rnn_tanh", "lstm") else "matmul", refuses=False, samples=[
        Sample(label, lambda t, x, h, *rest, cell=_cell: getattr(t, cell)(x, (h, rest[0]) if cell == "lstm_cell" else h, *rest[cell == "lstm_cell":]),
               (In((2, 3)), In((2, 2)), *[In((2, 2))] * (_name == "lstm"), *_weights(_GATES[_name], 3, 2, bias=bias)))
        for label, bias in (("bias", True), ("no-bias", False))
    ], errors=[
        Error("input", lambda t, cell=_cell, gates=_GATES[_name]: getattr(t, cell)(t.zeros(1, 4), (t.zeros(1, 2),) * 2 if cell == "lstm_cell" else t.zeros(1, 2), t.zeros(gates * 2, 3), t.zeros(gates * 2, 2)), (RuntimeError,), "inconsistent input_size: got 4 expected 3"),
        Error("batch", lambda t, cell=_cell, gates=_GATES[_name]: getattr(t, cell)(t.zeros(2, 3), (t.zeros(1, 2),) * 2 if cell == "lstm_cell" else t.zeros(1, 2), t.zeros(gates * 2, 3), t.zeros(gates * 2, 2)), (RuntimeError,), "doesn't match hidden0 batch size 1"),
    ])  # fmt: skip


# -- modules -----------------------------------------------------------------------------------------------------------


def _first(result: Any) -> Any:
    """The results and the last state of a layer, or the state of a cell."""
    return (
        result if not isinstance(result, tuple) else result[0].data if hasattr(result[0], "batch_sizes") else result[0]
    )


_LAYERS = {
    "RNN": [("default", {}), ("relu", {"nonlinearity": "relu", "bias": False}), ("both", {"num_layers": 2, "bidirectional": True, "batch_first": True, "dropout": 0.0})],
    "LSTM": [("default", {}), ("projected", {"proj_size": 1}), ("both", {"num_layers": 2, "bidirectional": True, "batch_first": True}), ("no-bias", {"bias": False})],
    "GRU": [("default", {}), ("both", {"num_layers": 2, "bidirectional": True, "batch_first": True}), ("no-bias", {"bias": False})],
}  # fmt: skip
_LEFT_OUT = (
    "left-out",
    {"num_layers": 2, "dropout": 1.0},
)  # all that is between the layers, and nothing behind the last
for _name, _makes in _LAYERS.items():
    op(f"nn.{_name}", method=False, tolerance="matmul", refuses=False, samples=[
        *(Sample(label, lambda t, x, name=_name, options=options: quietly(lambda: _first(filled(t, getattr(t.nn, name)(2, 2, **options)).to(x.dtype)(x))), (In((3, 2, 2)),)) for label, options in (*_makes, _LEFT_OUT)),
        Sample("unbatched", lambda t, x, name=_name: _first(filled(t, getattr(t.nn, name)(2, 2)).to(x.dtype)(x)), (In((3, 2)),)),
        Sample("states", lambda t, x, h, name=_name: _first(filled(t, getattr(t.nn, name)(2, 2)).to(x.dtype)(x, (h, 2 * h) if name == "LSTM" else h)), (In((3, 2, 2)), In((1, 2, 2))), tolerance="factorization" if _name == "RNN" else ""),
        Sample("packed-states", lambda t, x, h, name=_name: _first(filled(t, getattr(t.nn, name)(2, 2)).to(x.dtype)(t.nn.utils.rnn.pack_padded_sequence(x, [1, 3], enforce_sorted=False), (h, 2 * h) if name == "LSTM" else h)), (In((3, 2, 2)), In((1, 2, 2))), gradient=False),
        Sample("packed", lambda t, x, name=_name: _first(filled(t, getattr(t.nn, name)(2, 2)).to(x.dtype)(t.nn.utils.rnn.pack_padded_sequence(x, [1, 3], enforce_sorted=False))), (In((3, 2, 2)),), gradient=False),
    ], errors=[
        Error("not-a-tensor", lambda t, name=_name: getattr(t.nn, name)(2, 2)("no tensor"), _NO_TENSOR),
        Error("dims", lambda t, name=_name: getattr(t.nn, name)(2, 2)(t.zeros(2)), (ValueError,), "Expected input to be 2D or 3D, got 1D"),
        Error("input-size", lambda t, name=_name: getattr(t.nn, name)(2, 2)(t.zeros(1, 1, 3)), (RuntimeError,), "must be equal to input_size. Expected 2, got 3"),
        Error("size", lambda t, name=_name: getattr(t.nn, name)(0, 2), (ValueError,), "input_size must be greater than zero"),
        Error("dtype", lambda t, name=_name: getattr(t.nn, name)(2, 2)(t.zeros(1, 1, 2, dtype=t.float64)), (ValueError,), "does not match weight dtype"),
    ])  # fmt: skip

for _name in ("RNNCell", "LSTMCell", "GRUCell"):
    op(f"nn.{_name}", method=False, tolerance="matmul", refuses=False, samples=[
        Sample("default", lambda t, x, name=_name: _first(filled(t, getattr(t.nn, name)(3, 2)).to(x.dtype)(x)), (In((2, 3)),)),
        Sample("vector", lambda t, x, name=_name: _first(filled(t, getattr(t.nn, name)(3, 2, bias=False)).to(x.dtype)(x)), (In((3,)),)),
        Sample("state", lambda t, x, h, name=_name: _first(filled(t, getattr(t.nn, name)(3, 2)).to(x.dtype)(x, (h, 2 * h) if name == "LSTMCell" else h)), (In((2, 3)), In((2, 2)))),
        *([Sample("relu", lambda t, x: filled(t, t.nn.RNNCell(3, 2, nonlinearity="relu")).to(x.dtype)(x), (In((2, 3)),))] if _name == "RNNCell" else []),
    ], errors=[
        Error("not-a-tensor", lambda t, name=_name: getattr(t.nn, name)(3, 2)("no tensor"), _NO_TENSOR),
        Error("dims", lambda t, name=_name: getattr(t.nn, name)(3, 2)(t.zeros(1, 1, 3)), (ValueError,), "Expected input to be 1D or 2D, got 3D"),
    ])  # fmt: skip

programs("nn.LSTM", {
    "text": (lambda t: [repr(t.nn.LSTM(2, 3, 2, True, True, 0.5, True, 2)), repr(t.nn.RNN(2, 3, 1, "relu")), repr(t.nn.GRU(2, 3, bias=False)), repr(t.nn.RNNCell(2, 3, False, "relu"))],
             ["LSTM(2, 3, proj_size=2, num_layers=2, batch_first=True, dropout=0.5, bidirectional=True)", "RNN(2, 3)", "GRU(2, 3, bias=False)", "RNNCell(2, 3, bias=False, nonlinearity=relu)"]),
    "names": (lambda t: list(t.nn.LSTM(2, 3, 1, bidirectional=True, proj_size=1).state_dict()),
              [f"{kind}_l0{way}" for way in ("", "_reverse") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")]),
    "all_weights": (lambda t: [[list(weight.shape) for weight in weights] for weights in t.nn.GRU(2, 3, 2).all_weights],
                    [[[9, 2], [9, 3], [9], [9]], [[9, 3], [9, 3], [9], [9]]]),
    "shapes": (lambda t: (lambda result, states: [list(result.shape), *(list(state.shape) for state in states)])(*t.nn.LSTM(2, 4, 2, bidirectional=True, proj_size=3)(t.zeros(5, 3, 2))),
               [[5, 3, 6], [4, 3, 3], [4, 3, 4]]),
    "flatten_parameters": (lambda t: t.nn.GRU(2, 3).flatten_parameters(), None),
    "base": (lambda t: [issubclass(t.nn.LSTM, t.nn.RNNBase), issubclass(t.nn.GRUCell, t.nn.RNNCellBase)], [True, True]),
})  # fmt: skip
programs("nn.LSTM", {
    "seeded": (lambda t: (t.manual_seed(1), t.nn.LSTM(1, 1).weight_ih_l0)[1], [[0.5152631998062134], [-0.44137823581695557], [-0.19386148452758789], [0.46936893463134766]]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip

# -- sequences ---------------------------------------------------------------------------------------------------------

_TOOLS = "nn.utils.rnn"


def _packed(t: Any) -> Any:
    return t.nn.utils.rnn.pack_sequence([t.tensor([1.0]), t.tensor([2.0, 3.0, 4.0])], enforce_sorted=False)


programs(_TOOLS, {
    "pack_padded_sequence": (lambda t: list(t.nn.utils.rnn.pack_padded_sequence(t.tensor([[1, 4], [2, 0]]), [2, 1])), [[1, 4, 2], [2, 1], None, None]),
    "pack_padded_sequence-batch-first": (lambda t: list(t.nn.utils.rnn.pack_padded_sequence(t.tensor([[1, 0], [2, 4]]), [1, 2], batch_first=True, enforce_sorted=False)), [[2, 1, 4], [2, 1], [1, 0], [1, 0]]),
    "pack_sequence": (lambda t: list(_packed(t)), [[2.0, 1.0, 3.0, 4.0], [2, 1, 1], [1, 0], [1, 0]]),
    "pad_packed_sequence": (lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t)), [[[1.0, 2.0], [0.0, 3.0], [0.0, 4.0]], [1, 3]]),
    "pad_packed_sequence-options": (lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t), True, -1.0, 4), [[[1.0, -1.0, -1.0, -1.0], [2.0, 3.0, 4.0, -1.0]], [1, 3]]),
    "unpack_sequence": (lambda t: t.nn.utils.rnn.unpack_sequence(_packed(t)), [[1.0], [2.0, 3.0, 4.0]]),
    "invert_permutation": (lambda t: (t.nn.utils.rnn.invert_permutation(t.tensor([2, 0, 1])), t.nn.utils.rnn.invert_permutation(None)), [[1, 2, 0], None]),
    "PackedSequence": (lambda t: [isinstance(_packed(t), t.nn.utils.rnn.PackedSequence), list(_packed(t)._fields), str(_packed(t).double().data.dtype)],
                       [True, ["data", "batch_sizes", "sorted_indices", "unsorted_indices"], "torch.float64"]),
    "gradient": (lambda t: (lambda x: ((t.nn.utils.rnn.pad_packed_sequence(t.nn.utils.rnn.pack_padded_sequence(x, [2, 1]))[0] * 3).sum().backward(), x.grad)[1])(t.ones(3, 2, requires_grad=True)),
                 [[3.0, 3.0], [3.0, 0.0], [0.0, 0.0]]),
})  # fmt: skip
refusals(_TOOLS, {
    "unsorted": (lambda t: t.nn.utils.rnn.pack_padded_sequence(t.zeros(2, 2), [1, 2]), RuntimeError, "must be sorted in decreasing order"),
    "lengths": (lambda t: t.nn.utils.rnn.pack_padded_sequence(t.zeros(2, 2), [1]), RuntimeError, "to be equal to batch_size"),
    "zero": (lambda t: t.nn.utils.rnn.pack_padded_sequence(t.zeros(2, 2), [1, 0]), RuntimeError, "has to be greater than 0"),
    "empty": (lambda t: t.nn.utils.rnn.pack_padded_sequence(t.zeros(0, 2), [1, 1]), RuntimeError, "Cannot pack empty tensors"),
    "total-length": (lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t), total_length=1), ValueError, "total_length to be at least"),
    "pair": (lambda t: t.nn.utils.rnn.PackedSequence(t.zeros(2)), AssertionError, "list or tuple of length 2"),
})  # fmt: skip
