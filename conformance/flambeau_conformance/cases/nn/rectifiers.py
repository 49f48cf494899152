"""Activation functions of nn.functional beyond those that are tensor functions, one-hot vectors and unit vectors."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _function(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


def _without_signs(t: Any, name: str) -> Any:
    """A function of PyTorch whose zeros have the sign of the input or not, which depends on their place in memory."""
    return lambda *arguments: _function(t, name)(*arguments) + 0.0


def _activation(
    name: str, *arguments: Any, integers: bool = False, tolerance: str = "transcendental", calls: Any = _function
) -> None:
    """A function of one tensor, with its defaults and with other arguments, on either side of its joints."""
    errors = [] if integers else [
        Error("integers", lambda t: _function(t, name)(t.tensor([1, 2])), (NotImplementedError,), "not implemented for 'Long'")
    ]  # fmt: skip
    samples = [Sample("default", lambda t, x: calls(t, name)(x), (In((3, 4)),)),
               Sample("zero-dim", lambda t, x: calls(t, name)(x), (In(()),)),
               Sample("far", lambda t, x: calls(t, name)(x * 30), (In((6,), "nonzero"),), gradient=False)]  # fmt: skip
    if arguments:
        samples.append(Sample("arguments", lambda t, x: calls(t, name)(x, *arguments), (In((3, 4)),)))
    wrong = Error("not-a-tensor", lambda t: _function(t, name)("no tensor"), (TypeError, AttributeError))
    op(name, tolerance=tolerance, method=False, alias=False, errors=[wrong, *errors], samples=samples)


_activation("relu6", integers=True)
_activation("leaky_relu", 0.3)
_activation("elu", 0.7)
_activation("selu")
_activation("celu", 0.7)
_activation("silu")
_activation("mish")
_activation("softplus", 2.0, 1.0)
_activation("softsign", integers=True)
_activation("hardtanh", -0.5, 1.5, integers=True)
_activation("hardsigmoid")
_activation("hardswish")
_activation("logsigmoid")
_activation("tanhshrink", integers=True, tolerance="composite")  # a difference, in which digits cancel
_activation("softshrink", 0.25, calls=_without_signs)
_activation("rrelu")
op("gelu", tolerance="special", method=False, alias=False, samples=[
    Sample("exact", lambda t, x: _function(t, "gelu")(x), (In((3, 4)),)),
    Sample("tanh", lambda t, x: _function(t, "gelu")(x, approximate="tanh"), (In((3, 4)),)),
], errors=[Error("word", lambda t: _function(t, "gelu")(t.zeros(2), approximate="x"), (RuntimeError,), "must be either none or tanh")])  # fmt: skip
op("hardshrink", dtypes=FLOATS, alias=False, samples=[
    Sample("default", lambda t, x: t.hardshrink(x), (In((3, 4)),)), Sample("width", lambda t, x: x.hardshrink(0.25), (In((3, 4)),)),
])  # fmt: skip
op("threshold", tolerance="exact", method=False, alias=False, samples=[
    Sample("value", lambda t, x: t.threshold(x, 0.25, 3.0), (In((3, 4)),)),
], errors=[Error("not-a-tensor", lambda t: t.threshold("no tensor", 0, 1), (TypeError,))])  # fmt: skip
op("prelu", alias=False, samples=[
    Sample("one", lambda t, x, w: t.prelu(x, w), (In((2, 3)), In((1,)))),
    Sample("channels", lambda t, x, w: x.prelu(w), (In((2, 3, 2)), In((3,)))),
], errors=[
    Error("count", lambda t: t.prelu(t.zeros(2, 3), t.zeros(2)), (RuntimeError,), "Mismatch of parameter numbers and input channel size"),
    Error("dims", lambda t: t.prelu(t.zeros(2, 3), t.zeros(3, 1)), (RuntimeError,), "scalar or 1D tensor"),
])  # fmt: skip
op("glu", tolerance="transcendental", method=False, alias=False, samples=[
    Sample("last", lambda t, x: _function(t, "glu")(x), (In((3, 4)),)), Sample("first", lambda t, x: _function(t, "glu")(x, 0), (In((4, 3)),)),
], errors=[Error("odd", lambda t: _function(t, "glu")(t.zeros(3)), (RuntimeError,), "Halving dimension must be even")])  # fmt: skip
op("normalize", tolerance="reduction", method=False, alias=False, samples=[
    Sample("rows", lambda t, x: _function(t, "normalize")(x), (In((2, 3), "nonzero"),)),
    Sample("sums", lambda t, x: _function(t, "normalize")(x, p=1.0, dim=0), (In((2, 3), "nonzero"),)),
], errors=[Error("dim", lambda t: _function(t, "normalize")(t.zeros(2)), (IndexError,), "Dimension out of range")])  # fmt: skip


@case("rrelu/value/training/-", dtypes=("float32", "float64"))
def _random_slopes(subject: Subject) -> None:
    t = subject.torch
    x = -t.ones(200)
    y = t.rrelu(x, 0.25, 0.5, training=True)
    expect(bool((y <= -0.25).all()) and bool((y >= -0.5).all()), "the slopes lie between the bounds")
    expect(len(set(y.tolist())) > 100, "the slopes differ")
    expect_equal(t.rrelu(t.ones(3), 0.25, 0.5, training=True).tolist(), [1.0] * 3, "positive elements")
    expect_equal(t.rrelu(x, 0.25, 0.75)[0].item(), -0.5, "the mean slope outside of training")
    expect_raises(lambda: t.rrelu(x, 0.5, 0.25), RuntimeError, "less than or equal to the upper bound")


@case("one_hot/value/classes/-", dtypes=("int64",))
def _one_hot(subject: Subject) -> None:
    t = subject.torch
    one_hot = t.nn.functional.one_hot
    expect_equal(one_hot(t.tensor([0, 2])).tolist(), [[1, 0, 0], [0, 0, 1]], "the number of classes inferred")
    expect_equal(one_hot(t.tensor([[1]]), 2).tolist(), [[[0, 1]]], "the number of classes given")
    expect_raises(lambda: one_hot(t.tensor([2]), 2), RuntimeError, "must be smaller than num_classes")
    expect_raises(lambda: one_hot(t.tensor([-1])), RuntimeError, "must be non-negative")


@case("gumbel_softmax/value/hard/-", dtypes=("float32", "float64"))
def _gumbel(subject: Subject) -> None:
    t = subject.torch
    logits = t.zeros(50, 4, requires_grad=True)
    hard = t.nn.functional.gumbel_softmax(logits, hard=True)
    expect_equal(sorted(set(hard.flatten().round().tolist())), [0.0, 1.0], "the numbers of one-hot vectors")
    expect(bool(((hard.sum(1) - 1).abs() < 1e-5).all()), "each vector sums to one")
    (hard * t.arange(4.0)).sum().backward()
    expect(bool((logits.grad != 0).any()), "the gradient flows to the logits")
