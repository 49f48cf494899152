"""Layers, activations and losses, beside PyTorch's."""

from __future__ import annotations

import inspect
import warnings
from types import ModuleType
from typing import Any

import pytest

import flambeau

LAYERS: dict[str, Any] = {
    "linear": lambda n: n.Linear(4, 3),
    "linear without bias": lambda n: n.Linear(4, 3, bias=False),
    "identity": lambda n: n.Identity(7, anything=True),
    "flatten": lambda n: n.Flatten(),
    "unflatten": lambda n: n.Unflatten(1, (3, 1)),
    "relu": lambda n: n.ReLU(),
    "sigmoid": lambda n: n.Sigmoid(),
    "tanh": lambda n: n.Tanh(),
    "softmax": lambda n: n.Softmax(dim=-1),
    "log softmax": lambda n: n.LogSoftmax(1),
}


def _numbers(tensor: Any) -> list[float]:
    return [] if tensor is None else tensor.flatten().tolist()


def _passed(t: Any, make: Any, *inputs: Any) -> tuple[list[float], list[Any]]:
    """Outputs, gradients of input and parameters; text and shape."""
    t.manual_seed(1)
    module = make(t.nn)
    x = t.linspace(-2, 3, 24).reshape(2, 3, 4).requires_grad_()
    y = module(x)
    (y * t.arange(float(y.numel())).reshape(y.shape)).sum().backward()
    numbers = _numbers(y) + _numbers(x.grad)
    for parameter in module.parameters():
        numbers += _numbers(parameter.grad)
    return numbers, [repr(module), list(y.shape)]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_pytorchs(torch: ModuleType, backend: str, name: str) -> None:
    theirs, ours = _passed(torch, LAYERS[name]), _passed(flambeau, LAYERS[name])
    assert ours[1] == theirs[1]
    assert ours[0] == pytest.approx(theirs[0], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("shape", "dim"), [((), 0), ((4,), 0), ((2, 3), 1), ((2, 2, 2), 0), ((2, 2, 2, 2), 1)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_the_dim_that_old_programs_leave_out(name: str, shape: tuple[int, ...], dim: int) -> None:
    function = getattr(flambeau.nn.functional, name)
    x = flambeau.ones(shape).cumsum(dim) if shape else flambeau.ones(())
    with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name} has been deprecated"):
        implicit = function(x)
    assert implicit.tolist() == function(x, dim).tolist()


def test_relu_writes_into_its_input_if_told_to() -> None:
    x = flambeau.tensor([-1.0, 2.0])
    assert flambeau.nn.ReLU(inplace=True)(x) is x
    assert x.tolist() == [0.0, 2.0]


CLASSES = ("NLLLoss", "CrossEntropyLoss")
LOSSES: dict[str, tuple[tuple[str, ...], Any, Any]] = {
    "mean": (("MSELoss", "L1Loss", *CLASSES), lambda t: {}, None),
    "sum": (("MSELoss", "L1Loss", *CLASSES), lambda t: {"reduction": "sum"}, None),
    "none": (("MSELoss", "L1Loss", *CLASSES), lambda t: {"reduction": "none"}, None),
    "weights": (CLASSES, lambda t: {"weight": t.tensor([1.0, 2.0, 0.5])}, None),
    "ignored": (CLASSES, lambda t: {"ignore_index": 2}, None),
    "weights, ignored, sum": (
        CLASSES, lambda t: {"weight": t.tensor([1.0, 2.0, 0.5]), "ignore_index": 2, "reduction": "sum"}, None,
    ),
    "smoothed": (CLASSES[1:], lambda t: {"label_smoothing": 0.2, "ignore_index": 0}, None),
    "smoothed, weights": (
        CLASSES[1:], lambda t: {"label_smoothing": 0.2, "weight": t.tensor([1.0, 2.0, 0.5]), "ignore_index": 1}, None,
    ),
    "probabilities": (CLASSES[1:], lambda t: {}, "soft"),
    "probabilities, smoothed, weights": (
        CLASSES[1:], lambda t: {"label_smoothing": 0.2, "weight": t.tensor([1.0, 2.0, 0.5])}, "soft",
    ),
    "probabilities, not averaged": (CLASSES[1:], lambda t: {"reduction": "none"}, "soft"),
}  # fmt: skip
CASES = [(loss, name) for name, (losses, _, _) in LOSSES.items() for loss in losses]


def _loss(t: Any, loss: str, options: Any, kind: str | None) -> list[float]:
    x = t.linspace(-1, 2, 24).reshape(4, 3, 2).cos().requires_grad_()
    target: Any = t.tensor([[0, 1], [2, 0], [1, 1], [0, 2]])
    if kind == "soft":
        target = t.softmax(t.linspace(0, 1, 24).reshape(4, 3, 2).sin(), 1)
    elif loss not in CLASSES:
        target = t.zeros(4, 3, 2)
    value = getattr(t.nn, loss)(**options(t))(x, target)
    value.sum().backward()
    return _numbers(value) + _numbers(x.grad)


@pytest.mark.parametrize(("loss", "name"), CASES)
def test_losses_are_pytorchs(torch: ModuleType, backend: str, loss: str, name: str) -> None:
    _, options, kind = LOSSES[name]
    expected = _loss(torch, loss, options, kind)
    assert _loss(flambeau, loss, options, kind) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_class_weights_are_a_buffer(torch: ModuleType) -> None:
    states = [repr(t.nn.CrossEntropyLoss(t.ones(2)).state_dict()) for t in (torch, flambeau)]
    assert states[0] == states[1]


@pytest.mark.parametrize("name", ["relu", "softmax", "log_softmax", "linear", "cross_entropy", "mse_loss"])
def test_functions_take_pytorchs_arguments(torch: ModuleType, name: str) -> None:
    ours = list(inspect.signature(getattr(flambeau.nn.functional, name)).parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "linear":  # a built-in function there, without a signature
            theirs = ["input", "weight", "bias"]
        else:
            theirs = list(inspect.signature(getattr(torch.nn.functional, name)).parameters)
    assert [argument for argument in theirs if argument in ours] == ours


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
def test_alpha_dropout_leaves_its_input_as_it_is(name: str) -> None:
    """PyTorch's layers take ``inplace`` and do not pass it on."""
    input = flambeau.ones(4, 5, 6, requires_grad=True)
    result = getattr(flambeau.nn, name)(inplace=True)(input)
    assert result is not input
    assert (input == 1).all()
    assert not (result == 1).all()
