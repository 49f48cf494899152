"""Containers of modules and parameters, and how modules are written."""

from collections import OrderedDict
from typing import Any

from ...programs import programs, refusals, texts


def _names(pairs: Any) -> list[str]:
    return [name for name, _ in pairs]


def _after(made: Any, change: Any) -> Any:
    """A module that has been changed."""
    change(made)
    return made


def _shared(t: Any) -> Any:
    layer = t.nn.Linear(1, 1)
    return t.nn.ModuleDict({"one": layer, "two": layer})


def _kinds(modules: Any) -> list[str]:
    return [type(each).__name__ for each in modules]


def _three(t: Any) -> Any:
    return t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh(), t.nn.Sigmoid())


programs("containers", {
    "sequential-order": (lambda t: t.nn.Sequential(t.nn.ReLU(), t.nn.Flatten(0))(t.tensor([[-1.0, 2.0]])), [0.0, 2.0]),
    "sequential-slice": (lambda t: (_kinds(_three(t)[1:]), _names(_three(t)[1:].named_children())), [["Tanh", "Sigmoid"], ["1", "2"]]),
    "sequential-last": (lambda t: (type(_three(t)[-1]).__name__, len(_three(t))), ["Sigmoid", 3]),
    "sequential-append": (lambda t: (lambda net: (_kinds(net.append(t.nn.ELU())), _names(net.named_children())))(_three(t)), [["ReLU", "Tanh", "Sigmoid", "ELU"], ["0", "1", "2", "3"]]),
    "sequential-insert": (lambda t: (lambda net: (net.insert(1, t.nn.ELU()), _kinds(net), _names(net.named_children()))[1:])(_three(t)), [["ReLU", "ELU", "Tanh", "Sigmoid"], ["0", "1", "2", "3"]]),
    "sequential-extend": (lambda t: _kinds(_three(t).extend([t.nn.ELU()])), ["ReLU", "Tanh", "Sigmoid", "ELU"]),
    "sequential-delete": (lambda t: (lambda net: (net.__delitem__(0), _kinds(net), _names(net.named_children()))[1:])(_three(t)), [["Tanh", "Sigmoid"], ["0", "1"]]),
    "sequential-pop": (lambda t: (lambda net: (type(net.pop(1)).__name__, _kinds(net)))(_three(t)), ["Tanh", ["ReLU", "Sigmoid"]]),
    "sequential-set": (lambda t: _kinds(_after(_three(t), lambda net: net.__setitem__(-1, t.nn.ELU()))), ["ReLU", "Tanh", "ELU"]),
    "sequential-add": (lambda t: (_kinds(_three(t) + _three(t)), len(_three(t).__iadd__(_three(t)))), [["ReLU", "Tanh", "Sigmoid", "ReLU", "Tanh", "Sigmoid"], 6]),
    "sequential-named": (lambda t: (lambda net: (_names(net.named_children()), type(net.b).__name__))(
        t.nn.Sequential(OrderedDict(a=t.nn.ReLU(), b=t.nn.Tanh()))), [["a", "b"], "Tanh"]),
    "list": (lambda t: (lambda parts: (len(parts), _kinds(parts), _kinds(parts[:2]), type(parts[-1]).__name__, _kinds(parts + [t.nn.ELU()])))(
        t.nn.ModuleList([t.nn.ReLU(), t.nn.Tanh(), t.nn.Sigmoid()])), [3, ["ReLU", "Tanh", "Sigmoid"], ["ReLU", "Tanh"], "Sigmoid", ["ReLU", "Tanh", "Sigmoid", "ELU"]]),
    "list-changes": (lambda t: (lambda parts: (parts.append(t.nn.ELU()), parts.insert(0, t.nn.Identity()), parts.extend([t.nn.GELU()]),
        parts.__delitem__(1), parts.__setitem__(0, t.nn.SiLU()), type(parts.pop(-1)).__name__, _kinds(parts), _names(parts.named_children()))[5:])(
        t.nn.ModuleList([t.nn.ReLU(), t.nn.Tanh()])), ["GELU", ["SiLU", "Tanh", "ELU"], ["0", "1", "2"]]),
    "dict": (lambda t: (lambda parts: (len(parts), list(parts), list(parts.keys()), _kinds(parts.values()), "a" in parts, "c" in parts,
        type(parts.pop("a")).__name__, list(parts), parts.update({"c": t.nn.ELU(), "b": t.nn.GELU()}), _kinds(parts.values()), parts.clear(), len(parts)))(
        t.nn.ModuleDict({"a": t.nn.ReLU(), "b": t.nn.Tanh()})), [2, ["a", "b"], ["a", "b"], ["ReLU", "Tanh"], True, False, "ReLU", ["b"], None, ["GELU", "ELU"], None, 0]),
    "parameter-list": (lambda t: (lambda parts: (len(parts), _names(parts.named_parameters()), parts[-1], [type(each).__name__ for each in parts],
        len(parts.append(t.ones(1))), len(parts.extend([t.ones(2)])), [each.tolist() for each in parts[1:3]]))(
        t.nn.ParameterList([t.ones(1), t.zeros(2)])), [2, ["0", "1"], [0.0, 0.0], ["Parameter", "Parameter"], 3, 4, [[0.0, 0.0], [1.0]]]),
    "parameter-dict": (lambda t: (lambda parts: (len(parts), list(parts), parts["b"], "a" in parts, parts.pop("a"), list(parts.keys()), parts.get("z", 5)))(
        t.nn.ParameterDict({"a": t.ones(1), "b": t.zeros(2)})), [2, ["a", "b"], [0.0, 0.0], True, [1.0], ["b"], 5]),
    "gradients-of-list": (lambda t: (lambda parts: ((parts[0] * 2 + parts[1] * 3).sum().backward(), [each.grad for each in parts])[1])(
        t.nn.ParameterList([t.ones(1), t.ones(1)])), [[2.0], [3.0]]),
})  # fmt: skip
refusals("containers", {
    "beyond": (lambda t: _three(t)[3], IndexError, "index 3 is out of range"),
    "before": (lambda t: _three(t)[-4], IndexError, "index -4 is out of range"),
    "no-key": (lambda t: t.nn.ModuleDict()["a"], KeyError, "'a'"),
    "no-module": (lambda t: t.nn.Sequential(3), TypeError, "int is not a Module subclass"),
    "list-of-numbers": (lambda t: t.nn.ModuleList([3]), TypeError, "int is not a Module subclass"),
    "parameter-list-of-tensor": (lambda t: t.nn.ParameterList().extend(t.ones(2)), TypeError, "ParameterList.extend should be called with an iterable, but got Tensor"),
})  # fmt: skip
texts("modules", {
    "nested": (lambda t: t.nn.Sequential(t.nn.Linear(2, 1), t.nn.Sequential(t.nn.ReLU())), "Sequential(\n  (0): Linear(in_features=2, out_features=1, bias=True)\n  (1): Sequential(\n    (0): ReLU()\n  )\n)"),
    "list": (lambda t: t.nn.ModuleList([t.nn.ReLU(), t.nn.ReLU(), t.nn.Tanh()]), "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"),
    "dict": (lambda t: t.nn.ModuleDict({"a": t.nn.Dropout(0.25)}), "ModuleDict(\n  (a): Dropout(p=0.25, inplace=False)\n)"),
    "empty": (lambda t: t.nn.Sequential(), "Sequential()"),
    "list-of-anything": (lambda t: t.nn.ParameterList([3, "a"]), "ParameterList(\n    (0): Object of type: int\n    (1): Object of type: str\n)"),
    "dict-of-anything": (lambda t: t.nn.ParameterDict({"n": 3}), "ParameterDict(  (n): Object of type: int)"),
    "shared": (lambda t: _shared(t), "ModuleDict(\n  (one): Linear(in_features=1, out_features=1, bias=True)\n  (two): Linear(in_features=1, out_features=1, bias=True)\n)"),
})  # fmt: skip
texts("layers", {
    "ReLU": (lambda t: t.nn.ReLU(), "ReLU()"),
    "ReLU6": (lambda t: t.nn.ReLU6(), "ReLU6()"),
    "LeakyReLU": (lambda t: t.nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
    "ELU": (lambda t: t.nn.ELU(2.0), "ELU(alpha=2.0)"),
    "SELU": (lambda t: t.nn.SELU(), "SELU()"),
    "GELU": (lambda t: t.nn.GELU("tanh"), "GELU(approximate='tanh')"),
    "Softmax": (lambda t: t.nn.Softmax(1), "Softmax(dim=1)"),
    "LogSoftmax": (lambda t: t.nn.LogSoftmax(1), "LogSoftmax(dim=1)"),
    "Linear": (lambda t: t.nn.Linear(2, 3, False), "Linear(in_features=2, out_features=3, bias=False)"),
    "Dropout": (lambda t: t.nn.Dropout(0.1, True), "Dropout(p=0.1, inplace=True)"),
    "Dropout2d": (lambda t: t.nn.Dropout2d(0.1), "Dropout2d(p=0.1, inplace=False)"),
    "Flatten": (lambda t: t.nn.Flatten(0, 2), "Flatten(start_dim=0, end_dim=2)"),
    "Embedding": (lambda t: t.nn.Embedding(5, 3, 1), "Embedding(5, 3, padding_idx=1)"),
    "PReLU": (lambda t: t.nn.PReLU(2), "PReLU(num_parameters=2)"),
    "Threshold": (lambda t: t.nn.Threshold(0.1, 2.0), "Threshold(threshold=0.1, value=2.0)"),
    "Hardtanh": (lambda t: t.nn.Hardtanh(-2, 2), "Hardtanh(min_val=-2, max_val=2)"),
    "Softplus": (lambda t: t.nn.Softplus(2, 10), "Softplus(beta=2, threshold=10)"),
    "Softshrink": (lambda t: t.nn.Softshrink(0.2), "Softshrink(0.2)"),
    "Identity": (lambda t: t.nn.Identity(), "Identity()"),
    "Sigmoid": (lambda t: t.nn.Sigmoid(), "Sigmoid()"),
    "Tanh": (lambda t: t.nn.Tanh(), "Tanh()"),
    "CELU": (lambda t: t.nn.CELU(2.0), "CELU(alpha=2.0)"),
    "Hardshrink": (lambda t: t.nn.Hardshrink(0.2), "Hardshrink(0.2)"),
    "GLU": (lambda t: t.nn.GLU(0), "GLU(dim=0)"),
    "CrossEntropyLoss": (lambda t: t.nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
    "MSELoss": (lambda t: t.nn.MSELoss(), "MSELoss()"),
    "Unflatten": (lambda t: t.nn.Unflatten(1, (2, 2)), "Unflatten(dim=1, unflattened_size=(2, 2))"),
})  # fmt: skip
