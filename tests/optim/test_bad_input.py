"""What optimizers refuse, before anything is changed: options that are no numbers, states and gradients that do not fit."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

WITH_AVERAGES = ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adadelta", "Adagrad", "ASGD", "RMSprop", "Rprop"]


def _made(kind: str, shapes: list[tuple[int, ...]], t: Any = flambeau) -> tuple[Any, list[Any]]:
    parameters = [t.ones(shape, requires_grad=True) for shape in shapes]
    options = {"momentum": 0.9} if kind in ("SGD", "RMSprop") else {}
    return getattr(t.optim, kind)(parameters, lr=0.1, **options), parameters


def _step(optimizer: Any, parameters: list[Any], t: Any = flambeau) -> None:
    for parameter in parameters:
        parameter.grad = t.ones_like(parameter)
    optimizer.step()


@pytest.mark.parametrize("kind", WITH_AVERAGES)
@pytest.mark.parametrize("shapes", [[(2, 3)], [(2, 3), (3, 2)], [(2, 3), (6,), (1,)]])
def test_a_parameter_that_was_replaced_by_one_of_another_shape(kind: str, shapes: list[tuple[int, ...]]) -> None:
    optimizer, parameters = _made(kind, shapes)
    _step(optimizer, parameters)
    before = [parameter.tolist() for parameter in parameters]
    for parameter in parameters[:2]:
        parameter.grad = None
    parameters[0].data = flambeau.ones(6)
    with pytest.raises(
        RuntimeError, match=r"the size of a parameter must match the size of its \w+, and they are \[6\] and"
    ):
        _step(optimizer, parameters)
    assert [parameter.tolist() for parameter in parameters[1:]] == before[1:]


@pytest.mark.parametrize("kind", WITH_AVERAGES)
def test_a_state_whose_parameters_are_in_another_order(kind: str) -> None:
    optimizer, parameters = _made(kind, [(2, 3), (3, 2)])
    _step(optimizer, parameters)
    other, turned = _made(kind, [(3, 2), (2, 3)])
    other.load_state_dict(optimizer.state_dict())
    with pytest.raises(RuntimeError, match="must match the size"):
        _step(other, turned)
    assert all(parameter.tolist() == flambeau.ones_like(parameter).tolist() for parameter in turned)


@pytest.mark.oracle
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", WITH_AVERAGES)
def test_a_model_that_became_one_of_another_dtype(torch: ModuleType, kind: str, count: int) -> None:
    """Which PyTorch takes from those whose formulas are sums and products, and from no others."""
    found: list[Any] = []
    for t in (flambeau, torch):
        optimizer, parameters = _made(kind, [(2,)] * count, t)
        _step(optimizer, parameters, t)
        for parameter in parameters:
            parameter.grad = None
            parameter.data = parameter.data.double()
        try:
            _step(optimizer, parameters, t)
            found.append(pytest.approx([each for parameter in parameters for each in parameter.tolist()], rel=1e-6))
        except RuntimeError as error:
            found.append(str(error))
    assert str(found[0]) == str(found[1]) if isinstance(found[1], str) else found[0].expected == found[1]


@pytest.mark.oracle
@pytest.mark.parametrize("kind", [*WITH_AVERAGES, "Adafactor", "Muon"])
def test_a_parameter_whose_elements_are_one_place(torch: ModuleType, kind: str) -> None:
    for t in (flambeau, torch):
        memory = t.ones(1, 3)
        x, other = memory.expand(2, 3).requires_grad_(), t.ones(2, 3, requires_grad=True)
        optimizer = getattr(t.optim, kind)([other, x], lr=0.1)
        other.grad, x.grad = t.ones(2, 3), t.ones(2, 3)
        with pytest.raises(
            RuntimeError, match="more than one element of the written-to tensor refers to a single memory"
        ):
            optimizer.step()
        if t is flambeau:
            assert other.tolist() == [[1.0] * 3] * 2
            assert memory.tolist() == [[1.0] * 3]


@pytest.mark.parametrize("kind", ["SparseAdam", "Adagrad", "SGD"])
def test_a_sparse_gradient_for_a_parameter_that_was_replaced(kind: str) -> None:
    x = flambeau.ones(2, 2, requires_grad=True)
    optimizer = getattr(flambeau.optim, kind)([x], lr=0.1)
    for _ in range(2):
        x.grad = flambeau.ones(2, 2).to_sparse()
        optimizer.step()
    x.data = flambeau.ones(3, 5)
    with pytest.raises(RuntimeError, match="must match the size of its"):
        optimizer.step()
    assert x.tolist() == [[1.0] * 5] * 3


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop"])
def test_a_gradient_of_another_shape(kind: str) -> None:
    optimizer, parameters = _made(kind, [(2, 3), (4,)])
    for parameter in parameters:
        parameter.grad = flambeau.ones_like(parameter)
    parameters[0].data = flambeau.ones(3, 2)
    with pytest.raises(RuntimeError, match=r"its gradient, and they are \[3, 2\] and \[2, 3\]"):
        optimizer.step()
    assert parameters[0].tolist() == [[1.0, 1.0]] * 3


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("kind", "other"), [("SGD", "Adam"), ("Adam", "SGD"), ("Adam", "Adadelta"), ("RMSprop", "Adadelta")]
)
def test_groups_of_another_optimizer(torch: ModuleType, kind: str, other: str) -> None:
    for t in (flambeau, torch):
        optimizer, parameters = _made(kind, [(2, 3)], t)
        source, own = _made(other, [(2, 3)], t)
        _step(source, own, t)
        with pytest.raises(KeyError):
            optimizer.load_state_dict(source.state_dict()) if t is flambeau else _loaded(
                optimizer, source, parameters, t
            )
        if t is flambeau:
            assert "lr" in optimizer.param_groups[0]
            assert not optimizer.state
            _step(optimizer, parameters, t)


def _loaded(optimizer: Any, source: Any, parameters: list[Any], t: Any) -> None:
    """Load and make a step, where PyTorch finds it out."""
    optimizer.load_state_dict(source.state_dict())
    _step(optimizer, parameters, t)


def test_a_group_without_options_that_came_later_is_loaded() -> None:
    optimizer, parameters = _made("Adam", [(2, 3)])
    _step(optimizer, parameters)
    state = optimizer.state_dict()
    for name in ("amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay"):
        del state["param_groups"][0][name]
    optimizer.load_state_dict(state)
    _step(optimizer, parameters)


@pytest.mark.parametrize("value", ["0.1", None, [0.1], 1j])
@pytest.mark.parametrize("kind", [*WITH_AVERAGES, "LBFGS", "SparseAdam", "Adafactor", "Muon"])
def test_a_rate_that_is_no_number(kind: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"(?i)learning rate.* is no number, but of the type {type(value).__name__}"):
        getattr(flambeau.optim, kind)([flambeau.ones(2, 2, requires_grad=True)], lr=value)


@pytest.mark.parametrize("kind", ["Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam"])
@pytest.mark.parametrize(
    ("betas", "error"), [((0.9, 0.99, 0.999), ValueError), ((0.9,), ValueError), (None, TypeError), ("ab", TypeError)]
)
def test_betas_are_two(kind: str, betas: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="betas must be two numbers"):
        getattr(flambeau.optim, kind)([flambeau.ones(2, requires_grad=True)], betas=betas)


@pytest.mark.oracle
def test_lbfgs_has_one_group_whatever_was_added(torch: ModuleType) -> None:
    for t in (flambeau, torch):
        optimizer = t.optim.LBFGS([t.ones(2, requires_grad=True)])
        optimizer.add_param_group({"params": [t.ones(2, requires_grad=True)]})
        with pytest.raises(AssertionError, match="Expected exactly one param_group, but got 2"):
            optimizer.step(lambda: None)


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["SparseAdam", "SGD"])
def test_sparse_gradients_without_dimensions(torch: ModuleType, kind: str) -> None:
    found = []
    for t in (flambeau, torch):
        x = t.tensor(1.0, requires_grad=True)
        optimizer = getattr(t.optim, kind)([x], lr=0.1)
        for _ in range(2):
            x.grad = t.tensor(2.0).to_sparse()
            optimizer.step()
        found.append(x.item())
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize(
    ("kind", "option", "more"), [("Adam", "amsgrad", {"betas": (0.9, 0.1)}), ("RMSprop", "centered", {})]
)
def test_an_option_that_is_switched_off_is_off(kind: str, option: str, more: dict[str, Any]) -> None:
    found = []
    for switched in (False, True):
        x = flambeau.ones(2, requires_grad=True)
        optimizer = getattr(flambeau.optim, kind)([x], lr=0.1, **{option: True}, **more)
        for step in range(4):
            x.grad = flambeau.tensor([4.0 - step, -1.0])
            optimizer.param_groups[0][option] = not switched or step < 1
            optimizer.step()
        found.append(x.tolist())
    assert found[0] != found[1]
