"""The functional forms of optimizers: steps of parameters, gradients and states that are given as lists."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

NUMBERS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "adadelta": (["square_avgs", "acc_deltas"], {"lr": 0.5, "rho": 0.8, "eps": 0.01, "weight_decay": 0.1, "maximize": True}),
    "adagrad": (["state_sums"], {"lr": 0.5, "weight_decay": 0.0, "lr_decay": 0.1, "eps": 0.01, "maximize": False}),
    "adam": (
        ["exp_avgs", "exp_avg_sqs", "max_exp_avg_sqs"],
        {"amsgrad": True, "beta1": 0.8, "beta2": 0.9, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-4, "maximize": False},
    ),
    "adamw": (
        ["exp_avgs", "exp_avg_sqs", ""],
        {"amsgrad": False, "beta1": 0.8, "beta2": 0.9, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-4, "maximize": True},
    ),
    "adamax": (["exp_avgs", "exp_infs"], {"eps": 1e-4, "beta1": 0.8, "beta2": 0.9, "lr": 0.1, "weight_decay": 0.1}),
    "asgd": (["axs", "mus", "etas"], {"lambd": 0.1, "lr": 0.1, "t0": 1.0, "alpha": 0.75, "weight_decay": 0.1}),
    "nadam": (
        ["exp_avgs", "exp_avg_sqs", "mu_products"],
        {"beta1": 0.8, "beta2": 0.9, "lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1, "eps": 1e-4},
    ),
    "radam": (["exp_avgs", "exp_avg_sqs"], {"beta1": 0.8, "beta2": 0.7, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-4}),
    "rmsprop": (
        ["square_avgs", "grad_avgs", "momentum_buffer_list"],
        {"lr": 0.1, "alpha": 0.8, "eps": 1e-4, "weight_decay": 0.1, "momentum": 0.5, "centered": True},
    ),
    "rprop": (["prevs", "sizes"], {"step_size_min": 1e-3, "step_size_max": 1.0, "etaminus": 0.5, "etaplus": 1.2}),
}  # fmt: skip
"""The lists of each after parameters and gradients (``""`` for one that is empty), and the options."""

STARTS = {"mus": 1.0, "mu_products": 1.0, "etas": 0.1, "sizes": 0.1}
PARAMETERS = [[[1.0, -2.0], [0.5, 3.0]], [0.25], 2.0]


def _form(library: ModuleType, name: str) -> Callable[..., None]:
    module = importlib.import_module(f"{library.__name__}.optim.{name}")
    return getattr(module, name)  # type: ignore[no-any-return]


def _lists(t: Any, names: list[str]) -> list[list[Any]]:
    numbers = {"mus", "mu_products", "etas"}
    return [
        [t.full(() if name in numbers else t.tensor(each).shape, STARTS.get(name, 0.0)) for each in PARAMETERS if name]
        for name in names
    ]


def _gradients(t: Any, step: int) -> list[Any]:
    return [(t.tensor(each) - 0.3) * (step - 1.4) for each in PARAMETERS]


def _three_steps(library: Any, name: str, **more: Any) -> list[Any]:
    lists, options = NUMBERS[name]
    params, kept = [library.tensor(each) for each in PARAMETERS], _lists(library, lists)
    steps = [library.tensor(0.0) for _ in params]
    for step in range(3):
        _form(library, name)(params, _gradients(library, step), *kept, steps, **options, **more)
    return [each.tolist() for column in (params, *kept, steps) for each in column]


@pytest.mark.oracle
@pytest.mark.parametrize("name", NUMBERS)
def test_three_steps(torch: ModuleType, name: str) -> None:
    close = pytest.approx(_flat(_three_steps(torch, name, foreach=False)), rel=1e-5, abs=1e-6)
    assert _flat(_three_steps(flambeau, name)) == close


def _flat(value: Any) -> list[float]:
    return [each for part in value for each in _flat(part)] if isinstance(value, list) else [value]


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*NUMBERS, "sgd"])
def test_signatures(torch: ModuleType, name: str) -> None:
    ours, theirs = (inspect.signature(_form(library, name)).parameters for library in (flambeau, torch))
    assert [(each.name, each.kind, each.default) for each in ours.values()] == [
        (each.name, each.kind, each.default) for each in theirs.values()
    ]


def _sgd(library: Any, buffers: list[Any], **options: Any) -> list[Any]:
    params = [library.tensor(each) for each in PARAMETERS]
    given = {"weight_decay": 0.1, "momentum": 0.5, "lr": 0.1, "dampening": 0.2, "nesterov": False, "maximize": False}
    for step in range(3):
        _form(library, "sgd")(params, _gradients(library, step), buffers, **given | options)
    return _flat([each.tolist() for each in params + [buffer for buffer in buffers if buffer is not None]])


@pytest.mark.oracle
@pytest.mark.parametrize("options", [{}, {"momentum": 0.0}, {"nesterov": True, "dampening": 0.0}, {"maximize": True}])
def test_buffers_of_sgd_are_made(torch: ModuleType, options: dict[str, Any]) -> None:
    ours: list[Any] = [None] * 3
    theirs: list[Any] = [None] * 3
    assert _sgd(flambeau, ours, **options) == pytest.approx(_sgd(torch, theirs, **options), rel=1e-5)
    assert [buffer is None for buffer in ours] == [buffer is None for buffer in theirs]


def test_a_recorded_step_is_written_into_the_states_that_were_given() -> None:
    first = flambeau.tensor([1.0], requires_grad=True)
    params, averages, steps = [first.clone()], [flambeau.zeros(1)], [flambeau.tensor(0.0)]
    average = averages[0]
    _form(flambeau, "adagrad")(
        params, [first * 2], averages, steps, differentiable=True, lr=0.5, weight_decay=0.0, lr_decay=0.0, eps=0.0,
        maximize=False,
    )  # fmt: skip
    assert averages[0] is average
    assert average.tolist() == [4.0]
    average.backward()
    assert first.grad is not None
    assert first.grad.tolist() == [8.0]


def test_a_list_of_what_is_not_asked_for_is_left_alone() -> None:
    params, lists = [flambeau.tensor([1.0])], [[flambeau.tensor([0.0])] for _ in range(3)]
    options = {"beta1": 0.8, "beta2": 0.9, "lr": 0.1, "weight_decay": 0.0, "eps": 0.0, "maximize": False}
    _form(flambeau, "adam")(params, [flambeau.tensor([2.0])], *lists, [flambeau.tensor(0.0)], amsgrad=False, **options)
    assert params[0].tolist() == pytest.approx([0.9])
    assert lists[2][0].tolist() == [0.0]


def test_scaled_gradients_and_those_that_are_infinite() -> None:
    parameter, numbers = flambeau.tensor([1.0]), {"momentum": 0.0, "lr": 0.5, "dampening": 0.0, "weight_decay": 0.0}
    for infinite in (1.0, 0.0):
        _form(flambeau, "sgd")(
            [parameter], [flambeau.tensor([8.0])], [None], fused=True, grad_scale=flambeau.tensor(4.0),
            found_inf=flambeau.tensor(infinite), nesterov=False, maximize=False, **numbers,
        )  # fmt: skip
        assert parameter.item() == (1.0 if infinite else 0.0)


def test_steps_that_are_plain_numbers_are_refused_before_anything_changes() -> None:
    parameter, average = flambeau.tensor([1.0]), flambeau.zeros(1)
    with pytest.raises(RuntimeError, match="API has changed, `state_steps` argument must contain a list of singleton"):
        _form(flambeau, "adagrad")(
            [parameter],
            [flambeau.ones(1)],
            [average],
            [0],
            lr=0.5,
            weight_decay=0.0,
            lr_decay=0.0,
            eps=0.0,
            maximize=False,
        )
    assert parameter.item() == 1.0
    assert average.item() == 0.0


def test_all_are_in_one_namespace_too() -> None:
    functions = importlib.import_module("flambeau.optim._functional")
    assert all(getattr(functions, name) is _form(flambeau, name) for name in [*NUMBERS, "sgd"])


@pytest.mark.oracle
def test_sparse_adam(torch: ModuleType) -> None:
    found = []
    for library in (flambeau, torch):
        parameter, means, squares = library.ones(4), [library.zeros(4)], [library.zeros(4)]
        form = importlib.import_module(f"{library.__name__}.optim._functional").sparse_adam
        for step in range(1, 4):
            grad = library.sparse_coo_tensor(
                library.tensor([[1, 3, 1]]), library.tensor([1.0, -2.0, step]), (4,), check_invariants=True
            )
            form(
                [parameter], [grad], means, squares, [step], eps=1e-4, beta1=0.8, beta2=0.9, lr=0.1, maximize=step == 2
            )
        found.append(_flat([each.tolist() for each in (parameter, *means, *squares)]))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


# -- the line search of L-BFGS ---------------------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize(("start", "length", "most"), [(0.5, 1.0, 25), (-2.0, 4.0, 25), (1.5, 0.01, 25), (3.0, 9.0, 2)])
def test_a_search_along_a_line(torch: ModuleType, start: float, length: float, most: int) -> None:
    found = []
    for library in (flambeau, torch):

        def look(x: Any, t: Any, d: Any) -> tuple[float, Any]:
            place = x + t * d
            return float((place**4 - 3 * place**2 + place).sum()), 4 * place**3 - 6 * place + 1

        x = library.tensor([start, 0.2])
        loss, grad = look(x, 0.0, library.zeros(2))
        module = importlib.import_module(f"{library.__name__}.optim.lbfgs")
        result = module._strong_wolfe(look, x, length, -grad, loss, grad, float(-grad.dot(grad)), max_ls=most)
        found.append([float(result[0]), *result[1].tolist(), float(result[2]), result[3]])
    assert found[0] == pytest.approx(found[1], rel=1e-4, abs=1e-5)


@pytest.mark.oracle
@pytest.mark.parametrize("bounds", [None, (0.5, 1.0)])
@pytest.mark.parametrize("numbers", [(0, 1, -1, 2, 3, 4), (2, 3, 4, 0, 1, -1), (0, 0, 1, 1, 9, 1)])
def test_the_lowest_place_of_a_cubic(torch: ModuleType, numbers: tuple[int, ...], bounds: Any) -> None:
    found = []
    for library in (flambeau, torch):
        x1, f1, g1, x2, f2, g2 = (library.tensor(float(each)) for each in numbers)
        module = importlib.import_module(f"{library.__name__}.optim.lbfgs")
        found.append(float(module._cubic_interpolate(float(x1), f1, g1, float(x2), f2, g2, bounds=bounds)))
    assert found[0] == pytest.approx(found[1])


@pytest.mark.oracle
def test_the_length_of_a_step_stays_a_tensor_where_the_rate_is_one(torch: ModuleType) -> None:
    kinds = []
    for library in (flambeau, torch):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        optimizer = library.optim.LBFGS([x], lr=library.tensor(0.5), max_iter=2)

        def closure() -> Any:
            optimizer.zero_grad()  # noqa: B023
            loss = (x**4).sum()  # noqa: B023
            loss.backward()
            return loss

        optimizer.step(closure)
        kinds.append((type(optimizer.state[x]["t"]).__name__, float(optimizer.state[x]["t"])))
    assert kinds[0] == kinds[1]
