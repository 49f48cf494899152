"""Documented behaviours of modules, parameters, buffers and data loading."""

import inspect
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import Subject

_INTS = ("int64",)


def _network(t: Any) -> Any:
    """The documents' network of two layers."""

    class SimpleNN(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super(SimpleNN, self).__init__()  # noqa: UP008 (as the documents spell it)
            self.fc1 = t.nn.Linear(2, 2)
            self.fc2 = t.nn.Linear(2, 1)

        def forward(self, x: Any, scale: float = 1.0) -> Any:
            return self.fc2(t.relu(self.fc1(x))) * scale

    return SimpleNN()


def _registered(t: Any, call: Callable[[Any], Any]) -> Any:
    """A module, after something has been registered in it."""
    module = t.nn.Module()
    call(module)
    return module


def _names(entries: Any) -> list[str]:
    return [name for name, _ in entries]


# -- modules ---------------------------------------------------------------

gives("nn.Module.__init__", "training", lambda t: (t.nn.Module().training, _network(t).training), [True, True])
gives("nn.Module.__setattr__#module", "children", lambda t: (_names(_network(t).named_children()),
      _names(_network(t).named_parameters())),
      [["fc1", "fc2"], ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]])  # fmt: skip
gives("nn.Module.__call__", "arguments", lambda t: _network(t)(t.ones(3, 2), scale=0.0), [[0.0]] * 3)
gives("nn.Module.forward", "called", lambda t: _forwarded(t), [2.0, 2.0])
gives("nn.Module.parameters", "order", lambda t: [list(p.shape) for p in _network(t).parameters()],
      [[2, 2], [2], [1, 2], [1]])  # fmt: skip
gives("nn.Module.parameters", "iterator", lambda t: (inspect.isgenerator(_network(t).parameters()),
      len(list(_network(t).parameters(recurse=False)))), [True, 0])  # fmt: skip
prints("nn.Parameter#freeze", "text", _network,
       "SimpleNN(\n  (fc1): Linear(in_features=2, out_features=2, bias=True)\n"
       "  (fc2): Linear(in_features=2, out_features=1, bias=True)\n)")  # fmt: skip
gives("nn.Parameter#freeze", "gradients", lambda t: _frozen(t),
      [[["fc1.weight", True], ["fc1.bias", True], ["fc2.weight", False], ["fc2.bias", False]],
       [True, True, False, False]])  # fmt: skip


