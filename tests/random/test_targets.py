"""Random factories fill the tensor of ``out=`` in the order of its memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

_TARGETS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda m: m.zeros(3, 4).t(),
    "large, transposed": lambda m: m.zeros(20, 5).t(),
    "steps": lambda m: m.zeros(40)[::2],
    "columns": lambda m: m.zeros(20, 8)[:, 1:5],
    "permuted": lambda m: m.zeros(2, 3, 4).permute(2, 0, 1),
    "contiguous": lambda m: m.zeros(5, 8),
}
_DRAWS: dict[str, Callable[[Any, Any], Any]] = {
    "rand": lambda m, out: m.rand(tuple(out.shape), out=out),
    "randn": lambda m, out: m.randn(tuple(out.shape), out=out),
    "randint": lambda m, out: m.randint(0, 100, tuple(out.shape), out=out),
    "normal of numbers": lambda m, out: m.normal(1.0, 2.0, tuple(out.shape), out=out),
    "normal of means": lambda m, out: m.normal(m.ones(tuple(out.shape)), 2.0, out=out),
    "normal of both": lambda m, out: m.normal(m.ones(tuple(out.shape)), m.ones(tuple(out.shape)), out=out),
    "bernoulli": lambda m, out: m.bernoulli(m.full(tuple(out.shape), 0.5), out=out),
}


@pytest.mark.oracle
@pytest.mark.parametrize("target", _TARGETS)
@pytest.mark.parametrize("name", _DRAWS)
def test_numbers_lie_where_pytorch_puts_them(torch: Any, name: str, target: str) -> None:
    drawn = []
    for library in (flambeau, torch):
        library.manual_seed(0)
        out = _TARGETS[target](library)
        _DRAWS[name](library, out)
        drawn.append([*out.flatten().tolist(), library.rand(()).item()])
    assert drawn[0] == pytest.approx(drawn[1], abs=1e-5)


def test_a_transposed_matrix_is_filled_by_columns() -> None:
    flambeau.manual_seed(0)
    out = flambeau.zeros(3, 4).t()
    flambeau.rand(4, 3, out=out)
    flambeau.manual_seed(0)
    assert out.tolist() == flambeau.rand(3, 4).t().tolist()


def test_normal_numbers_of_a_tensor_with_gaps_come_one_by_one() -> None:
    flambeau.manual_seed(0)
    out = flambeau.randn(20, out=flambeau.zeros(40)[::2])
    flambeau.manual_seed(0)
    assert out.tolist() == flambeau.zeros(40)[::2].normal_().tolist()


def test_what_is_resized_is_filled_as_a_new_tensor() -> None:
    flambeau.manual_seed(0)
    out = flambeau.rand(2, 3, out=flambeau.zeros(0))
    flambeau.manual_seed(0)
    assert out.tolist() == flambeau.rand(2, 3).tolist()
