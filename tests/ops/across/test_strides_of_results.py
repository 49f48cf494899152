"""How results lie in memory, compared with PyTorch: of indexing, scattering, reversing and of linear algebra."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

INDEXED = """
x[i]
x[i.t()]
x[:, i]
x[:, i.t()]
x[:, :, i]
x[i, :, i[:1]]
x[:, :, i[0], i[1]]
x[:, i[:, 0], :, 0]
x[:, x[0, :, 0, 0] < 0.5]
x[:, [0, 1]]
x[..., [1, 0]]
x.flip(1)
x.flip(0, 2)
M.fliplr(x)
M.rot90(x, 1, (1, 2))
M.tril(x)
M.triu(x, 1)
x.masked_fill(x > 0.5, 2.0)
x.masked_fill(x[0] > 0.5, 2.0)
M.put(x, i, i * 1.0)
x.index_fill(1, i[0], 2.0)
M.nonzero(x > 0.5)
M.nonzero(x > 0.5, as_tuple=True)[1]
M.select_scatter(x, x[0] + 1, 0, 1)
M.slice_scatter(x, x[:1], 0, 1, 2)
M.diagonal_scatter(x, M.diagonal(x) + 1)
x.to(M.float64)
M.renorm(x, 2, 0, 0.5)
""".strip().splitlines()

ARRANGED = {
    "dense": lambda x: x,
    "reversed": lambda x: x.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0),
    "mixed": lambda x: x.permute(1, 0, 3, 2).contiguous().permute(1, 0, 3, 2),
    "stepped": lambda x: x.repeat_interleave(2, -1)[..., ::2],
    "expanded": lambda x: x[:1].expand(x.shape),
}

PRODUCTS = [
    "ab,bc->ca", "ab,bc->ac", "dab,dbc->cda", "dab,dbc->dca", "abd,dbc->dca", "a,b->ba", "ab->ba", "abc->cb", "abc->ac",
    "abcd->db", "ab,ab->ba", "ab,b->a", "aab->ba", "ab,cd->dcba", "abc,ab->cab", "dcb,acb->da", "ab,abc->bc",
]  # fmt: skip

MATRICES = """
L.cholesky(p)
L.cholesky(p, upper=True)
M.cholesky(p, upper=True)
L.qr(a, 'complete')
L.qr(w)
L.svd(w)
L.svd(p, full_matrices=False)
M.svd(w)
M.svd(w, compute_uv=False)
L.eigh(p)
L.eig(a)
L.inv(a)
L.inv_ex(a)
L.pinv(w)
L.lu(w)
L.lu_factor(w)
M.lu_unpack(*L.lu_factor(a))
L.solve(a, w.mT)
L.solve(a, w, left=False)
L.solve_triangular(a, w.mT, upper=True)
L.solve_triangular(a, w, upper=False, left=False)
L.lstsq(a, w.mT).solution
M.cholesky_solve(w.mT, L.cholesky(p))
M.cholesky_inverse(L.cholesky(p))
L.lu_solve(*L.lu_factor(a), w.mT)
L.matrix_power(a, -1)
L.matrix_power(a, 0)
L.matrix_power(a, 1)
L.matrix_exp(a)
""".strip().splitlines()


def layout(value: Any) -> list[Any]:
    """Shapes and strides of the results; of what has one element in a dimension, no stride."""
    results = value if isinstance(value, (tuple, list)) else [value]
    return [
        [(size, stride if size > 1 else 0) for size, stride in zip(each.shape, each.stride(), strict=True)]
        for each in results
    ]


def ramp(module: Any, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return (module.arange(count, dtype=module.float32) * 0.37 % 1).reshape(shape)


@pytest.mark.parametrize("arranged", ARRANGED)
@pytest.mark.parametrize("expression", INDEXED)
def test_indexing_and_reversing(expression: str, arranged: str) -> None:
    found = []
    for module in (flambeau, torch):
        x = ARRANGED[arranged](ramp(module, 3, 4, 5, 6))
        i = module.tensor([[0, 1], [1, 0], [2, 2]])
        result = eval(expression, {"M": module, "x": x, "i": i})
        found.append((layout(result), result.tolist()))
    assert found[0] == found[1] if "renorm" not in expression else found[0][0] == found[1][0]


@pytest.mark.parametrize("equation", PRODUCTS)
@pytest.mark.parametrize("turned", [False, True])
def test_einsum(equation: str, turned: bool) -> None:
    sizes = {"a": 2, "b": 3, "c": 4, "d": 5}
    found = []
    for module in (flambeau, torch):
        operands = []
        for term in equation.split("->")[0].split(","):
            shape = [sizes[letter] for letter in term]
            backwards = tuple(range(len(shape)))[::-1]
            operands.append(ramp(module, *shape[::-1]).permute(backwards) if turned else ramp(module, *shape))
        found.append(module.einsum(equation, *operands))
    assert layout(found[0]) == layout(found[1])
    assert torch.allclose(torch.tensor(found[0].tolist()), found[1], rtol=1e-5)


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("expression", MATRICES)
def test_matrices(expression: str, batch: tuple[int, ...]) -> None:
    layouts = []
    for module in (flambeau, torch):
        a = ramp(module, *batch, 3, 3) + 3 * module.eye(3)
        names = {"M": module, "L": module.linalg, "a": a, "p": a @ a.mT, "w": ramp(module, *batch, 2, 3)}
        with warnings.catch_warnings(action="ignore"):
            layouts.append(layout(eval(expression, names)))
    assert layouts[0] == layouts[1]


SPECIAL = """
M.digamma(x)
M.erf(x)
M.erfinv(x)
M.i0(x)
M.special.i0e(x)
M.special.i1(x)
M.special.i1e(x)
M.special.gammainc(x, x)
M.special.gammaincc(x, x)
M.sigmoid(x)
M.nan_to_num(x)
M.mvlgamma(x + 2, 2)
M.lgamma(x)
M.nn.functional.gelu(x)
x.logit()
x @ x.transpose(2, 3)
x[0] @ x[:, :1].transpose(2, 3)
""".strip().splitlines()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("expanded", [(), (0,), (1,), (3,), (0, 2)])
@pytest.mark.parametrize("expression", SPECIAL)
def test_functions_of_what_is_expanded(expression: str, expanded: tuple[int, ...], dtype: str) -> None:
    found = []
    for module in (flambeau, torch):
        sizes = [1 if dim in expanded else size for dim, size in enumerate((2, 3, 4, 5))]
        x = module.full(sizes, 0.25, dtype=getattr(module, dtype)).expand(2, 3, 4, 5)
        result = eval(expression, {"M": module, "x": x})
        found.append((tuple(result.shape), tuple(result.stride())))
    assert found[0] == found[1]