def _forwarded(t: Any) -> Any:
    class Double(t.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x * 2

    return Double()(t.ones(2))


def _frozen(t: Any) -> Any:
    model = _network(t)
    for parameter in model.fc2.parameters():
        parameter.requires_grad = False
    model(t.ones(1, 2)).sum().backward()
    named = list(model.named_parameters())
    return [[name, p.requires_grad] for name, p in named], [p.grad is not None for _, p in named]


@case(
    "parameters/documented/optimized/-", dtypes=("float32",), anchors=("nn.Module.parameters", "optim.Optimizer.step")
)
def _optimized(subject: Subject) -> None:
    t = subject.torch
    model = t.nn.Linear(2, 1)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = t.optim.SGD(model.parameters(), lr=0.5)
    model(t.ones(1, 2)).sum().backward()
    held = list(model.parameters())
    optimizer.step()
    for old, parameter, other in zip(before, model.parameters(), held, strict=True):
        expect(parameter is other, "the parameter is another object after the step")
        expect_equal(parameter.tolist(), (old - 0.5).tolist(), "the parameter after a step")


@case("to/documented/module/-", dtypes=("float32",), anchors=("nn.Module.to", "nn.Module.cpu"))
def _moved(subject: Subject) -> None:
    t = subject.torch
    model = _network(t)
    model.register_buffer("steps", t.zeros(2, dtype=t.int64))
    held, home = list(model.parameters()), model.fc1.weight.device
    for wanted in (home, str(home), t.float32, "cpu", home):
        moved = model.cpu() if wanted == "cpu" else model.to(wanted)
        expect(moved is model, "a move gives something else than the model")
        for parameter, other in zip(model.parameters(), held, strict=True):
            expect(parameter is other, "a parameter is another object after a move")
            expect(isinstance(parameter, t.nn.Parameter), f"a parameter is a {type(parameter).__name__} after a move")
    expect_equal(model.steps.dtype, t.int64, "the dtype of a buffer of integers")
    expect_equal(model.fc1.weight.device, home, "where the parameters are")
    expect_equal(model.cpu().fc1.weight.device.type, "cpu", "where the parameters are after cpu()")


# -- parameters and buffers ---------------------------------------------------------------

gives("nn.Module.register_parameter", "none", lambda t: [
    (m.bias is None, len(list(m.parameters()))) for m in (_registered(t, lambda m: m.register_parameter("bias", None)),)
], [[True, 0]])  # fmt: skip
gives("nn.Module.register_parameter", "parameter", lambda t: [
    (m.scale, _names(m.named_parameters()))
    for m in (_registered(t, lambda m: m.register_parameter("scale", t.nn.Parameter(t.ones(2)))),)
], [[[1.0, 1.0], ["scale"]]])  # fmt: skip
refuses(
    "nn.Module.register_parameter", "tensor", lambda t: t.nn.Module().register_parameter("scale", t.ones(2)), TypeError
)
gives("nn.Module.register_buffer", "state", lambda t: _with_buffers(t), [["weight", "buffer_a"], ["weight"], [0.0] * 3])
gives("nn.Module.register_buffer", "unoptimized", lambda t: _names(_buffered(t).named_parameters()), ["weight"])


def _buffered(t: Any) -> Any:
    module = t.nn.Module()
    module.weight = t.nn.Parameter(t.ones(2, 2))
    module.register_buffer("buffer_a", t.zeros(3))
    module.register_buffer("scratch", t.zeros(1), persistent=False)
    return module


def _with_buffers(t: Any) -> Any:
    module = _buffered(t)
    state = module.state_dict()
    expect(isinstance(state, OrderedDict), f"state_dict() gives a {type(state).__name__}")
    return list(state), [name for name, _ in module.named_parameters()], module.buffer_a


@case("register_buffer/documented/loaded/-", dtypes=("float32",), anchors=("nn.Module.register_buffer",))
def _loaded(subject: Subject) -> None:
    t = subject.torch
    source, target = _buffered(t), _buffered(t)
    source.buffer_a.add_(5)
    target.load_state_dict(source.state_dict())
    expect_equal(target.buffer_a.tolist(), [5.0] * 3, "the buffer that was loaded")
    expect_equal(target.to(t.float32).buffer_a.dtype, t.float32, "the dtype of the buffer")


gives("nn.Parameter#vs_tensor_table", "differences", lambda t: _differences(t), [[True, False], ["weight"]])


def _differences(t: Any) -> Any:
    module = t.nn.Module()
    module.weight, module.other = t.nn.Parameter(t.ones(2)), t.ones(2)
    return [module.weight.requires_grad, module.other.requires_grad], _names(module.named_parameters())


@case("Module/documented/non_parameter_tensors/-", dtypes=("float32",), anchors=("nn.Module#non_parameter_tensors",))
def _by_hand(subject: Subject) -> None:
    t = subject.torch
    module = t.nn.Module()
    module.layer, module.fixed = t.nn.Linear(2, 1), t.ones(2)
    module.register_buffer("mean", t.zeros(2))
    expect_equal(_names(module.named_parameters()), ["layer.weight", "layer.bias"], "the parameters")
    weight = t.tensor([1.0, 2.0], requires_grad=True)
    (weight * t.tensor([3.0, 4.0])).sum().backward()
    with t.no_grad():
        weight -= 0.5 * weight.grad
    expect_equal(weight.tolist(), [-0.5, 0.0], "a tensor that was updated by hand")


# -- a layer ---------------------------------------------------------------

gives("nn.Linear.__constants__", "names", lambda t: (t.nn.Linear.__constants__, list(t.nn.Linear(2, 3).state_dict())),
      [["in_features", "out_features"], ["weight", "bias"]])  # fmt: skip
gives("nn.Linear#annotations", "names", lambda t: [
    [name, getattr(kind, "__name__", kind)]
    for name, kind in t.nn.Linear.__annotations__.items() if not name.startswith("__")
], [["in_features", "int"], ["out_features", "int"], ["weight", "Tensor"]])  # fmt: skip
gives("nn.Linear.weight", "shape", lambda t: (isinstance(t.nn.Linear(2, 3).weight, t.nn.Parameter),
      t.nn.Linear(2, 3).weight.shape), [True, [3, 2]])  # fmt: skip
gives("nn.Linear.bias", "shape", lambda t: (isinstance(t.nn.Linear(2, 3).bias, t.nn.Parameter),
      t.nn.Linear(2, 3).bias.shape, t.nn.Linear(2, 3, bias=False).bias is None), [True, [3], True])  # fmt: skip
gives("nn.Linear.in_features", "int", lambda t: t.nn.Linear(2, 3).in_features, 2)
gives("nn.Linear.out_features", "int", lambda t: t.nn.Linear(2, 3).out_features, 3)


# -- data ---------------------------------------------------------------

gives("utils.data.TensorDataset", "samples", lambda t: [
    (len(data), isinstance(data[0], tuple), data[1])
    for data in (t.utils.data.TensorDataset(t.arange(3), t.arange(3) * 2),)
], [[3, True, [1, 2]]], dtypes=_INTS)  # fmt: skip
refuses("utils.data.TensorDataset", "sizes", lambda t: t.utils.data.TensorDataset(t.ones(2), t.ones(3)), AssertionError,
        "Size mismatch between tensors")  # fmt: skip
gives("utils.data.Dataset", "loaded", lambda t: list(t.utils.data.DataLoader(_squares(t), batch_size=2)),
      [[0, 1], [4, 9], [16]], dtypes=_INTS)  # fmt: skip
gives("utils.data.DataLoader.__iter__", "fresh", lambda t: [
    (next(iter(loader)), next(iter(loader)), len(list(loader))) for loader in (t.utils.data.DataLoader(_squares(t), 2),)
], [[[0, 1], [0, 1], 3]], dtypes=_INTS)  # fmt: skip
refuses("utils.data.DataLoader.__iter__", "end", lambda t: _exhausted(t), StopIteration, dtypes=_INTS)
gives("utils.data.SequentialSampler", "order", lambda t: list(t.utils.data.SequentialSampler(range(4))), [0, 1, 2, 3],
      dtypes=_INTS)  # fmt: skip
gives("utils.data.BatchSampler", "batches", lambda t: [
    list(t.utils.data.BatchSampler(t.utils.data.SequentialSampler(range(5)), 2, drop_last=last)) for last in (False, True)
], [[[0, 1], [2, 3], [4]], [[0, 1], [2, 3]]], dtypes=_INTS)  # fmt: skip
gives("utils.data.default_collate", "samples", lambda t: t.utils.data.default_collate([(1, t.ones(2)), (2, t.zeros(2))]),
      [[1, 2], [[1.0, 1.0], [0.0, 0.0]]], dtypes=("float32", "int64"))  # fmt: skip


def _squares(t: Any) -> Any:
    class Squares(t.utils.data.Dataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> Any:
            return t.tensor(index * index)

    return Squares()


def _exhausted(t: Any) -> Any:
    batches = iter(t.utils.data.DataLoader(_squares(t), batch_size=5))
    next(batches)
    return next(batches)


# -- what surrounds them ---------------------------------------------------------------

gives("version", "text", lambda t: (isinstance(t.__version__, str), isinstance(t.version, ModuleType),
      t.version.__version__ == t.__version__, hasattr(t.version, "cuda")), [True] * 4)  # fmt: skip
gives("cuda.device_count", "number", lambda t: t.cuda.device_count() >= 0, True)
gives("distributions.Categorical", "sample", lambda t: [
    (action.shape, action.dtype is t.int64, action.item() in (0, 1), made.log_prob(action).shape)
    for made in (t.distributions.Categorical(t.tensor([0.2, 0.8])),) for action in (made.sample(),)
], [[[], True, True, []]], dtypes=("float32", "int64"))  # fmt: skip
gives("distributions.Categorical", "log_prob", lambda t: t.distributions.Categorical(
    logits=t.tensor([0.0, 0.0])).log_prob(t.tensor(1)), -0.6931, dtypes=("float32", "int64"))  # fmt: skip


@case("set_default_device/documented/factories/-", dtypes=("float32",), anchors=("set_default_device",))
def _default_device(subject: Subject) -> None:
    t = subject.torch
    home = t.ones(1).device
    t.set_default_device(home)
    try:
        expect_equal(t.zeros(2).device, home, "where a factory puts its tensor")
        expect_equal(t.nn.Linear(1, 1).weight.device, home, "where a module has its parameters")
    finally:
        t.set_default_device(None)


prints(
    "nn.Conv2d", "text", lambda t: t.nn.Conv2d(3, 4, kernel_size=5), "Conv2d(3, 4, kernel_size=(5, 5), stride=(1, 1))"
)
gives("nn.Conv2d", "shapes", lambda t: (lambda layer: (
    [(name, each.shape, isinstance(each, t.nn.Parameter)) for name, each in layer.named_parameters()], layer(t.ones(2, 3, 8, 8)).shape
))(t.nn.Conv2d(3, 4, 5)), [[["weight", [4, 3, 5, 5], True], ["bias", [4], True]], [2, 4, 4, 4]])  # fmt: skip


# -- layers that are named ------------------------------------------------------------------------------------------------

prints(
    "nn.BatchNorm2d", "text", lambda t: t.nn.BatchNorm2d(3),
    "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
)  # fmt: skip


def _kept(t: Any) -> Any:
    layer = t.nn.BatchNorm2d(2)
    before = [(name, each.tolist(), each.requires_grad) for name, each in layer.named_buffers()]
    layer(t.tensor([[[[1.0]], [[2.0]]], [[[3.0]], [[6.0]]]]))
    trained = [each.tolist() for each in layer.buffers()]
    layer.eval()(t.ones(1, 2, 1, 1))
    return [
        before,
        [name for name, _ in layer.named_parameters()],
        trained,
        [each.tolist() for each in layer.buffers()],
    ]


_TRAINED = [[0.2, 0.4], [1.1, 1.7], 1]
gives("nn.BatchNorm2d", "statistics", _kept, [
    [["running_mean", [0.0, 0.0], False], ["running_var", [1.0, 1.0], False], ["num_batches_tracked", 0, False]],
    ["weight", "bias"], _TRAINED, _TRAINED,
])  # fmt: skip
gives("nn.functional.max_pool2d", "windows", lambda t: t.nn.functional.max_pool2d(t.arange(16.0).reshape(1, 4, 4), 2).tolist(),
      [[[5.0, 7.0], [13.0, 15.0]]])  # fmt: skip
