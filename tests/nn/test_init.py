"""Initial values: the numbers that PyTorch draws."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau

FUNCTIONS: dict[str, Any] = {
    "uniform": lambda i, w: i.uniform_(w, -2.0, 3.0),
    "normal": lambda i, w: i.normal_(w, 1.0, 2.0),
    "constant": lambda i, w: i.constant_(w, 0.3),
    "ones": lambda i, w: i.ones_(w),
    "zeros": lambda i, w: i.zeros_(w),
    "xavier uniform": lambda i, w: i.xavier_uniform_(w, gain=1.7),
    "xavier normal": lambda i, w: i.xavier_normal_(w),
    "kaiming uniform": lambda i, w: i.kaiming_uniform_(w, a=0.3),
    "kaiming uniform, relu": lambda i, w: i.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
    "kaiming normal": lambda i, w: i.kaiming_normal_(w, mode="fan_out"),
    "kaiming normal, tanh": lambda i, w: i.kaiming_normal_(w, nonlinearity="tanh"),
}


@pytest.mark.parametrize("shape", [(3, 5), (40, 7, 3)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_are_pytorchs(torch: ModuleType, name: str, shape: tuple[int, ...]) -> None:
    drawn = []
    for t in (torch, flambeau):
        t.manual_seed(7)
        weight = t.empty(shape, requires_grad=True)
        assert FUNCTIONS[name](t.nn.init, weight) is weight
        assert weight.is_leaf
        drawn.append([weight.tolist(), t.rand(1).item()])
    assert drawn[0] == drawn[1]


def test_a_generator_of_its_own_leaves_the_default_one_alone(torch: ModuleType) -> None:
    drawn = []
    for t in (torch, flambeau):
        t.manual_seed(0)
        weight = t.nn.init.kaiming_uniform_(t.empty(2, 2), generator=t.Generator().manual_seed(9))
        drawn.append([weight.tolist(), t.rand(1).item()])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("name", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_pytorchs(torch: ModuleType, name: str) -> None:
    assert flambeau.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert flambeau.nn.init.calculate_gain(name, 0.2) == torch.nn.init.calculate_gain(name, 0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.calculate_gain("other"), "Unsupported nonlinearity other"),
        (lambda i: i.calculate_gain("leaky_relu", "x"), "negative_slope x not a valid number"),
        (lambda i: i.kaiming_uniform_(flambeau.empty(2, 2), mode="other"), "Mode other not supported"),
        (lambda i: i.kaiming_normal_(flambeau.empty(2)), "can not be computed for tensor with fewer than 2 dimensions"),
        (
            lambda i: i.xavier_uniform_(flambeau.empty(())),
            "can not be computed for tensor with fewer than 2 dimensions",
        ),
    ],
)
def test_wrong_use_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(flambeau.nn.init)


def test_nothing_is_drawn_for_no_weights() -> None:
    flambeau.manual_seed(0)
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        flambeau.nn.init.kaiming_uniform_(flambeau.empty(0, 3))
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        flambeau.nn.init.kaiming_normal_(flambeau.empty(0, 3))
    after = flambeau.rand(1).item()
    flambeau.manual_seed(0)
    assert after == flambeau.rand(1).item()


@pytest.mark.oracle
@pytest.mark.parametrize("bounds", [(0, 1, -2, 2), (0, 1, -0.2, 0.2)], ids=["normal", "uniform"])
@pytest.mark.parametrize(
    "view", [lambda w: w[:, ::2], lambda w: w[::2, :3], lambda w: w.t()], ids=["columns", "part", "turned"]
)
def test_views_are_filled_as_pytorch_fills_them(torch: ModuleType, view: Any, bounds: tuple[float, ...]) -> None:
    found = []
    for t in (flambeau, torch):
        t.manual_seed(3)
        whole = t.zeros(40, 6)
        t.nn.init.trunc_normal_(view(whole), *bounds)
        found.append([*whole.flatten().tolist(), *t.rand(2).tolist()])
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_truncated_numbers_are_not_drawn_for_complex_ones() -> None:
    weights = flambeau.zeros(3, dtype=flambeau.complex64)
    with pytest.raises((RuntimeError, NotImplementedError)):
        flambeau.nn.init.trunc_normal_(weights)
    assert weights.tolist() == [0, 0, 0]
