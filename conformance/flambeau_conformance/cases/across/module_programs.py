"""Modules: their parts and names, modes, states and conversions."""

import copy
import pickle
from typing import Any

from ...programs import program, programs, refusals


def _net(t: Any) -> Any:
    """Two layers, one of them in a box, with known parameters and a buffer."""

    class Box(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = t.nn.Linear(2, 1)
            self.register_buffer("count", t.zeros(1))
            self.register_buffer("scratch", t.ones(1), persistent=False)
            self.scale = t.nn.Parameter(t.tensor(2.0))

        def forward(self, x: Any) -> Any:
            return self.inner(x) * self.scale

    net = t.nn.Sequential(t.nn.Linear(2, 2, bias=False), Box())
    with t.no_grad():
        for number, parameter in enumerate(net.parameters()):
            parameter.fill_(number + 1.0)
    return net


def _shared(t: Any) -> Any:
    layer = t.nn.Linear(1, 1)
    return t.nn.ModuleDict({"one": layer, "two": layer})


def _names(pairs: Any) -> list[str]:
    return [name for name, _ in pairs]


def _after(made: Any, change: Any) -> Any:
    """A module that has been changed."""
    change(made)
    return made


def _fill(module: Any, number: float) -> None:
    for parameter in module.parameters():
        parameter.data.fill_(number)


def _zeroed(t: Any) -> Any:
    net = _net(t)
    found = []
    for options in ({}, {"set_to_none": False}):
        net(t.ones(1, 2)).sum().backward()
        held = net[1].scale.grad
        net.zero_grad(**options)
        found.append((net[1].scale.grad is None, net[1].scale.grad is held, held.item()))
    return found


def _loaded(t: Any, **options: Any) -> Any:
    net, other = _net(t), _net(t)
    _fill(other, 7.0)
    before = net[1].scale
    net.load_state_dict(other.state_dict(), **options)
    other[1].scale.data.fill_(0.0)
    return net[1].scale, before, net[1].scale is before, net[1].scale.requires_grad, type(net[1].scale).__name__


def _frozen(t: Any) -> Any:
    net = _net(t)
    net[0].requires_grad_(False)
    net(t.ones(1, 2)).sum().backward()
    return net[0].weight.grad, [each.grad for each in net[1].parameters()]


def _extra(t: Any) -> Any:
    class Counts(t.nn.Module):  # type: ignore[misc]
        calls = 0

        def get_extra_state(self) -> Any:
            return self.calls

        def set_extra_state(self, state: Any) -> None:
            self.calls = state

    one, two = Counts(), Counts()
    one.calls = 5
    two.load_state_dict(one.state_dict())
    return list(one.state_dict()), two.calls


def _applied(t: Any) -> Any:
    seen: list[str] = []
    _net(t).apply(lambda part: seen.append(type(part).__name__))
    return seen


def _same_parameters(net: Any, change: Any) -> Any:
    """Whether parameters are the same objects after a change."""
    before = list(net.parameters())
    change(net)
    return [one is two for one, two in zip(before, net.parameters(), strict=True)]


def _copied(t: Any) -> Any:
    net = _net(t)
    other = copy.deepcopy(net)
    _fill(other, 9.0)
    return net[1].scale, other[1].scale, other[1].scale.is_leaf


programs("module", {
    "forward": (lambda t: _net(t)(t.tensor([[1.0, 2.0]])), [[44.0]]),
    "named-parameters": (lambda t: _names(_net(t).named_parameters()), ["0.weight", "1.scale", "1.inner.weight", "1.inner.bias"]),
    "named-parameters-prefix": (lambda t: _names(_net(t).named_parameters(prefix="net")), ["net.0.weight", "net.1.scale", "net.1.inner.weight", "net.1.inner.bias"]),
    "named-parameters-own": (lambda t: _names(_net(t)[1].named_parameters(recurse=False)), ["scale"]),
    "named-buffers": (lambda t: _names(_net(t).named_buffers()), ["1.count", "1.scratch"]),
    "named-buffers-own": (lambda t: _names(_net(t).named_buffers(recurse=False)), []),
    "named-modules": (lambda t: [(name, type(part).__name__) for name, part in _net(t).named_modules()], [["", "Sequential"], ["0", "Linear"], ["1", "Box"], ["1.inner", "Linear"]]),
    "named-children": (lambda t: _names(_net(t).named_children()), ["0", "1"]),
    "counts": (lambda t: (lambda net: [len(list(each)) for each in (net.parameters(), net.buffers(), net.modules(), net.children())])(_net(t)), [4, 2, 4, 2]),
    "shared-once": (lambda t: (_names(_shared(t).named_parameters()), _names(_shared(t).named_modules()), _names(_shared(t).named_children())), [["one.weight", "one.bias"], ["", "one"], ["one"]]),
    "shared-twice": (lambda t: (_names(_shared(t).named_parameters(remove_duplicate=False)), _names(_shared(t).named_modules(remove_duplicate=False))), [["one.weight", "one.bias", "two.weight", "two.bias"], ["", "one", "two"]]),
    "get-parts": (lambda t: (lambda net: (net.get_parameter("1.inner.bias"), net.get_buffer("1.count"), type(net.get_submodule("1.inner")).__name__,
                                          net.get_submodule("") is net))(_net(t)), [[4.0], [0.0], "Linear", True]),
    "apply-order": (lambda t: _applied(t), ["Linear", "Linear", "Box", "Sequential"]),
    "apply-gives-itself": (lambda t: (lambda net: net.apply(lambda part: None) is net)(_net(t)), True),
    "modes-of-part": (lambda t: (lambda net: (net[1].eval(), [part.training for part in net.modules()])[1])(_net(t)), [True, True, False, False]),
    "modes-after-eval": (lambda t: (lambda net: ([part.training for part in net.eval().modules()], [part.training for part in net.train(True).modules()]))(_net(t)), [[False, False, False, False], [True, True, True, True]]),
    "modes-give-itself": (lambda t: (lambda net: (net.train() is net, net.eval() is net, net.requires_grad_() is net))(_net(t)), [True, True, True]),
    "requires-grad": (lambda t: [each.requires_grad for each in _after(_net(t), lambda net: net[1].requires_grad_(False)).parameters()], [True, False, False, False]),
    "zero-grad": (lambda t: _zeroed(t), [[True, False, 16.0], [False, True, 0.0]]),
    "state-dict": (lambda t: {name: value.tolist() for name, value in _net(t).state_dict().items()}, {"0.weight": [[1.0, 1.0], [1.0, 1.0]], "1.scale": 2.0, "1.count": [0.0], "1.inner.weight": [[3.0, 3.0]], "1.inner.bias": [4.0]}),
    "state-dict-prefix": (lambda t: list(_net(t).state_dict(prefix="net.")), ["net.0.weight", "net.1.scale", "net.1.count", "net.1.inner.weight", "net.1.inner.bias"]),
    "state-dict-shares": (lambda t: (lambda net: (net.state_dict()["1.scale"].fill_(9.0), net[1].scale.item(), net.state_dict()["1.scale"].requires_grad)[1:])(_net(t)), [9.0, False]),
    "state-dict-keep-vars": (lambda t: (lambda net: net.state_dict(keep_vars=True)["1.scale"] is net[1].scale)(_net(t)), True),
    "load-copies": (lambda t: _loaded(t), [7.0, 7.0, True, True, "Parameter"]),
    "load-assigns": (lambda t: _loaded(t, assign=True), [0.0, 2.0, False, True, "Parameter"]),
    "load-not-strict": (lambda t: (lambda keys: (keys.missing_keys, keys.unexpected_keys))(_net(t).load_state_dict(
        {"1.scale": t.tensor(7.0), "other": t.ones(1)}, strict=False)), [["0.weight", "1.count", "1.inner.weight", "1.inner.bias"], ["other"]]),
    "load-says": (lambda t: str((lambda net: net.load_state_dict(net.state_dict()))(_net(t))), "<All keys matched successfully>"),
    "load-old-number": (lambda t: (lambda net: (net.load_state_dict({**net.state_dict(), "1.scale": t.tensor([5.0])}), net[1].scale)[1])(_net(t)), 5.0),
    "load-keeps-identity": (lambda t: _same_parameters(_net(t), lambda net: net.load_state_dict(_net(t).state_dict())), [True, True, True, True]),
    "load-converts": (lambda t: (lambda net: (net.load_state_dict({**net.state_dict(), "1.count": t.tensor([3])}), net[1].count.dtype)[1])(_net(t)), "torch.float32"),
    "attribute-becomes-parameter": (lambda t: _names(_after(_net(t)[1], lambda box: setattr(box, "extra", t.nn.Parameter(t.ones(1)))).named_parameters()), ["scale", "extra", "inner.weight", "inner.bias"]),
    "attribute-of-tensor-is-none": (lambda t: _names(_after(t.nn.Module(), lambda part: setattr(part, "extra", t.ones(1))).named_buffers()), []),
    "buffer-replaced": (lambda t: _after(_net(t)[1], lambda box: setattr(box, "count", t.tensor([5.0]))).state_dict()["count"], [5.0]),
    "parameter-to-none": (lambda t: _names(_after(_net(t)[1], lambda box: setattr(box, "scale", None)).named_parameters()), ["inner.weight", "inner.bias"]),
    "module-replaced": (lambda t: _names(_after(_net(t)[1], lambda box: setattr(box, "inner", t.nn.Identity())).named_parameters()), ["scale"]),
    "attribute-deleted": (lambda t: _names(_after(_net(t)[1], lambda box: delattr(box, "inner")).named_parameters()), ["scale"]),
    "buffer-class": (lambda t: _names(_after(t.nn.Module(), lambda part: setattr(part, "extra", t.nn.Buffer(t.ones(1)))).named_buffers()), ["extra"]),
    "buffer-not-persistent": (lambda t: list(_after(t.nn.Module(), lambda part: setattr(part, "extra", t.nn.Buffer(t.ones(1), persistent=False))).state_dict()), []),
    "conversion-keeps-identity": (lambda t: _same_parameters(_net(t), lambda net: net.double().float()), [True, True, True, True]),
    "deepcopy-apart": (lambda t: _copied(t), [2.0, 9.0, True]),
    "deepcopy-keeps-sharing": (lambda t: (lambda other: other["one"].weight is other["two"].weight)(copy.deepcopy(_shared(t))), True),
    "copy-shares": (lambda t: (lambda net: copy.copy(net)[1].scale is net[1].scale)(_net(t)), True),
    "pickled": (lambda t: (lambda other: (_names(other.named_parameters()), other.training, other.weight.requires_grad))(
        pickle.loads(pickle.dumps(t.nn.Linear(1, 1)))), [["weight", "bias"], True, True]),
    "forward-through-frozen": (lambda t: _frozen(t), [None, [16.0, [[4.0, 4.0]], [2.0]]]),
    "call-passes-keywords": (lambda t: t.nn.Identity()(input=t.ones(1)), [1.0]),
    "extra-state": (lambda t: _extra(t), [["_extra_state"], 5]),
})  # fmt: skip


programs("module", {
    "to-dtype": (lambda t: (lambda net: [each.dtype for each in (*net.parameters(), *net.buffers())])(_net(t).to(t.float64)), ["torch.float64", "torch.float64", "torch.float64", "torch.float64", "torch.float64", "torch.float64"]),
    "double-and-float": (lambda t: (_net(t).double()[1].count.dtype, _net(t).double().float()[1].count.dtype), ["torch.float64", "torch.float32"]),
    "to-leaves-integers": (lambda t: _after(t.nn.Module(), lambda part: part.register_buffer("n", t.tensor([1]))).double().n.dtype, "torch.int64"),
    "gradient-converts": (lambda t: (lambda net: (net(t.ones(1, 2)).sum().backward(), net.double(), net[1].scale.grad.dtype)[2])(_net(t)), "torch.float64"),
    "type": (lambda t: _net(t).type(t.float64)[0].weight.dtype, "torch.float64"),
}, dtypes=("float32", "float64", "int64"), aspect="conversion")  # fmt: skip
refusals("module", {
    "to-integers": (lambda t: _net(t).to(t.int64), TypeError, "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64"),
    "name-with-dot": (lambda t: t.nn.Module().register_buffer("a.b", t.ones(1)), KeyError, "'buffer name can\\'t contain \".\""),
    "module-name-with-dot": (lambda t: t.nn.Module().add_module("a.b", t.nn.ReLU()), KeyError, "'module name can\\'t contain \".\", got: a.b'"),
    "name-no-text": (lambda t: t.nn.Module().register_parameter(3, None), TypeError, "parameter name should be a string. Got int"),
    "name-empty": (lambda t: t.nn.Module().register_parameter("", None), KeyError, "'parameter name can\\'t be empty string \"\"'"),
    "name-taken": (lambda t: t.nn.Linear(1, 1).register_buffer("weight", t.ones(1)), KeyError, "\"attribute 'weight' already exists\""),
    "name-of-method": (lambda t: t.nn.Module().add_module("forward", t.nn.Identity()), KeyError, "\"attribute 'forward' already exists\""),
    "parameter-of-tensor": (lambda t: setattr(t.nn.Linear(1, 1), "weight", t.ones(1, 1)), TypeError, "as parameter 'weight' (torch.nn.Parameter or None expected)"),
    "register-tensor-as-parameter": (lambda t: t.nn.Module().register_parameter("w", t.ones(1)), TypeError, "object to parameter 'w' (torch.nn.Parameter or None required)"),
    "register-number-as-buffer": (lambda t: t.nn.Module().register_buffer("w", 3), TypeError, "cannot assign 'int' object to buffer 'w' (torch Tensor or None required)"),
    "add-no-module": (lambda t: t.nn.Module().add_module("w", 3), TypeError, "int is not a Module subclass"),
    "module-of-number": (lambda t: setattr(t.nn.Sequential(t.nn.ReLU()), "0", 3), TypeError, "cannot assign 'int' as child module '0' (torch.nn.Module or None expected)"),
    "before-init": (lambda t: type("Part", (t.nn.Module,), {"__init__": lambda self: setattr(self, "w", t.nn.Parameter(t.ones(1)))})(), AttributeError, "cannot assign parameters before Module.__init__() call"),
    "missing": (lambda t: t.nn.Linear(1, 1).load_state_dict({"weight": t.ones(1, 1)}), RuntimeError, "Error(s) in loading state_dict for Linear:"),
    "unexpected": (lambda t: t.nn.Linear(1, 1, bias=False).load_state_dict({"weight": t.ones(1, 1), "bias": t.ones(1)}), RuntimeError, "Error(s) in loading state_dict for Linear:"),
    "size": (lambda t: t.nn.Linear(1, 1, bias=False).load_state_dict({"weight": t.ones(2, 1)}), RuntimeError, "Error(s) in loading state_dict for Linear:"),
    "load-no-dict": (lambda t: t.nn.Linear(1, 1).load_state_dict([1]), TypeError, "Expected state_dict to be dict-like, got <class 'list'>."),
    "load-no-tensor": (lambda t: t.nn.Linear(1, 1, bias=False).load_state_dict({"weight": 3}), RuntimeError, "Error(s) in loading state_dict for Linear:"),
    "no-submodule": (lambda t: _net(t).get_submodule("1.other"), AttributeError, "Box has no attribute `other`"),
    "no-parameter": (lambda t: _net(t).get_parameter("1.count"), AttributeError, "`count` is not an nn.Parameter"),
    "no-buffer": (lambda t: _net(t).get_buffer("1.scale"), AttributeError, "`scale` is not a buffer"),
    "mode-no-bool": (lambda t: _net(t).train("yes"), ValueError, "training mode is expected to be boolean"),
    "linear-wrong-size": (lambda t: t.nn.Linear(2, 1)(t.ones(3)), RuntimeError, "mat1 and mat2 shapes cannot be multiplied (1x3 and 2x1)"),
    "missing-forward": (lambda t: t.nn.Module()(t.ones(1)), NotImplementedError, "Module [Module] is missing the required \"forward\" function"),
})  # fmt: skip


@program(
    "load/value/misfit-names",
    [
        "Error(s) in loading state_dict for Linear:",
        '\tMissing key(s) in state_dict: "bias". ',
        '\tUnexpected key(s) in state_dict: "other". ',
        "\tsize mismatch for weight: copying a param with shape torch.Size([2, 1]) from checkpoint, the shape in current model is torch.Size([1, 1]).",
    ],
)
def _misfit(t: Any) -> Any:
    layer = t.nn.Linear(1, 1)
    try:
        layer.load_state_dict({"other": t.ones(1), "weight": t.ones(2, 1)})
    except RuntimeError as error:
        return str(error).split("\n")
    return "nothing was raised"


# -- states in detail, and parts that change their kind ----------------------------------------------------------------


def _with_post_hook(t: Any, forgive: bool) -> Any:
    layer = t.nn.Linear(1, 1)
    layer.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear() if forgive else None)
    try:
        return layer.load_state_dict({"weight": t.ones(1, 1)}).missing_keys, layer.weight
    except RuntimeError as error:
        return str(error).split("\n")[1:]


