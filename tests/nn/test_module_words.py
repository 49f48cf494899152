"""What modules and containers do with wrong and unusual input, in PyTorch's words."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _layer(t: Any) -> Any:
    return t.nn.Linear(1, 1)


def _module(t: Any) -> Any:
    """A module with one part of each kind."""
    module = t.nn.Module()
    module.a, module.p, module.x = _layer(t), t.nn.Parameter(t.ones(1)), 3
    module.register_buffer("b", t.ones(1))
    return module


def _assigned(t: Any, name: str, value: str) -> Any:
    """What the parts of a module are after an assignment."""
    values = {
        "int": 3, "tensor": t.ones(1), "parameter": t.nn.Parameter(t.ones(1)), "module": _layer(t), "none": None, "text": "s",
    }  # fmt: skip
    module = _module(t)
    setattr(module, name, values[value])
    return [sorted(module._parameters), sorted(module._buffers), sorted(module._modules), "x" in vars(module)]


def _before_init(t: Any, make: Callable[[Any], Any]) -> Any:
    class Late(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            make(self)

    return Late()


def _names(t: Any, **attributes: Any) -> Any:
    return type("Named", (t.nn.Module,), attributes)()


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    **{
        f"{name} = {value}": lambda t, name=name, value=value: _assigned(t, name, value)
        for name in "pbax"
        for value in ("int", "tensor", "parameter", "module", "none", "text")
    },
    **{
        f"{method} {name!r}": lambda t, method=method, name=name: getattr(_module(t), method)(name, None)
        for method in ("register_parameter", "register_buffer", "add_module", "register_module")
        for name in ("a.b", "", "x", 3)
    },
    "parameter of a number": lambda t: _module(t).register_parameter("q", 3),
    "parameter with history": lambda t: _module(t).register_parameter("q", t.nn.Parameter(t.ones(1)) * 2),
    "buffer of a number": lambda t: _module(t).register_buffer("q", 3),
    "module of a number": lambda t: _module(t).add_module("q", 3),
    "no attribute": lambda t: _module(t).nope,
    "nothing to delete": lambda t: delattr(_module(t), "nope"),
    "get_submodule": lambda t: _module(t).get_submodule("a.z"),
    "get_submodule of a parameter": lambda t: _module(t).get_submodule("p"),
    "get_parameter": lambda t: _module(t).get_parameter("a.z"),
    "get_parameter of a buffer": lambda t: _module(t).get_parameter("b"),
    "get_buffer of a parameter": lambda t: _module(t).get_buffer("p"),
    "get_buffer": lambda t: _module(t).get_buffer("zz"),
    "set_submodule": lambda t: (
        lambda m: (m.set_submodule("a", t.nn.ReLU()), m.set_submodule("new", t.nn.ReLU()), m)
    )(_module(t)),
    "set_submodule below": lambda t: (lambda m: (m.set_submodule("0.a", t.nn.ReLU()), m))(t.nn.Sequential(_module(t))),
    "set_submodule without a name": lambda t: _module(t).set_submodule("", _layer(t)),
    "set_submodule of a number": lambda t: _module(t).set_submodule("z", 3),
    "set_submodule strictly": lambda t: _module(t).set_submodule("z", _layer(t), strict=True),
    "set_submodule over a parameter": lambda t: _module(t).set_submodule("p", _layer(t)),
    "no forward": lambda t: _module(t)(1),
    "an argument": lambda t: t.nn.Module(3),
    "an argument by name": lambda t: t.nn.Module(a=3),
    "compile": lambda t: [_module(t).compile(), t.nn.Sequential(_layer(t)).compile(mode="default")],
    "train": lambda t: _module(t).train(3),
    "to integers": lambda t: _module(t).to(t.int32),
    "load no state": lambda t: _module(t).load_state_dict(3),
    "load an empty state": lambda t: _module(t).load_state_dict({}),
    "load what does not fit": lambda t: _module(t).load_state_dict({"p": t.ones(2), "b": t.ones(1), "zzz": t.ones(1)}),
    "module before init": lambda t: _before_init(t, lambda module: setattr(module, "a", _layer(t))),
    "parameter before init": lambda t: _before_init(t, lambda module: setattr(module, "a", t.nn.Parameter(t.ones(1)))),
    "buffer before init": lambda t: _before_init(t, lambda module: module.register_buffer("a", t.ones(1))),
    "taken by the class": lambda t: setattr(_names(t, weight=None), "weight", t.nn.Parameter(t.ones(1))),
    "sequential + 3": lambda t: t.nn.Sequential(_layer(t)) + 3,
    "sequential += 3": lambda t: t.nn.Sequential(_layer(t)).__iadd__(3),
    "sequential * 2": lambda t: t.nn.Sequential(_layer(t)) * 2,
    "2 * sequential": lambda t: 2 * t.nn.Sequential(t.nn.ReLU(), _layer(t)),
    "sequential *= 2": lambda t: t.nn.Sequential(t.nn.ReLU(), _layer(t)).__imul__(2),
    "sequential * 0": lambda t: t.nn.Sequential(_layer(t)) * 0,
    "sequential * text": lambda t: t.nn.Sequential(_layer(t)) * "a",
    "sequential + sequential": lambda t: t.nn.Sequential(OrderedDict(a=_layer(t))) + t.nn.Sequential(t.nn.ReLU()),
    "insert far": lambda t: t.nn.Sequential(_layer(t)).insert(3, _layer(t)),
    "insert a number": lambda t: t.nn.Sequential(_layer(t)).insert(0, 3),
    "insert": lambda t: t.nn.Sequential(_layer(t)).insert(-1, t.nn.ReLU()),
    "sequential of a dictionary": lambda t: t.nn.Sequential({"a": _layer(t)}),
    "sequential of a number": lambda t: t.nn.Sequential(3),
    "sequential[3]": lambda t: t.nn.Sequential(_layer(t))[3],
    "part of a sequential": lambda t: t.nn.Sequential(_layer(t), _layer(t), t.nn.ReLU())[1:],
    "del": lambda t: (lambda m: (m.__delitem__(0), m))(t.nn.Sequential(_layer(t), t.nn.ReLU())),
    "dir": lambda t: [name for name in dir(t.nn.Sequential(_layer(t))) if name.isdigit()],
    "list of a number": lambda t: t.nn.ModuleList(3),
    "list of numbers": lambda t: t.nn.ModuleList([3]),
    "list[1]": lambda t: t.nn.ModuleList([_layer(t)])[1],
    "call of a list": lambda t: t.nn.ModuleList([_layer(t)])(1),
    "list + list": lambda t: t.nn.ModuleList([_layer(t)]) + [t.nn.ReLU()],
    "insert into a list": lambda t: (lambda m: (m.insert(0, t.nn.ReLU()), m))(t.nn.ModuleList([_layer(t)])),
    "dict of a number": lambda t: t.nn.ModuleDict(3),
    "dict of numbers": lambda t: t.nn.ModuleDict([3]),
    "dict of singles": lambda t: t.nn.ModuleDict([("a",)]),
    "dict of a name and a number": lambda t: t.nn.ModuleDict({"a": 3}),
    "dict['b']": lambda t: t.nn.ModuleDict({"a": _layer(t)})["b"],
    "a name of dict": lambda t: t.nn.ModuleDict({"keys": _layer(t)}),
    "dotted name": lambda t: t.nn.ModuleDict({"a.b": _layer(t)}),
    "dict.pop": lambda t: t.nn.ModuleDict({"a": _layer(t)}).pop("z"),
    "dict of a dict": lambda t: t.nn.ModuleDict(t.nn.ModuleDict({"a": t.nn.ReLU()})),
    "parameters of a number": lambda t: t.nn.ParameterList(3),
    "parameters of a tensor": lambda t: t.nn.ParameterList(t.ones(1)),
    "parameters": lambda t: t.nn.ParameterList([t.ones(2), 3, "a", t.ones(1, 2)]),
    "parameters[3]": lambda t: t.nn.ParameterList([1])[3],
    "call of parameters": lambda t: t.nn.ParameterList([1])(2),
    "part of parameters": lambda t: t.nn.ParameterList([1, 2, 3])[::2],
    "named of a number": lambda t: t.nn.ParameterDict(3),
    "named": lambda t: t.nn.ParameterDict({"b": t.ones(1), "a": 2}),
    "named by a number": lambda t: t.nn.ParameterDict({3: 3}),
    "named['b']": lambda t: t.nn.ParameterDict({"a": 3})["b"],
    "order of a dictionary": lambda t: list(t.nn.ParameterDict({"b": 1, "a": 2}).items()),
    "order of pairs": lambda t: list(reversed(t.nn.ParameterDict([("b", 1), ("a", 2)]))),
    "named | named": lambda t: t.nn.ParameterDict({"b": 1}) | t.nn.ParameterDict({"a": 2, "b": 3}),
    "named |= named": lambda t: t.nn.ParameterDict({"b": 1}).__ior__(t.nn.ParameterDict({"a": 2})),
    "popitem": lambda t: t.nn.ParameterDict([("b", 1), ("a", 2)]).popitem(),
    "popitem of nothing": lambda t: t.nn.ParameterDict().popitem(),
    "setdefault": lambda t: (lambda m: (m.setdefault("z", 4), m.setdefault("z", 5), m))(t.nn.ParameterDict()),
    "fromkeys": lambda t: t.nn.ParameterDict().fromkeys(["q", "r"], 2),
    "copy": lambda t: t.nn.ParameterDict({"b": 1}).copy(),
    "get": lambda t: t.nn.ParameterDict().get("z", 9),
    "call of named": lambda t: t.nn.ParameterDict()(1),
    "named singles": lambda t: t.nn.ParameterDict([("a",)]),
    "names under a prefix": lambda t: [
        [name for name, _ in _module(t).named_parameters("z", recurse=False)],
        [name for name, _ in _module(t).named_modules(prefix="z")],
        [name for name, _ in _module(t).named_buffers("k")],
    ],
    "setstate": lambda t: (lambda m: (m.__setstate__({"training": False, "y": 3}), m.training, m.y))(_module(t)),
    "call_super_init": lambda t: _names(t, call_super_init=True, x=3).x,
}  # fmt: skip


def _outcome(program: Callable[[Any], Any], t: Any) -> str:
    try:
        text = repr(program(t))
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    return re.sub("0x[0-9a-f]+", "", text.replace("flambeau.", "torch."))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_done_and_said_is_pytorchs(torch: ModuleType, name: str) -> None:
    program = PROGRAMS[name]
    assert _outcome(program, flambeau) == _outcome(program, torch)
