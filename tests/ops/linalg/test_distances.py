"""Distances, compared with PyTorch: values, errors, derivatives."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.matrices import assert_same_derivatives, outcome

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
M.cdist(M.ones(2,3),M.zeros(4,3))
M.cdist(a,a,p=1)
M.cdist(a,a,p=float('inf'))
M.cdist(a,a,p=0)
M.cdist(M.ones(2,3),M.zeros(4,2))
M.cdist(M.ones(3),M.zeros(4,3))
M.cdist(e.long(),e.long())
M.cdist(e,e,p=-1)
M.cdist(a,a,compute_mode='use_mm_for_euclid_dist')
M.cdist(a,a,compute_mode='products')
M.cdist(M.arange(60.).reshape(30,2),M.ones(2,2))
M.cdist(M.ones(30,0),M.ones(2,0))
M.pdist(q)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert outcome(flambeau, expression) == outcome(torch, expression)


_VALUES = {
    "a": torch.tensor([[2.0, 1.5], [0.5, 3.5]], dtype=torch.float64),
    "q": torch.tensor([[1.0, 2], [3, 4.5], [5, 7.25]], dtype=torch.float64),
}

ONCE = """
M.cdist(q, a)
M.cdist(q, q)
M.cdist(q, a, compute_mode='use_mm_for_euclid_dist')
M.cdist(q, a, p=1)
M.cdist(q, a, p=3)
M.cdist(q, a, p=INF)
M.pdist(q)
""".strip().splitlines()


@pytest.mark.parametrize("expression", ONCE)
def test_first_derivatives_as_pytorch(expression: str) -> None:
    assert_same_derivatives(flambeau, torch, expression, _VALUES, second=False)


@pytest.mark.parametrize("p", ["0.5", "1", "2", "3", "INF"])
@pytest.mark.parametrize("distance", ["M.cdist(x, y, p=P)", "M.cdist(x, x[1:], p=P)", "M.pdist(x, p=P)"])
def test_derivatives_at_equal_points(distance: str, p: str) -> None:
    x = torch.tensor([[0.0, 0, 0], [1, 0, -2], [3, 3, -3], [1, 0, -2]], dtype=torch.float64)
    values = {"x": x, "y": x.flip(0)}
    assert_same_derivatives(flambeau, torch, distance.replace("P", p), values, second=False)


@pytest.mark.parametrize("p", ["1", "2", "3", "INF"])
@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((2, 1), (3,)), ((3,), (2, 3))])
def test_derivatives_of_a_distance_that_broadcasts(shapes: tuple[tuple[int, ...], ...], p: str) -> None:
    x, y = (torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) for shape in shapes)
    assert_same_derivatives(flambeau, torch, f"M.dist(x, y, {p})", {"x": x, "y": y})


@pytest.mark.parametrize("p", [0.0, float("inf")])
def test_distances_have_a_gradient_and_no_columns_are_0_apart(p: float) -> None:
    for module in (flambeau, torch):
        x = module.tensor([[0.0, 3.0], [1.0, 3.0]], requires_grad=True)
        result = module.cdist(x, module.tensor([[0.0, 0.0]]), p=p)
        assert result.tolist() == ([[1.0], [2.0]] if p == 0 else [[3.0], [3.0]])
        (slope,) = module.autograd.grad(result.sum(), x)
        assert slope.tolist() == ([[0.0, 0.0]] * 2 if p == 0 else [[0.0, 1.0]] * 2)
        assert module.cdist(module.ones(2, 0), module.ones(1, 0), p=p).tolist() == [[0.0], [0.0]]


@pytest.mark.oracle
@pytest.mark.parametrize("value", ["fro", 2j, None, True, 1])
@pytest.mark.parametrize("name", ["pairwise_distance", "cdist", "pdist", "cosine_similarity"])
def test_what_is_no_number_is_no_exponent(torch: Any, name: str, value: Any) -> None:
    def outcome(t: Any) -> Any:
        rows = [t.ones(2, 2)] * (1 if name == "pdist" else 2)
        options = (1,) if name == "cosine_similarity" else ()
        try:
            return getattr(t, name)(*rows, *options, value).tolist()
        except (TypeError, RuntimeError) as error:
            return type(error), str(error).replace(f" (position {len(rows) + 1 + len(options)})", "")

    assert outcome(flambeau) == outcome(torch)