def _read_directly(t: Any) -> Any:
    layer = t.nn.Linear(1, 1)
    missing: list[str] = []
    unexpected: list[str] = []
    problems: list[str] = []
    state = {"part.weight": t.tensor([[5.0]]), "part.other": t.ones(1), "elsewhere": t.ones(1)}
    layer._load_from_state_dict(state, "part.", {}, True, missing, unexpected, problems)
    return layer.weight, missing, unexpected, problems


def _replaced_state(t: Any) -> Any:
    layer = t.nn.Linear(1, 1)
    layer._register_state_dict_hook(lambda module, state, prefix, metadata: {"only": t.ones(1)})
    return list(layer.state_dict())


def _becoming(t: Any, *values: Any) -> Any:
    """The parts of a module whose attribute gets one value after the other."""
    part = t.nn.Module()
    part.register_buffer("scratch", t.zeros(1), persistent=False)
    for value in values:
        part.extra = value
    return (
        _names(part.named_parameters()),
        _names(part.named_buffers()),
        _names(part.named_children()),
        "extra" in vars(part),
        list(part.state_dict()),
    )


def _own_text(t: Any, extra: str, *children: Any) -> str:
    part = type("Own", (t.nn.Module,), {"extra_repr": lambda self: extra})()
    for number, child in enumerate(children):
        part.add_module(f"c{number}", child)
    return repr(part)


