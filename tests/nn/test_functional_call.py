"""Modules called with other tensors: parametrized ones, plain attributes, names of nothing; what is there afterwards."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare

import flambeau
from flambeau import nn
from flambeau.nn.utils import parametrizations


class _Doubled(nn.Module):
    def forward(self, x: Any) -> Any:
        return 2 * x

    def right_inverse(self, x: Any) -> Any:
        return x / 2


def test_a_parametrized_name_is_given_and_put_back() -> None:
    layer = nn.utils.parametrize.register_parametrization(nn.Linear(2, 2, bias=False), "weight", _Doubled())
    before = layer.weight.detach().clone()
    found = flambeau.func.functional_call(layer, {"weight": flambeau.eye(2)}, flambeau.tensor([[3.0, 5.0]]))
    assert found.tolist() == [[3.0, 5.0]]
    assert (layer.weight == before).all()
    nested = nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 2, bias=False)))
    found = flambeau.func.functional_call(nested, {"0.weight": flambeau.eye(2)}, flambeau.tensor([[3.0, 5.0]]))
    assert found.tolist() == [[3.0, 5.0]]


def test_an_error_puts_everything_back() -> None:
    layer = nn.utils.parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.ReLU())
    bias = layer.bias
    given = {"bias": flambeau.ones(2), "extra": flambeau.ones(1), "weight": flambeau.eye(2)}
    with pytest.raises(RuntimeError, match="parametrization ReLU does not implement right_inverse"):
        flambeau.func.functional_call(layer, given, flambeau.ones(1, 2))
    assert layer.bias is bias
    assert not hasattr(layer, "extra")


def _module(t: Any) -> Any:
    class Module(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.w = t.nn.Parameter(t.ones(2))
            self.register_buffer("b", None)
            self.register_parameter("n", None)
            self.k, self.z, self.inner = t.full((2,), 3.0), 5, t.nn.ReLU()

        def forward(self, x: Any) -> Any:
            given = [each for each in (self.b, self.n, getattr(self, "foo", None)) if each is not None]
            return x * self.w + self.k + self.z + sum(given)

    return Module()


_GIVEN: list[Any] = [
    lambda t: {"k": t.ones(2)},
    lambda t: {"foo": t.ones(2)},
    lambda t: {"inner.foo": t.ones(2)},
    lambda t: {"b": t.ones(2)},
    lambda t: {"n": t.ones(2)},
    lambda t: {"w": t.zeros(2), "k": t.ones(2)},
    lambda t: {"z": t.ones(2)},
    lambda t: {"inner": t.ones(2)},
    lambda t: {"w": 5},
    lambda t: {"k": 5},
    lambda t: {"foo": 5},
    lambda t: {"": t.ones(2)},
    lambda t: {"q.foo": t.ones(2)},
    lambda t: {"w.x": t.ones(2)},
    lambda t: {"foo": None},
]


@pytest.mark.oracle
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("given", _GIVEN, ids=range(len(_GIVEN)))
def test_names_beside_parameters(torch: ModuleType, given: Any, strict: bool) -> None:
    def program(t: Any) -> Any:
        module = _module(t)
        try:
            found = t.func.functional_call(module, given(t), t.tensor([1.0, 2.0]), strict=strict)
        except (TypeError, AttributeError, KeyError, RuntimeError) as error:
            found = f"{type(error).__name__}: {error}".partition("\n")[0]
        kept = [module.k, module.b, module.n, module.z]
        return found, kept, hasattr(module, "foo"), hasattr(module.inner, "foo"), len(list(module.parameters()))

    compare(torch, program)
