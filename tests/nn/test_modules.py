"""Modules, parameters and their state, beside PyTorch's."""

from __future__ import annotations

import copy
import pickle
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _model(t: Any) -> Any:
    return t.nn.Sequential(t.nn.Flatten(), t.nn.Linear(4, 3), t.nn.ReLU(inplace=True), t.nn.Linear(3, 2, bias=False))


def test_a_layer_made_after_a_seed_has_pytorchs_weights(torch: ModuleType) -> None:
    values = []
    for t in (torch, flambeau):
        t.manual_seed(3)
        values.append([parameter.tolist() for parameter in _model(t).parameters()])
    assert values[0] == values[1]


def test_text_and_state_are_pytorchs(torch: ModuleType) -> None:
    ours, theirs = _model(flambeau), _model(torch)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]


def test_outputs_and_gradients_are_pytorchs(torch: ModuleType, backend: str) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(0)
        model = _model(t)
        loss = t.nn.functional.cross_entropy(model(t.arange(8.0).reshape(2, 2, 2) / 8), t.tensor([0, 1]))
        loss.backward()
        found.append([loss.item(), *[value for p in model.parameters() for value in p.grad.flatten().tolist()]])
    assert found[1] == pytest.approx(found[0], rel=1e-5, abs=1e-7)


def test_assignment_registers_and_replaces() -> None:
    module = flambeau.nn.Module()
    module.weight = flambeau.nn.Parameter(flambeau.zeros(2))
    module.register_buffer("mean", flambeau.zeros(2))
    module.register_buffer("cache", flambeau.zeros(2), persistent=False)
    module.child = flambeau.nn.Linear(1, 1)
    assert list(module.state_dict()) == ["weight", "mean", "child.weight", "child.bias"]
    with pytest.raises(TypeError, match="cannot assign .* as parameter 'weight'"):
        module.weight = flambeau.zeros(2)
    module.weight = None
    del module.child
    assert list(module.state_dict()) == ["mean"]
    with pytest.raises(AttributeError, match="has no attribute 'child'"):
        _ = module.child


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.register_buffer("a.b", None), KeyError, "buffer name can.*contain"),
        (lambda m: m.register_buffer("", None), KeyError, "empty string"),
        (lambda m: m.register_buffer("training", None), KeyError, "already exists"),
        (lambda m: m.register_parameter("x", flambeau.zeros(1)), TypeError, "torch.nn.Parameter or None required"),
        (lambda m: m.add_module("x", 3), TypeError, "is not a Module subclass"),
        (lambda m: m(1), NotImplementedError, 'missing the required "forward" function'),
        (lambda m: m.train(1), ValueError, "expected to be boolean"),
        (lambda m: m.to(flambeau.int64), TypeError, "only accepts floating point"),
        (lambda m: m.get_submodule("no.such"), AttributeError, "has no attribute `no`"),
    ],
)
def test_wrong_use_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(flambeau.nn.Module())


def test_conversion_keeps_the_parameters_that_optimizers_know() -> None:
    model = flambeau.nn.Linear(2, 1)
    weight = model.weight
    model.double()
    assert model.weight is weight
    assert weight.dtype is flambeau.float64


def test_copies_and_pickles_are_independent(backend: str) -> None:
    model = _model(flambeau)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert [p.tolist() for p in twin.parameters()] == [p.tolist() for p in model.parameters()]
        assert all(isinstance(p, flambeau.nn.Parameter) and p.requires_grad for p in twin.parameters())
        with flambeau.no_grad():
            next(twin.parameters()).fill_(0.0)
        assert any(value for row in next(model.parameters()).tolist() for value in row)


def test_conversion_moves_to_another_device_only_if_told_to() -> None:
    model = flambeau.nn.Linear(1, 1, device="cpu")
    model.register_buffer("count", flambeau.zeros(1, dtype=flambeau.int64, device="cpu"))
    with flambeau.use_backend("minimal"):
        model.to(flambeau.float64)
    assert (str(model.weight.device), model.weight.dtype) == ("cpu", flambeau.float64)
    assert model.count.dtype is flambeau.int64


@pytest.mark.parametrize(
    "convert",
    [
        lambda m, t: m.to(t.float64), lambda m, t: m.to("cpu", t.float64), lambda m, t: m.to(dtype=t.float64),
        lambda m, t: m.to(t.zeros(1, dtype=t.float64)), lambda m, t: m.to(t.float64, True), lambda m, t: m.to("cpu"),
        lambda m, t: m.to(device="cpu", non_blocking=True), lambda m, t: m.to(tensor=t.zeros(1, dtype=t.float64)),
    ],
)  # fmt: skip
def test_conversion_takes_pytorchs_arguments(torch: ModuleType, convert: Any) -> None:
    assert str(convert(flambeau.nn.Linear(1, 1), flambeau).weight.dtype) == str(
        convert(torch.nn.Linear(1, 1), torch).weight.dtype
    )


@pytest.mark.parametrize("kind", ["xpu", "ipu", "mtia"])
def test_devices_that_no_backend_has_are_refused(kind: str) -> None:
    layer = flambeau.nn.Linear(2, 1)
    with pytest.raises(RuntimeError, match=f"at start of device string: {kind}"):
        getattr(layer, kind)()
    assert getattr(flambeau.nn.ReLU(), kind)(1) is not None  # nothing is to be moved


def test_converted_gradients_are_the_tensors_that_they_were() -> None:
    layer = flambeau.nn.Linear(2, 2)
    layer(flambeau.ones(1, 2)).sum().backward()
    grad = layer.weight.grad
    layer.double()
    assert layer.weight.grad is grad
    assert grad.dtype is flambeau.float64
