"""What a tensor knows of the graph: flags and nodes of results, and what changes them."""

import warnings
from contextlib import suppress
from typing import Any

from ...programs import program, programs, refusals


def _leaf(t: Any) -> Any:
    return t.tensor([1.0, 2.0], requires_grad=True)


def _set_requires_grad(x: Any) -> Any:
    x.requires_grad = True
    return x


def _flags(x: Any) -> Any:
    return x.requires_grad, x.is_leaf, None if x.grad_fn is None else x.grad_fn.name()


_NAMED: list[Any] = [
        lambda x: x + 1, lambda x: x - 1, lambda x: x * x, lambda x: x / 2, lambda x: -x, lambda x: x**2, lambda x: x.exp(), lambda x: x.log(), lambda x: x.relu(),
        lambda x: x @ x, lambda x: x.t(), lambda x: x.abs(), lambda x: x.clamp(min=0), lambda x: x.reshape(1, 2), lambda x: x.unsqueeze(0), lambda x: x.cumsum(0),
        lambda x: x.softmax(0), lambda x: x.max(), lambda x: x.flip(0)
]  # fmt: skip

programs("flags", {
    "plain": (lambda t: _flags(t.ones(2)), [False, True, None]),
    "leaf": (lambda t: _flags(_leaf(t)), [True, True, None]),
    "result": (lambda t: _flags(_leaf(t) * 2), [True, False, "MulBackward0"]),
    "number-left": (lambda t: [each.requires_grad for each in (2 - _leaf(t), 2 / _leaf(t), 2 ** _leaf(t))], [True, True, True]),
    "comparison": (lambda t: _flags(_leaf(t) > 1), [False, True, None]),
    "argmax": (lambda t: _flags(_leaf(t).argmax()), [False, True, None]),
    "max": (lambda t: [_flags(each) for each in _leaf(t).max(0)], [[True, False, "MaxBackward0"], [False, True, None]]),
    "sort": (lambda t: [_flags(each) for each in _leaf(t).sort()], [[True, False, "SortBackward0"], [False, True, None]]),
    "topk": (lambda t: [_flags(each) for each in _leaf(t).topk(1)], [[True, False, "TopkBackward0"], [False, True, None]]),
    "round": (lambda t: (_flags(_leaf(t).round()), _flags(_leaf(t).sign()), _flags(_leaf(t).floor())), [[True, False, "RoundBackward0"], [True, False, "SignBackward0"], [True, False, "FloorBackward0"]]),
    "detach": (lambda t: _flags((_leaf(t) * 2).detach()), [False, True, None]),
    "detach_": (lambda t: _flags((_leaf(t) * 2).detach_()), [False, True, None]),
    "detach_-leaf": (lambda t: _flags(_leaf(t).detach_()), [False, True, None]),
    "data": (lambda t: _flags((_leaf(t) * 2).data), [False, True, None]),
    "clone": (lambda t: (_flags(_leaf(t).clone()), _flags(t.ones(2).clone())), [[True, False, "CloneBackward0"], [False, True, None]]),
    "view": (lambda t: (_flags(_leaf(t)[0]), _flags(_leaf(t).view(2)), _flags(t.ones(2)[0])), [[True, False, "SelectBackward0"], [True, False, "ViewBackward0"], [False, True, None]]),
    "requires-grad_": (lambda t: (_flags(t.ones(2).requires_grad_()), _flags(_leaf(t).requires_grad_(False))), [[True, True, None], [False, True, None]]),
    "assignment": (lambda t: _flags(_set_requires_grad(t.ones(2))), [True, True, None]),
    "in-place-with-required": (lambda t: _flags(t.ones(2).add_(_leaf(t))), [True, False, "AddBackward0"]),
    "in-place-of-result": (lambda t: _flags((_leaf(t) * 2).mul_(3)), [True, False, "MulBackward0"]),
    "setitem-of-required": (lambda t: (lambda x: (x.__setitem__(0, _leaf(t)[0]), _flags(x))[1])(t.ones(2)), [True, False, "torch::autograd::CopySlices"]),
    "fill_-of-result": (lambda t: (lambda x: (x.requires_grad, x.is_leaf))((_leaf(t) * 2).fill_(1)), [True, False]),
    "copy_-of-plain": (lambda t: _flags((_leaf(t) * 2).copy_(t.ones(2))), [True, False, "torch::autograd::CopyBackwards"]),
    "cat": (lambda t: (_flags(t.cat((t.ones(2), _leaf(t)))), _flags(t.cat((t.ones(2), t.ones(2))))), [[True, False, "CatBackward0"], [False, True, None]]),
    "where": (lambda t: (_flags(t.where(t.ones(2) > 0, _leaf(t), 0.0)), _flags(t.where(_leaf(t) > 0, t.ones(2), t.zeros(2)))), [[True, False, "WhereBackward0"], [False, True, None]]),
    "like": (lambda t: (_flags(t.zeros_like(_leaf(t))), _flags(t.ones_like(_leaf(t), requires_grad=True)), _flags(_leaf(t).new_zeros(2))), [[False, True, None], [True, True, None], [False, True, None]]),
    "index-of-required": (lambda t: _flags(_leaf(t)[t.tensor([0, 0])]), [True, False, "IndexBackward0"]),
    "expand": (lambda t: _flags(_leaf(t).expand(3, 2)), [True, False, "ExpandBackward0"]),
    "to-same": (lambda t: _flags(_leaf(t).to(t.float32)), [True, True, None]),
    "tensor-of-result": (lambda t: _flags((_leaf(t) * 2).detach().clone().requires_grad_()), [True, True, None]),
    "item": (lambda t: ((_leaf(t) * 2).sum().item(), (_leaf(t) * 2).tolist()), [6.0, [2.0, 4.0]]),
    "dropout-eval": (lambda t: _flags(t.nn.functional.dropout(_leaf(t), 0.5, training=False)), [True, True, None]),
    "linear": (lambda t: _flags(t.nn.Linear(2, 1)(t.ones(1, 2))), [True, False, "AddmmBackward0"]),
    "sum": (lambda t: [_flags(each) for each in (_leaf(t).sum(), _leaf(t).mean(), _leaf(t).prod(), _leaf(t).norm(), _leaf(t).var())], [[True, False, "SumBackward0"], [True, False, "MeanBackward0"], [True, False, "ProdBackward0"], [True, False, "LinalgVectorNormBackward0"], [True, False, "VarBackward0"]]),
    "names": (lambda t: [call(_leaf(t)).grad_fn.name() for call in _NAMED], ["AddBackward0", "SubBackward0", "MulBackward0", "DivBackward0", "NegBackward0", "PowBackward0", "ExpBackward0", "LogBackward0", "ReluBackward0", "DotBackward0", "TBackward0", "AbsBackward0", "ClampBackward1", "ViewBackward0", "UnsqueezeBackward0", "CumsumBackward0", "SoftmaxBackward0", "MaxBackward1", "FlipBackward0"]),
    "next-functions": (lambda t: (lambda x: [(node.name(), number) for node, number in (x * x.exp()).grad_fn.next_functions])(_leaf(t)), [["torch::autograd::AccumulateGrad", 0], ["ExpBackward0", 0]]),
    "next-of-constants": (lambda t: [node if node is None else node.name() for node, _ in (_leaf(t) * t.ones(2)).grad_fn.next_functions], ["torch::autograd::AccumulateGrad", None]),
    "leaf-node": (lambda t: (lambda x: (x * 2).grad_fn.next_functions[0][0].variable is x)(_leaf(t)), True),
    "output-number": (lambda t: [part.output_nr for part in _leaf(t).unbind(0)], [0, 1]),
    "saved": (lambda t: (lambda x: ((x * x).grad_fn._saved_self is x, (x**3).grad_fn._saved_exponent))(_leaf(t)), [True, 3]),
}, dtypes=("float32", "int64", "bool"))  # fmt: skip


