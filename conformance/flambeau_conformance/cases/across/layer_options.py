"""Layers: what each computes, with its options, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

Make = Callable[[Any], Any]

_NO_TENSOR = (TypeError, AttributeError)


def _layer(name: str, *makes: tuple[str, Make], shape: tuple[int, ...] = (2, 4), domain: str = "nonzero",
           tolerance: str = "composite", gradient: bool = True, errors: tuple[Error, ...] = ()) -> None:  # fmt: skip
    """Declare a layer of one tensor, made in some ways; the in-place ones get a copy."""
    refused = Error("not-a-tensor", lambda t: makes[0][1](t)("no tensor"), _NO_TENSOR)
    op(
        f"nn.{name}", tolerance=tolerance, method=False, refuses=False, errors=[refused, *errors], differentiable=gradient,
        samples=[Sample(label, lambda t, x, make=make: make(t)(x.clone()), (In(shape, domain),), gradient=gradient)
                 for label, make in makes],
    )  # fmt: skip


def _of(name: str, *arguments: Any, **options: Any) -> Make:
    """How a layer is made by its name."""
    return lambda t: getattr(t.nn, name)(*arguments, **options)


def _both(name: str) -> tuple[tuple[str, Make], tuple[str, Make]]:
    """A layer whose one option is to work in place."""
    return ("default", _of(name)), ("inplace", _of(name, inplace=True))


for _name in ("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish"):
    _layer(_name, *_both(_name))
for _name in ("Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink"):
    _layer(_name, ("default", _of(_name)))
op("nn.Identity", tolerance="exact", method=False, refuses=False, samples=[
    Sample("default", lambda t, x: t.nn.Identity(54, unused=True)(x), (In((2, 3)),)),
])  # fmt: skip
_layer("ELU", ("default", lambda t: t.nn.ELU()), ("options", lambda t: t.nn.ELU(alpha=0.5, inplace=True)))
_layer("CELU", ("default", lambda t: t.nn.CELU()), ("options", lambda t: t.nn.CELU(alpha=0.5, inplace=True)))
_layer(
    "LeakyReLU",
    ("default", lambda t: t.nn.LeakyReLU()),
    ("options", lambda t: t.nn.LeakyReLU(negative_slope=0.3, inplace=True)),
)
_layer(
    "Hardtanh",
    ("default", lambda t: t.nn.Hardtanh()),
    ("options", lambda t: t.nn.Hardtanh(min_val=-0.7, max_val=1.3, inplace=True)),
)
_layer(
    "Threshold",
    ("default", lambda t: t.nn.Threshold(threshold=0.1, value=3.0)),
    ("options", lambda t: t.nn.Threshold(0.1, 3.0, inplace=True)),
)
_layer("Hardshrink", ("default", lambda t: t.nn.Hardshrink()), ("options", lambda t: t.nn.Hardshrink(lambd=1.1)))
_layer("Softshrink", ("default", lambda t: t.nn.Softshrink()), ("options", lambda t: t.nn.Softshrink(lambd=1.1)))
_layer(
    "Softplus", ("default", lambda t: t.nn.Softplus()), ("options", lambda t: t.nn.Softplus(beta=2.0, threshold=3.0))
)
_layer(
    "GELU", ("default", lambda t: t.nn.GELU()), ("tanh", lambda t: t.nn.GELU(approximate="tanh")), tolerance="special"
)
_layer("GLU", ("default", lambda t: t.nn.GLU()), ("first", lambda t: t.nn.GLU(dim=0)))
op("nn.PReLU", method=False, refuses=False, errors=[Error("not-a-tensor", lambda t: t.nn.PReLU()("no tensor"), _NO_TENSOR)], samples=[
    Sample("default", lambda t, x: t.nn.PReLU().to(x.dtype)(x), (In((2, 4), "nonzero"),)),
    Sample("each", lambda t, x: t.nn.PReLU(num_parameters=4, init=0.1, device=x.device, dtype=x.dtype)(x), (In((2, 4), "nonzero"),)),
])  # fmt: skip
_layer(
    "RReLU",
    ("default", lambda t: t.nn.RReLU().eval()),
    ("options", lambda t: t.nn.RReLU(lower=0.2, upper=0.5, inplace=True).eval()),
)
_layer("Softmax", ("default", lambda t: t.nn.Softmax(dim=1)))
_layer("Softmin", ("default", lambda t: t.nn.Softmin(dim=1)))
_layer("LogSoftmax", ("default", lambda t: t.nn.LogSoftmax(dim=0)))
_layer("Softmax2d", ("default", lambda t: t.nn.Softmax2d()), shape=(3, 2, 2), errors=(
    Error("matrix", lambda t: t.nn.Softmax2d()(t.ones(2, 2)), (ValueError,), "3D or 4D"),))  # fmt: skip
_layer(
    "Flatten",
    ("default", lambda t: t.nn.Flatten()),
    ("part", lambda t: t.nn.Flatten(start_dim=0, end_dim=1)),
    shape=(2, 3, 2),
    tolerance="exact",
)
_layer("Unflatten", ("default", lambda t: t.nn.Unflatten(dim=1, unflattened_size=(2, 2))), tolerance="exact", errors=(
    Error("sizes", lambda t: t.nn.Unflatten(1, (3, 2))(t.ones(2, 4)), (RuntimeError,), "don't multiply up"),))  # fmt: skip

# -- layers that draw: all or nothing is dropped, or training is over --------------------------------------------------------


def _over(name: str) -> Make:
    """A layer that does not train."""
    return lambda t: getattr(t.nn, name)().eval()


for _name, _shape in {
    "Dropout": (2, 4), "Dropout1d": (2, 3, 2), "Dropout2d": (2, 2, 2, 2), "Dropout3d": (1, 2, 2, 1, 2),
    "AlphaDropout": (2, 4), "FeatureAlphaDropout": (2, 2, 2),
}.items():  # fmt: skip
    _layer(
        _name, ("none", _of(_name, p=0.0)), ("all", _of(_name, p=1.0)), ("inplace", _of(_name, 0.0, inplace=True)),
        ("over", _over(_name)), shape=_shape,
        errors=(Error("probability", lambda t, name=_name: getattr(t.nn, name)(1.5), (ValueError,), "between 0 and 1"),),
    )  # fmt: skip

_FUNCTIONS = {
    "dropout": (2, 4), "dropout1d": (2, 3, 2), "dropout2d": (2, 2, 2, 2), "dropout3d": (1, 2, 2, 1, 2),
    "alpha_dropout": (2, 4), "feature_alpha_dropout": (2, 2, 2),
}  # fmt: skip


def _written(call: Callable[[Any], Any], x: Any) -> Any:
    """A tensor of the values of ``x`` that a call writes into, and gives back."""
    target = x.clone()
    before = target._version
    expect(call(target) is target, "what is returned is another tensor")
    expect(target._version > before, "the version was not raised")
    return target


def _dropped(t: Any, name: str, x: Any, **options: Any) -> Any:
    return getattr(t.nn.functional, name)(x, **options)


for _name, _shape in _FUNCTIONS.items():
    op(f"nn.functional.{_name}", method=False, refuses=False, errors=[
        Error("probability", lambda t, name=_name, shape=_shape: _dropped(t, name, t.ones(shape), p=-0.1), (ValueError,), "between 0 and 1"),
    ], samples=[
        Sample("none", lambda t, x, name=_name: _dropped(t, name, x, p=0.0, training=True), (In(_shape),)),
        Sample("all", lambda t, x, name=_name: _dropped(t, name, x, p=1.0, training=True), (In(_shape),)),
        Sample("inplace", lambda t, x, name=_name: _written(lambda x: _dropped(t, name, x, p=1.0, training=True, inplace=True), x), (In(_shape),)),
        Sample("over", lambda t, x, name=_name: _dropped(t, name, x, training=False), (In(_shape),)),
    ])  # fmt: skip

for _name in ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"):
    op(f"drop.{_name}", method=False, refuses=False, errors=[
        Error("probability", lambda t, name=_name: getattr(t, name)(t.ones(2, 2), 2.0, True), (ValueError, RuntimeError), "between 0 and 1"),
    ], samples=[
        Sample("all", lambda t, x, name=_name: getattr(t, name)(x, 1.0, True), (In((2, 3)),)),
        Sample("over", lambda t, x, name=_name: getattr(t, name)(x, p=0.5, train=False), (In((2, 3)),)),
        Sample("own", lambda t, x, name=_name: getattr(t, f"{name}_")(x.clone(), 1.0, True), (In((2, 3)),)),
    ])  # fmt: skip

# -- losses ------------------------------------------------------------------------------------------------------------

_REDUCTIONS = ("mean", "sum", "none")


def _old(name: str, *inputs: In) -> list[Sample]:
    """The samples of the old arguments of a loss, as a function and as a layer."""
    kinds = {
        "summed": {"size_average": False},
        "each": {"reduce": False},
        "averaged": {"size_average": True, "reduce": True},
    }
    layer = {"mse_loss": "MSELoss", "l1_loss": "L1Loss", "nll_loss": "NLLLoss", "cross_entropy": "CrossEntropyLoss"}[
        name
    ]
    return [
        sample
        for label, options in kinds.items()
        for sample in (
            Sample(f"old-{label}", lambda t, *x, options=options: quietly(
                lambda: getattr(t.nn.functional, name)(*x, **options)), inputs),
            Sample(f"old-layer-{label}", lambda t, *x, options=options: quietly(
                lambda: getattr(t.nn, layer)(**options)(*x)), inputs),
        )
    ]  # fmt: skip


for _name, _layer_name in {"mse_loss": "MSELoss", "l1_loss": "L1Loss"}.items():
    op(f"nn.{_layer_name}", method=False, refuses=False, tolerance="reduction", errors=[
        Error("not-a-tensor", lambda t, name=_layer_name: getattr(t.nn, name)()("no", "tensor"), _NO_TENSOR),
        Error("reduction", lambda t, name=_layer_name: getattr(t.nn, name)(reduction="middle")(t.ones(1), t.ones(1)), (ValueError,), "middle is not a valid value"),
    ], samples=[
        *(Sample(each, lambda t, x, y, each=each, name=_layer_name: getattr(t.nn, name)(reduction=each)(x, y), (In((2, 3)), In((2, 3), "distinct")))
          for each in _REDUCTIONS),
        Sample("weight", lambda t, x, y, w, name=_name: getattr(t.nn.functional, name)(x, y, weight=w), (In((2, 3)), In((2, 3), "distinct"), In((2, 3), "positive")), gradient=False),
        *_old(_name, In((2, 3)), In((2, 3), "distinct")),
    ])  # fmt: skip

_CLASSES = (In((4, 3)), In((4,), "index:3"))
op("nn.NLLLoss", method=False, refuses=False, tolerance="reduction", errors=[
    Error("class", lambda t: t.nn.NLLLoss()(t.zeros(1, 2), t.tensor([2])), (IndexError,), "out of bounds"),
], samples=[
    *(Sample(each, lambda t, x, i, each=each: t.nn.NLLLoss(reduction=each)(x, i), _CLASSES) for each in _REDUCTIONS),
    Sample("options", lambda t, x, i: t.nn.NLLLoss(weight=t.tensor([1.0, 2.0, 0.5], dtype=x.dtype), ignore_index=1)(x, i), _CLASSES),
    *_old("nll_loss", *_CLASSES),
])  # fmt: skip
op("nn.CrossEntropyLoss", method=False, refuses=False, tolerance="reduction", errors=[
    Error("class", lambda t: t.nn.CrossEntropyLoss()(t.zeros(1, 2), t.tensor([2])), (IndexError,), "out of bounds"),
], samples=[
    *(Sample(each, lambda t, x, i, each=each: t.nn.CrossEntropyLoss(reduction=each)(x, i), _CLASSES) for each in _REDUCTIONS),
    Sample("options", lambda t, x, i: t.nn.CrossEntropyLoss(
        weight=t.tensor([1.0, 2.0, 0.5], dtype=x.dtype), ignore_index=1, label_smoothing=0.2)(x, i), _CLASSES),
    *_old("cross_entropy", *_CLASSES),
])  # fmt: skip

# -- functions whose layers stand above ----------------------------------------------------------------------------------

_INPLACE: dict[str, dict[str, Any]] = {
    "celu": {"alpha": 0.5}, "elu": {"alpha": 0.5}, "hardsigmoid": {}, "hardswish": {}, "hardtanh": {"min_val": -0.5}, "mish": {},
    "leaky_relu": {"negative_slope": 0.3}, "relu6": {}, "rrelu": {"lower": 0.3, "upper": 0.3}, "selu": {}, "silu": {},
    "threshold": {"threshold": 0.1, "value": 2.0}, "relu": {},
}  # fmt: skip
_ENDINGS = ("celu", "elu", "hardtanh", "leaky_relu", "relu", "rrelu", "selu", "threshold")


for _name, _options in _INPLACE.items():
    op(f"nn.functional.{_name}", tolerance="transcendental", method=False, refuses=False, errors=[
        Error("leaf", lambda t, name=_name, options=_options: getattr(t.nn.functional, name)(
            t.ones(2, requires_grad=True), inplace=True, **options), (RuntimeError,), "leaf Variable that requires grad"),
        *([Error("own-leaf", lambda t, name=_name, options=_options: getattr(t.nn.functional, f"{name}_")(
            t.ones(2, requires_grad=True), **options), (RuntimeError,), "leaf Variable that requires grad")] if _name in _ENDINGS else []),
    ], samples=[
        Sample("inplace", lambda t, x, name=_name, options=_options: _written(lambda x: getattr(t.nn.functional, name)(x, inplace=True, **options), x), (In((2, 4), "nonzero"),)),
        *([Sample("ending", lambda t, x, name=_name, options=_options: _written(lambda x: getattr(t.nn.functional, f"{name}_")(x, **options), x), (In((2, 4), "nonzero"),))]
          if _name in _ENDINGS else []),
    ])  # fmt: skip
for _name in ("celu", "relu", "rrelu", "selu", "threshold"):
    op(f"ending.{_name}", tolerance="transcendental", method=False, refuses=False, samples=[
        Sample("own", lambda t, x, name=_name: _written(lambda x: getattr(t, f"{name}_")(x, *((0.1, 2.0) if name == "threshold" else (0.3, 0.3) if name == "rrelu" else ())), x),
               (In((2, 4), "nonzero"),)),
    ], errors=[Error("not-a-tensor", lambda t, name=_name: getattr(t, f"{name}_")("no tensor"), (TypeError,))])  # fmt: skip
op("nn.functional.softmin", tolerance="transcendental", method=False, refuses=False, errors=[
    *(Error(f"dim-{name}", lambda t, name=name: getattr(t.nn.functional, name)(t.ones(2), 1), (IndexError,), "Dimension out of range")
      for name in ("softmin", "softmax", "log_softmax")),
], samples=[
    Sample("softmin", lambda t, x: t.nn.functional.softmin(x, dim=1), (In((2, 3)),)),
    Sample("softmax", lambda t, x: t.nn.functional.softmax(x, dim=0), (In((2, 3)),)),
    Sample("log-softmax", lambda t, x: t.nn.functional.log_softmax(x, dim=1), (In((2, 3)),)),
    Sample("typed", lambda t, x: tuple(getattr(t.nn.functional, name)(x, dim=1, dtype=t.float64) for name in ("softmin", "softmax", "log_softmax")), (In((2, 3)),),
           also=("float64",)),
])  # fmt: skip

# -- layers with a table, and containers ---------------------------------------------------------------------------------


@case("nn.Embedding/options/table/float32", dtypes=("float32", "int64"))
def _table(subject: Subject) -> None:
    t = subject.torch
    weight, rows = t.arange(6.0).reshape(3, 2), t.tensor([2, 0, 2])
    layer = t.nn.Embedding.from_pretrained(weight, freeze=False, padding_idx=0, scale_grad_by_freq=True)
    layer(rows).sum().backward()
    expect_equal(layer.weight.grad.tolist(), [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]], "the gradient by frequency")
    frozen = t.nn.Embedding.from_pretrained(weight)
    expect_equal(frozen.weight.requires_grad, False, "whether a given table wants a gradient")
    made = t.nn.Embedding(3, 2, padding_idx=-1, max_norm=1.0, norm_type=1.0, device=weight.device, dtype=t.float32)
    expect_equal((made.padding_idx, made.weight[2].tolist()), (2, [0.0, 0.0]), "the padding")
    expect_equal(bool((made(rows).abs().sum(1) <= 1.0001).all()), True, "that rows are cut to the norm")
    made.reset_parameters()
    expect_equal(repr(t.nn.Embedding(3, 2, sparse=True)), "Embedding(3, 2, sparse=True)", "the text")
    expect_raises(lambda: t.nn.Embedding(3, 2)(t.tensor([3])), IndexError, "index out of range")
    expect_raises(
        lambda: t.nn.Embedding(3, 2, padding_idx=3),
        (AssertionError, ValueError),
        "Padding_idx must be within num_embeddings",
    )


@case("nn.Linear/options/made/float64", dtypes=("float64", "float32"))
def _linear(subject: Subject) -> None:
    t = subject.torch
    layer = t.nn.Linear(2, 3, device=t.empty(0).device, dtype=t.float64)
    expect_equal(str(layer.weight.dtype), "torch.float64", "the dtype")
    layer.reset_parameters()
    expect_equal(layer.extra_repr(), "in_features=2, out_features=3, bias=True", "the text")
    expect_equal(layer.forward(t.ones(2, dtype=t.float64)).shape == (3,), True, "the shape")


@case("nn.PReLU/options/slopes/float32", dtypes=("float32",))
def _slopes(subject: Subject) -> None:
    t = subject.torch
    layer = t.nn.PReLU(2)
    layer(t.tensor([[-1.0, -2.0]])).sum().backward()
    expect_equal(layer.weight.grad.tolist(), [-1.0, -2.0], "the gradient of the slopes")
    layer.reset_parameters()
    expect_equal(layer.weight.tolist(), [0.25, 0.25], "the slopes anew")
    expect_equal(repr(layer), "PReLU(num_parameters=2)", "the text")


@case("nn.Sequential/options/refused/float32", dtypes=("float32",))
def _containers(subject: Subject) -> None:
    t = subject.torch
    expect_raises(lambda: t.nn.Sequential(3), TypeError, "not a Module subclass")
    model = t.nn.Sequential(t.nn.ReLU())
    model.extend([t.nn.Identity(), t.nn.Sigmoid()])
    expect_equal([type(each).__name__ for each in model], ["ReLU", "Identity", "Sigmoid"], "the modules")
    expect_equal(model.forward(t.tensor([-1.0])).tolist(), [0.5], "the result")


@case("nn.ModuleList/value/operations/-", dtypes=("float32",))
def _lists(subject: Subject) -> None:
    t = subject.torch
    layers = t.nn.ModuleList([t.nn.ReLU()])
    layers.append(t.nn.Tanh())
    layers.extend([t.nn.Identity()])
    layers.insert(0, t.nn.Sigmoid())
    expect_equal([type(each).__name__ for each in layers], ["Sigmoid", "ReLU", "Tanh", "Identity"], "the list")
    expect_equal(type(layers.pop(1)).__name__, "ReLU", "what was taken out")
    expect_equal(len(layers), 3, "the length")
    expect_raises(lambda: layers[7], IndexError, "out of range")
    expect_raises(lambda: layers.append(3), TypeError, "not a Module subclass")
    expect_raises(lambda: layers(t.ones(1)), NotImplementedError, 'missing the required "forward"')


@case("nn.ModuleDict/value/operations/-", dtypes=("float32",))
def _dicts(subject: Subject) -> None:
    t = subject.torch
    layers = t.nn.ModuleDict({"one": t.nn.ReLU()})
    layers.update({"two": t.nn.Tanh(), "three": t.nn.Identity()})
    expect_equal(list(layers.keys()), ["one", "two", "three"], "the keys")
    expect_equal([(key, type(each).__name__) for key, each in layers.items()][1], ("two", "Tanh"), "the second pair")
    expect_equal([type(each).__name__ for each in layers.values()], ["ReLU", "Tanh", "Identity"], "the modules")
    expect_equal((type(layers.pop("one")).__name__, "one" in layers), ("ReLU", False), "what was taken out")
    expect_raises(lambda: layers["four"], KeyError, "four")
    expect_raises(lambda: layers.update(3), TypeError)
    layers.clear()
    expect_equal(len(layers), 0, "the length")


@case("nn.ParameterList/value/operations/-", dtypes=("float32",))
def _parameter_lists(subject: Subject) -> None:
    t = subject.torch
    kept = t.nn.ParameterList([t.ones(1)])
    kept.append(t.nn.Parameter(t.zeros(2)))
    kept.extend([t.ones(3)])
    expect_equal([len(each) for each in kept.parameters()], [1, 2, 3], "the parameters")
    expect_equal(kept.extra_repr().count("Parameter containing"), 3, "the lines of the text")
    expect_raises(lambda: kept.extend(3), TypeError)
    expect_raises(lambda: kept[5], IndexError, "out of range")


@case("nn.ParameterDict/value/operations/-", dtypes=("float32",))
def _parameter_dicts(subject: Subject) -> None:
    t = subject.torch
    kept = t.nn.ParameterDict({"a": t.ones(1)})
    kept.update({"b": t.zeros(2), "c": t.ones(3)})
    expect_equal(
        (list(kept.keys()), [len(each) for each in kept.values()]), (["a", "b", "c"], [1, 2, 3]), "the entries"
    )
    expect_equal([key for key, _ in kept.items()], ["a", "b", "c"], "the pairs")
    expect_equal((len(kept.get("a")), kept.get("z"), kept.get("z", 4)), (1, None, 4), "what is got")
    expect_equal(kept.extra_repr().count("Parameter containing"), 3, "the lines of the text")
    expect_equal((len(kept.pop("c")), "c" in kept), (3, False), "what was taken out")
    expect_raises(lambda: kept["z"], (KeyError, AttributeError), "z")
    kept.clear()
    expect_equal(len(kept), 0, "the length")


_TEXTS: list[tuple[str, tuple[Any, ...], str]] = [
    ("CELU", (), "CELU(alpha=1.0)"),
    ("ELU", (0.5,), "ELU(alpha=0.5)"),
    ("GELU", (), "GELU(approximate='none')"),
    ("GLU", (), "GLU(dim=-1)"),
    ("Hardshrink", (), "Hardshrink(0.5)"),
    ("Hardtanh", (), "Hardtanh(min_val=-1.0, max_val=1.0)"),
    ("LeakyReLU", (), "LeakyReLU(negative_slope=0.01)"),
    ("ReLU", (True,), "ReLU(inplace=True)"),
    ("Softmax", (1,), "Softmax(dim=1)"),
    ("Softplus", (), "Softplus(beta=1.0, threshold=20.0)"),
    (
        "Threshold",
        (
            1,
            2,
        ),
        "Threshold(threshold=1, value=2)",
    ),
    ("Flatten", (), "Flatten(start_dim=1, end_dim=-1)"),
    ("SiLU", (), "SiLU()"),
    (
        "Unflatten",
        (
            1,
            (2, 2),
        ),
        "Unflatten(dim=1, unflattened_size=(2, 2))",
    ),
    ("Dropout", (0.2,), "Dropout(p=0.2, inplace=False)"),
    ("LogSoftmax", (0,), "LogSoftmax(dim=0)"),
    ("RReLU", (), "RReLU(lower=0.125, upper=0.3333333333333333)"),
    ("Softshrink", (), "Softshrink(0.5)"),
    ("AlphaDropout", (), "AlphaDropout(p=0.5, inplace=False)"),
    ("Hardsigmoid", (), "Hardsigmoid()"),
    (
        "Embedding",
        (
            2,
            1,
        ),
        "Embedding(2, 1)",
    ),
]


@case("nn.Module/printed/layers/-", dtypes=("float32",))
def _texts(subject: Subject) -> None:
    nn = subject.torch.nn
    for name, arguments, text in _TEXTS:
        expect_equal(repr(getattr(nn, name)(*arguments)), text, f"the text of {name}")


@case("dropout/options/generator/-", dtypes=("float32",))
def _own_generator(subject: Subject) -> None:
    """The layers and functions that draw take a generator, which PyTorch's do not."""
    t = subject.torch
    functional = t.nn.functional
    draws: tuple[Callable[[Any], Any], ...] = (
        lambda g: t.nn.Dropout(0.5, generator=g)(t.ones(40)),
        lambda g: functional.rrelu(-t.ones(40), 0.1, 0.9, training=True, generator=g),
        lambda g: t.geometric(0.5, (40,), generator=g),
        *(
            lambda g, name=name, shape=shape: getattr(t.nn, name)(0.5, generator=g)(t.ones(shape))
            for name, shape in (
                ("Dropout1d", (2, 20, 2)),
                ("Dropout2d", (2, 20, 1, 2)),
                ("Dropout3d", (2, 20, 1, 1, 2)),
                ("AlphaDropout", (40,)),
                ("FeatureAlphaDropout", (2, 20, 2)),
            )
        ),
        *(
            lambda g, name=name: getattr(functional, name)(t.ones(2, 20, 2), 0.5, training=True, generator=g)
            for name in ("dropout1d", "alpha_dropout", "feature_alpha_dropout")
        ),
        *(
            lambda g, name=name: getattr(t, name)(t.ones(2, 20, 2), 0.5, True, generator=g)
            for name in (
                "dropout",
                "dropout_",
                "alpha_dropout",
                "alpha_dropout_",
                "feature_dropout",
                "feature_dropout_",
                "feature_alpha_dropout",
                "feature_alpha_dropout_",
            )
        ),
    )
    for draw in draws:
        first, again = (draw(t.Generator(device=t.empty(0).device).manual_seed(3)).tolist() for _ in range(2))
        expect_equal(first, again, "the second result of one seed")
