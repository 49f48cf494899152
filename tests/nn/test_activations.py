"""The activation functions, in their three forms, compared with PyTorch: values, gradients, errors, printed modules."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NAMES = """
F = M.nn.functional; N = M.nn; i = M.tensor([-2, 1, 3]); b = M.tensor([True]); u = M.tensor([1, 2], dtype=M.uint8)
x = M.tensor([-50.0, -3.0, -2.0, -0.5, float("nan"), 0.0, 0.25, 0.5, 1.0, 3.0, 6.0, 7.0, 90.0, float("inf"), -float("inf")])
"""
_UNARY = [
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "hardtanh",
    "hardsigmoid", "hardswish", "logsigmoid", "tanhshrink", "softshrink", "hardshrink", "sigmoid", "tanh",
]  # fmt: skip
_TWICE = [name for name in _UNARY if name not in ("softsign", "hardsigmoid")]  # whose second derivative PyTorch has
_EXACT = [name for name in _UNARY if name not in ("gelu", "sigmoid", "tanh")]  # in float32 to the last digit printed
_IN_PLACE = [
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "mish", "hardtanh", "hardsigmoid", "hardswish",
]  # fmt: skip

EXPRESSIONS = [
    *[
        f"F.{name}({operand})"
        for name in _UNARY
        for operand in ("i", "x.double()[:3]", "M.zeros(0, 2)", "M.tensor(-1.0)")
    ],
    *[f"F.{name}({operand})" for name in _EXACT for operand in ("x", "3")],
    *[f"F.{name}(x, inplace=True) is x" for name in _IN_PLACE],
    *[f"(F.{name}(x, inplace=True), x)" for name in _IN_PLACE],
    *[f"F.{name}(M.zeros(2, requires_grad=True), inplace=True)" for name in _IN_PLACE],
    *[f"F.{name}(M.zeros(2, requires_grad=True)).grad_fn.name()" for name in _UNARY if name not in ("celu", "sigmoid")],
]
EXPRESSIONS += """
F.relu(b)
F.threshold(i, 0, 5)
F.threshold(x, 0, 5.5)
M.threshold(x, 0.25, -1, )
M.threshold_(x, 0, 2)
F.prelu(x, M.tensor([0.5]))
F.prelu(M.ones(2, 3) * -1, M.tensor([0.5, 1, 2]))
F.prelu(M.ones(2, 3, 2) * -1, M.tensor([0.5, 1, 2]))
F.prelu(M.zeros(2, 3), M.zeros(2))
F.prelu(M.zeros(2, 3), M.zeros(3, 1))
F.prelu(M.zeros(2, 3), M.zeros(3, dtype=M.double))
F.prelu(M.zeros(3), M.zeros(3))
F.prelu(M.tensor(-3.0), M.tensor(0.5))
F.prelu(i, M.tensor([2]))
x.prelu(M.tensor([0.5]))
F.rrelu(x)
F.rrelu(x, 0.1, 0.1, True)
F.rrelu(x, 0.2, 0.1)
(M.manual_seed(3), F.rrelu(-M.ones(7), training=True))[1]
(M.manual_seed(3), F.rrelu(M.tensor([-1.0, 1, -1, 0, 2]), 0.0, 1.0, True))[1]
(M.manual_seed(3), F.rrelu(-M.ones(3, dtype=M.double), training=True))[1]
M.rrelu_(x, 0.5, 0.5)
F.glu(M.zeros(3))
F.glu(M.arange(4.0))
F.glu(M.arange(8.0).reshape(2, 4), 0)
F.glu(M.tensor(1.0))
F.glu(i.repeat(2))
F.gelu(x.double(), approximate="tanh")
F.gelu(x, approximate="x")
F.softplus(x, 2, 3)
F.softplus(x, 0.5)
F.hardtanh(i, -1, 2)
F.hardtanh(i, -1.5, 2.5)
F.hardtanh(x, 2, 1)
F.hardtanh(u, -1, 2)
F.hardtanh(u, -0.5, 1.5)
F.hardtanh(M.tensor([-2.0, float('nan'), 9.0, -0.0], dtype=M.bfloat16), 0.0, 6.0)
F.hardtanh(b)
F.one_hot(i)
F.one_hot(M.tensor([0, 2]))
F.one_hot(M.tensor([0, 2]), 2)
F.one_hot(M.tensor([0, 2]), 0)
F.one_hot(M.tensor([0.0, 2]))
F.one_hot(M.zeros(0, dtype=M.long))
F.one_hot(M.zeros(0, dtype=M.long), 3).shape
F.one_hot(M.tensor([[0, 2]], dtype=M.int32), 4)
F.one_hot(M.tensor(2), 4)
F.normalize(M.tensor([[3.0, 4], [0, 0]]))
F.normalize(M.tensor([3.0, 4]))
F.normalize(M.tensor([3.0, 4]), dim=0, p=1)
F.normalize(M.tensor([[3.0, 4], [0, 0]]), dim=(0, 1))
F.normalize(M.tensor([[3.0, 4]]), out=M.zeros(1, 2))
(M.manual_seed(5), F.gumbel_softmax(M.zeros(2, 3)))[1]
(M.manual_seed(5), F.gumbel_softmax(M.zeros(2, 3), 0.5, True, dim=0))[1]
F.gumbel_softmax(i)
F.softshrink(x, 1)
F.softshrink(x, -1)
F.hardshrink(x, 0)
x.hardshrink(0.3)
F.celu(x, 0)
F.celu(x, 2.0)
F.leaky_relu(x, -0.1)
M.selu_(x)
M.celu_(x, 2.0)
F.elu_(x)
F.leaky_relu_(x)
F.hardtanh_(x)
F.relu_(x)
F.softmax(M.zeros(2, 2))
F.softmin(M.arange(3.0), 0)
F.log_softmax(M.zeros(2, 2), 1)
N.ELU(2.0)
N.LeakyReLU(0.2, True)
N.Hardtanh(-2, 2)
N.ReLU6()
N.ReLU6(True)
N.Softplus()
N.GELU()
N.GELU('tanh')
N.PReLU(3)
N.RReLU()
N.Threshold(1, 2, True)
N.SELU(True)
N.CELU(2, True)
N.GLU(1)
N.Softmin(1)
N.Hardswish(True)
N.Softshrink()
N.Hardshrink(0.3)
N.Softmax2d()
N.Hardsigmoid(True)
N.SiLU(True)
N.Mish()
N.Tanhshrink()
N.Hardtanh(1, 1)
N.LogSigmoid()
N.Softsign()
[tuple(p.shape) for p in N.PReLU(3).parameters()]
N.PReLU(init=0.5).weight
[layer(x) for layer in (N.ELU(2.0), N.LeakyReLU(0.2), N.Hardtanh(-2, 2), N.ReLU6(), N.Softplus(2), N.Threshold(1, 2))]
[layer(x) for layer in (N.SELU(), N.CELU(2), N.GLU(0), N.Softmin(0), N.Hardswish(), N.Softshrink(), N.Hardshrink(), N.SiLU())]
[layer(x) for layer in (N.Hardsigmoid(), N.Mish(), N.Tanhshrink(), N.LogSigmoid(), N.Softsign(), N.PReLU(), N.RReLU().eval())]
N.Softmax2d()(M.zeros(1, 2, 1, 1))
N.Softmax2d()(M.zeros(2))
N.Softmax()(M.zeros(2))
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> tuple[str, str]:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = repr(eval(expression, names))
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"), ""
    return result.replace("\n", ""), f"{len(caught)} warnings"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _outcome(flambeau, expression) == _outcome(torch, expression)