@program("grad_attribute/value/life", [None, [5.0, 6.0], [7.0, 8.0], None, None])
def _life(t: Any) -> Any:
    x = _leaf(t)
    found = [x.grad]
    x.grad = t.tensor([5.0, 6.0])
    found.append(x.grad.tolist())
    (x * 2).sum().backward()
    found.append(x.grad.tolist())
    x.grad = None
    found.append(x.grad)
    x.grad = t.zeros(2)
    del x.grad
    return [*found, x.grad]


@program("grad_attribute/value/of-result-warns", [None, 1, "UserWarning"])
def _warns(t: Any) -> Any:
    y = _leaf(t) * 2
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        found = y.grad
    return found, len(issued), issued[0].category.__name__


@program("data_attribute/value/set", [[3], [10.0, 12.0, 14.0], [6.0, 7.0, 8.0], 0, True])
def _set(t: Any) -> Any:
    x = _leaf(t)
    before = x._version
    x.data = t.tensor([5.0, 6.0, 7.0])
    (x * x).sum().backward()
    x.data.add_(1)
    return x.shape, x.grad, x.detach(), x._version - before, x.is_leaf


@program("data_attribute/value/shares", [[9.0, 7.0], False, [9.0, 7.0]])
def _shares(t: Any) -> Any:
    x = _leaf(t)
    data = x.data
    data[0] = 9.0
    other = t.zeros(2)
    other.data = x.data
    other[1] = 7.0
    return x.detach(), data.requires_grad, other