def _tied(t: Any) -> Any:
    part = t.nn.Module()
    part.one = t.nn.Parameter(t.ones(1))
    part.two = part.one
    return (
        _names(part.named_parameters()),
        _names(part.named_parameters(remove_duplicate=False)),
        list(part.state_dict()),
    )


def _forgotten(t: Any) -> Any:
    part = t.nn.Module()
    part.number, part.layer = 3, t.nn.ReLU()
    del part.number, part.layer
    found = [hasattr(part, "number"), hasattr(part, "layer")]
    try:
        del part.missing
    except AttributeError as error:
        found.append("missing" in str(error))
    return found


programs("module", {
    "metadata": (lambda t: {name: dict(value) for name, value in _net(t).state_dict()._metadata.items()}, {"": {"version": 1}, "0": {"version": 1}, "1": {"version": 1}, "1.inner": {"version": 1}}),
    "post-hook-sees-misfit": (lambda t: _with_post_hook(t, False), ['\tMissing key(s) in state_dict: "bias". ']),
    "post-hook-forgives": (lambda t: _with_post_hook(t, True), [[], [[1.0]]]),
    "read-directly": (_read_directly, [[[5.0]], ["part.bias"], ["part.other"], []]),
    "state-replaced": (_replaced_state, ["only"]),
    "number-becomes-parameter": (lambda t: _becoming(t, 3, t.nn.Parameter(t.ones(1))), [["extra"], ["scratch"], [], False, ["extra"]]),
    "buffer-becomes-parameter": (lambda t: _becoming(t, t.nn.Buffer(t.ones(1)), t.nn.Parameter(t.ones(1))), [["extra"], ["scratch"], [], False, ["extra"]]),
    "module-becomes-parameter": (lambda t: _becoming(t, t.nn.ReLU(), t.nn.Parameter(t.ones(1))), [["extra"], ["scratch"], [], False, ["extra"]]),
    "number-becomes-module": (lambda t: _becoming(t, 3, t.nn.ReLU()), [[], ["scratch"], ["extra"], False, []]),
    "parameter-becomes-none": (lambda t: _becoming(t, t.nn.Parameter(t.ones(1)), None), [[], ["scratch"], [], False, []]),
    "parameter-again": (lambda t: _becoming(t, t.nn.Parameter(t.ones(1)), None, t.nn.Parameter(t.ones(1))), [["extra"], ["scratch"], [], False, ["extra"]]),
    "tied": (_tied, [["one"], ["one", "two"], ["one", "two"]]),
    "deleted": (_forgotten, [False, False, True]),
    "text-of-one-line": (lambda t: _own_text(t, "size=3"), "Own(size=3)"),
    "text-of-two-lines": (lambda t: _own_text(t, "size=3\ncolor=red"), "Own(\n  size=3\n  color=red\n)"),
    "text-with-children": (lambda t: _own_text(t, "size=3", t.nn.ReLU(), t.nn.Sequential(t.nn.Tanh())), "Own(\n  size=3\n  (c0): ReLU()\n  (c1): Sequential(\n    (0): Tanh()\n  )\n)"),
    "text-of-children": (lambda t: _own_text(t, "", t.nn.ReLU()), "Own(\n  (c0): ReLU()\n)"),
}, aspect="detail")  # fmt: skip
refusals("module", {
    "number-becomes-buffer": (lambda t: _becoming(t, 3, t.nn.Buffer(t.ones(1))), KeyError, "\"attribute 'extra' already exists\""),
    "post-hook-returns": (lambda t: (lambda layer: (layer.register_state_dict_post_hook(lambda *_: {}), layer.state_dict()))(t.nn.Linear(1, 1)), RuntimeError, "state_dict post-hook must return None"),
    "load-hook-returns": (lambda t: (lambda layer: (layer.register_load_state_dict_post_hook(lambda *_: 3), layer.load_state_dict(layer.state_dict())))(
        t.nn.Linear(1, 1)), AssertionError, "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if"),
    "extra-state-missing": (lambda t: type("Own", (t.nn.Module,), {"get_extra_state": lambda self: 1, "set_extra_state": lambda self, state: None})().load_state_dict({}), RuntimeError, "Error(s) in loading state_dict for Own:"),
    "extra-state-unexpected": (lambda t: t.nn.Module().load_state_dict({"_extra_state": 1}), RuntimeError, "Error(s) in loading state_dict for Module:"),
})  # fmt: skip
