"""Matrices that hold nan: no pivot makes it vanish."""

from __future__ import annotations

import math
from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

MATRICES = lines("""
[[nan, 1.0], [1.0, 1.0]]
[[1.0, nan], [1.0, 1.0]]
[[1.0, 1.0], [nan, 1.0]]
[[1.0, 1.0], [1.0, nan]]
[[1.0, nan], [0.0, 1.0]]
[[nan, 0.0], [0.0, 0.0]]
[[0.0, nan], [0.0, 1.0]]
[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [nan, 1.0, 1.0]]
[[[nan, 1.0], [1.0, 1.0]], [[2.0, 1.0], [1.0, 1.0]]]
[[nan]]
""")

FUNCTIONS = lines("""
t.det(x)
t.linalg.slogdet(x)
t.logdet(x)
t.linalg.inv(x)
t.linalg.inv_ex(x)
t.linalg.solve(x, t.ones_like(x))
t.linalg.solve_ex(x, t.ones_like(x)).info
t.linalg.lu_factor(x)
t.linalg.lu_factor_ex(x)
t.linalg.lu(x)
""")


@pytest.mark.oracle
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("matrix", MATRICES)
def test_functions_of_matrices_are_pytorchs(torch: ModuleType, matrix: str, function: str) -> None:
    expression = f"(lambda x: {function})(t.tensor({matrix}))"
    assert outcome(flambeau, expression).lstrip("_") == outcome(torch, expression).lstrip("_")


@pytest.mark.parametrize("dtype", [flambeau.float32, flambeau.float64, flambeau.complex64, flambeau.complex128])
@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_determinant_is_nan_wherever_nan_stands(size: int, dtype: flambeau.dtype) -> None:
    for place in range(size * size):
        matrix = flambeau.eye(size, dtype=dtype) * 3 + 1
        matrix.view(-1)[place] = math.nan
        assert flambeau.det(matrix).isnan().item()
        assert flambeau.linalg.inv_ex(matrix).inverse.isnan().all().item()
        factors, swaps, info = flambeau.linalg.lu_factor_ex(matrix)
        assert factors.isnan().any().item()
        assert not info.item()
        assert swaps.shape == (size,)


def test_matrices_of_the_batch_without_nan_keep_their_results() -> None:
    matrices = flambeau.tensor([[[math.nan, 1.0], [1.0, 1.0]], [[2.0, 1.0], [1.0, 1.0]]])
    assert flambeau.det(matrices)[1].item() == pytest.approx(1.0)
    assert flambeau.linalg.inv(matrices)[1].isfinite().all().item()