@program("anomaly/value/inside-no-grad", [[False, False, False, False, True, False, True], False, True])
def _anomaly(t: Any) -> Any:
    x = _leaf(t)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with t.no_grad():
            with t.autograd.detect_anomaly():
                found += [(x * 2).requires_grad, t.is_grad_enabled()]
            found += [(x * 2).requires_grad]
        with t.autograd.detect_anomaly(), t.no_grad():
            found += [(x * 2).requires_grad]
        with t.autograd.detect_anomaly():
            found += [(x * 2).requires_grad]
        with suppress(KeyError), t.autograd.detect_anomaly():
            raise KeyError
        with t.autograd.set_detect_anomaly(True):
            with t.autograd.set_detect_anomaly(False):
                found += [t.is_anomaly_enabled()]
            found += [t.is_anomaly_enabled()]
    return found, t.is_anomaly_enabled(), (x * 2).requires_grad


refusals("graph", {
    "grad-of-another-dtype": (lambda t: setattr(_leaf(t), "grad", t.ones(2, dtype=t.float64)), RuntimeError, "attempting to assign a gradient with dtype '"),
    "grad-is-itself": (lambda t: (lambda x: setattr(x, "grad", x))(_leaf(t)), RuntimeError, "can't assign Variable as its own grad"),
    "freeze-result": (lambda t: setattr(_leaf(t) * 2, "requires_grad", False), RuntimeError, "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that"),
    "integers": (lambda t: setattr(t.tensor([1]), "requires_grad", True), RuntimeError, "only Tensors of floating point and complex dtype can require gradients"),
    "detach_-of-view": (lambda t: (_leaf(t) * 2)[0].detach_(), RuntimeError, "Can't detach views in-place. Use detach() instead."),
    "data-of-other-kind": (lambda t: setattr(_leaf(t), "data", t.tensor([1])), RuntimeError, "data set to a tensor that requires gradients must be floating point or complex dtype"),
    "saved-freed": (lambda t: (lambda y: (y.sum().backward(), y.grad_fn._saved_result))(_leaf(t).exp()), RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "resize-of-required": (lambda t: _leaf(t).resize_(3), RuntimeError, "cannot resize variables that require grad"),
    "numpy-of-result": (lambda t: (_leaf(t) * 2).numpy(), RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
}, dtypes=("float32", "float64", "int64"))  # fmt: skip
