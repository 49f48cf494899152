"""Containers of modules and parameters, beside PyTorch's."""

from __future__ import annotations

from collections import OrderedDict
from types import ModuleType
from typing import Any

import pytest

import flambeau


def test_lists_of_modules_behave_as_lists() -> None:
    layers = [flambeau.nn.ReLU() for _ in range(3)]
    model = flambeau.nn.Sequential(*layers)
    assert len(model) == 3
    assert model[-1] is layers[2]
    assert list(model[1:]) == layers[1:]
    model.insert(1, flambeau.nn.Tanh())
    del model[0]
    assert [type(layer).__name__ for layer in model] == ["Tanh", "ReLU", "ReLU"]
    assert model.pop(0)(flambeau.tensor(0.0)).item() == 0.0
    model += flambeau.nn.Sequential(flambeau.nn.Sigmoid())
    assert list(model._modules) == ["0", "1", "2"]
    with pytest.raises(IndexError, match="index 5 is out of range"):
        _ = model[5]


TEXTS: dict[str, Any] = {
    "nothing": lambda n, t: (n.Sequential(), n.ModuleList(), n.ModuleDict(), n.ParameterList(), n.ParameterDict()),
    "named": lambda n, t: n.Sequential(OrderedDict(first=n.ReLU(), second=n.Tanh()))[1:],
    "sum": lambda n, t: n.Sequential(n.ReLU()) + n.Sequential(n.Tanh()),
    "repeated": lambda n, t: n.ModuleList([n.Sequential(n.ReLU()), n.Sequential(n.ReLU()), n.Tanh()]),
    "dictionary": lambda n, t: n.ModuleDict({"a": n.Linear(1, 2), "b": n.Sequential(n.ReLU())}),
    "parameters": lambda n, t: n.ParameterList([t.ones(2, 3), t.ones(1), "text"]),
    "one parameter": lambda n, t: n.ParameterList([t.ones(2)])[:],
    "parameters by name": lambda n, t: n.ParameterDict({"a": t.ones(2), "b": 3}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_pytorchs(torch: ModuleType, name: str) -> None:
    assert repr(TEXTS[name](flambeau.nn, flambeau)) == repr(TEXTS[name](torch.nn, torch))


def _use_module_dict(t: Any) -> Any:
    modules = t.nn.ModuleDict([("a", t.nn.Linear(1, 1)), ("b", t.nn.ReLU())])
    modules["c"] = t.nn.Linear(1, 1, bias=False)
    modules.update({"b": t.nn.Tanh()})
    popped = type(modules.pop("a")).__name__
    del modules["c"]
    kinds = [(key, type(module).__name__) for key, module in modules.items()]
    return popped, kinds, len(modules), "a" in modules, list(modules), len(list(modules.values()))


def _use_parameter_list(t: Any) -> Any:
    parameters = t.nn.ParameterList([t.ones(1)])
    parameters += [t.zeros(2), t.zeros(3)]
    parameters[-1] = t.ones(4)
    names = [(name, list(value.shape)) for name, value in parameters.named_parameters()]
    return names, len(parameters[1:]), [list(value.shape) for value in parameters], list(parameters.state_dict())


def _use_parameter_dict(t: Any) -> Any:
    parameters = t.nn.ParameterDict({"a": t.ones(1), "b": t.ones(2)})
    parameters["c"] = 3
    popped = list(parameters.pop("a").shape)
    found = [popped, list(parameters.keys()), list(parameters.state_dict()), parameters.get("x", 7), "c" in parameters]
    del parameters["b"]
    values = list(parameters.values())
    parameters.clear()
    return found, values, len(parameters), list(parameters.parameters())


@pytest.mark.parametrize("use", [_use_module_dict, _use_parameter_list, _use_parameter_dict])
def test_containers_do_what_pytorchs_do(torch: ModuleType, use: Any) -> None:
    assert use(flambeau) == use(torch)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n: n.ParameterList(flambeau.ones(2)), TypeError, "should be called with an iterable, but got Tensor"),
        (lambda n: n.ParameterList([1])[1], IndexError, "index 1 is out of range"),
        (lambda n: n.ParameterDict({})["a"], AttributeError, "has no attribute 'a'"),
        (lambda n: n.ModuleDict({"a": 3}), TypeError, "int is not a Module subclass"),
        (lambda n: n.ModuleList([n.ReLU()])[1], IndexError, "index 1 is out of range"),
        (lambda n: n.ModuleList([n.ReLU()])(1), NotImplementedError, 'missing the required "forward" function'),
    ],
)
def test_wrong_use_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(flambeau.nn)


def test_the_old_container_warns_and_holds_modules_by_name() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        held = flambeau.nn.Container(one=flambeau.nn.Identity(), two=flambeau.nn.Linear(1, 2))
    assert [name for name, _ in held.named_children()] == ["one", "two"]
    assert repr(held).startswith("Container(\n  (one): Identity()")