GRADIENTS = [
    *[f"F.{name}(x)" for name in _TWICE], "F.gelu(x, approximate='tanh')", "F.softplus(x, 2, 3)",
    "F.elu(x, 2.0)", "F.celu(x, 0.5)", "F.glu(x)", "F.rrelu(x)", "F.threshold(x, 0.25, 3)", "F.hardtanh(x, -1, 2)",
    "F.prelu(x, w)", "F.normalize(x, dim=0)", "F.softmin(x, 0)", "F.silu(x * 1, inplace=True)", "F.elu(x * 1, inplace=True)",
    "F.leaky_relu(x * 1, 0.2, inplace=True)", "F.hardswish(x * 1, inplace=True)",
]  # fmt: skip


@pytest.mark.parametrize("expression", GRADIENTS)
def test_gradients_as_pytorch(expression: str) -> None:
    grads = []
    for module in (flambeau, torch):
        names: dict[str, Any] = {
            "F": module.nn.functional,
            "w": module.tensor([0.3], dtype=module.float64).requires_grad_(),
        }
        edges = [-50.0, -3.0, -2.0, -0.5, -0.1, 0.0, 0.25, 0.5, 1.0, 2.9, 3.0, 6.0, 7.0, 90.0]
        x = names["x"] = module.tensor(edges, dtype=module.float64).requires_grad_()
        result = eval(expression, names)
        weights = module.arange(1.0, result.numel() + 1, dtype=module.float64)
        (first,) = module.autograd.grad((result * weights).sum(), x, create_graph=True)
        second = None
        if first.requires_grad:
            (second,) = module.autograd.grad((first * first).sum(), x, allow_unused=True)
        grads.append([first.tolist(), [0.0] * 14 if second is None else second.tolist()])
    assert grads[0][0] == pytest.approx(grads[1][0], rel=1e-9, abs=1e-12)
    assert grads[0][1] == pytest.approx(grads[1][1], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(
    "name", ["gelu", "glu", "logsigmoid", "softplus", "elu", "selu", "celu", "mish", "hardsigmoid", "hardswish", "leaky_relu",
             "hardshrink", "softshrink"]
)  # fmt: skip
def test_complex_numbers_are_refused(name: str) -> None:
    with pytest.raises(NotImplementedError, match="not implemented for 'ComplexFloat'"):
        getattr(flambeau.nn.functional, name)(flambeau.tensor([1 + 2j, 0.5]))


def test_silu_takes_complex_numbers() -> None:
    z = flambeau.tensor([1 + 2j])
    assert flambeau.nn.functional.silu(z).tolist() == (z * z.sigmoid()).tolist()


_WRITTEN = {
    "avg_pool2d": lambda m, f, out: f.avg_pool2d(m.arange(16.0).reshape(1, 4, 4), 2, out=out),
    "avg_pool3d": lambda m, f, out: f.avg_pool3d(m.arange(16.0).reshape(1, 2, 2, 4), 2, out=out),
    "linear": lambda m, f, out: f.linear(m.ones(2, 3), m.ones(4, 3), m.arange(4.0), out=out),
    "gelu": lambda m, f, out: f.gelu(m.arange(4.0) - 2, approximate="tanh", out=out),
    "softplus": lambda m, f, out: f.softplus(m.arange(4.0) - 2, 2.0, out=out),
}


@pytest.mark.parametrize("name", _WRITTEN)
def test_results_are_written_into_a_given_tensor(name: str) -> None:
    results = []
    for m in (flambeau, torch):
        out = m.empty(0)
        assert _WRITTEN[name](m, m.nn.functional, out) is out
        results.append(out.tolist())
        with pytest.raises(RuntimeError):
            _WRITTEN[name](m, m.nn.functional, m.empty(0, dtype=m.float64))
        with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
            _WRITTEN[name](m, m.nn.functional, m.empty(0, requires_grad=True))
    found, expected = (flambeau.tensor(each) for each in results)
    assert flambeau.allclose(found, expected, rtol=1e-5)


def test_relu6_is_a_hardtanh() -> None:
    layer = flambeau.nn.ReLU6(inplace=True)
    assert isinstance(layer, flambeau.nn.Hardtanh)
    assert (layer.min_val, layer.max_val, repr(layer)) == (0.0, 6.0, repr(torch.nn.ReLU6(inplace=True)))
    values = flambeau.tensor([-1.0, 7.0])
    assert layer(values) is values
    assert values.tolist() == [0.0, 6.0]


@pytest.mark.parametrize("module", [flambeau, torch])
def test_eps_of_gumbel_softmax_warns(module: Any) -> None:
    with pytest.warns(UserWarning, match="`eps` parameter is deprecated and has no effect"):
        module.nn.functional.gumbel_softmax(module.zeros(2), eps=1e-3)
