"""Attention at once, by kernels that go in blocks, beside what is composed and beside PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

KERNELS = ("attention", "attention_backward")
SHAPES = {
    "heads": ((2, 3, 7, 4), (2, 3, 7, 4), (2, 3, 7, 4)),
    "more queries than keys": ((1, 2, 9, 3), (1, 2, 4, 3), (1, 2, 4, 3)),
    "one key": ((2, 1, 3, 4), (2, 1, 1, 4), (2, 1, 1, 4)),
    "rows in parts": ((1, 1, 150, 3), (1, 1, 150, 3), (1, 1, 150, 3)),
    "far more keys than rows": ((2, 1, 70, 2), (2, 1, 3000, 2), (2, 1, 3000, 2)),
    "many matrices": ((10, 4, 70, 2), (10, 4, 70, 2), (10, 4, 70, 2)),
}


def _operands(t: Any, shapes: Any, dtype: str, size: float = 1.0) -> list[Any]:
    flambeau.manual_seed(0)
    values = [(flambeau.randn(shape, dtype=flambeau.float64) * size).tolist() for shape in shapes]
    return [t.tensor(each, dtype=getattr(t, dtype), requires_grad=True) for each in values]


def _derivatives(t: Any, operands: list[Any], **options: Any) -> list[Any]:
    """The result, its derivatives, and those of them."""
    result = t.nn.functional.scaled_dot_product_attention(*operands, **options)
    slope = t.linspace(-1, 1, result.numel(), dtype=t.float64).to(result.dtype).reshape(result.shape)
    plain = t.autograd.grad(result, operands, slope, retain_graph=True)
    of_sum = t.autograd.grad(result.sum(), operands, retain_graph=True)
    first = t.autograd.grad(result, operands, slope, create_graph=True)
    second = t.autograd.grad(sum((each * each).sum() for each in first), operands)
    return [result, *plain, *of_sum, *first, *second]


@pytest.fixture
def composing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that takes the kernels for a dtype away."""

    def take_away(dtype: str) -> None:
        kernels = flambeau.ones(1, dtype=getattr(flambeau, dtype))._type.kernels
        for name in KERNELS:
            assert getattr(kernels, name) is not None
            monkeypatch.setattr(kernels, name, None)

    return take_away


def _alike(some: list[Any], others: list[Any], near: float) -> None:
    for one, other in zip(some, others, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert flambeau.allclose(one, other, rtol=near, atol=near, equal_nan=True)


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "options", [{}, {"is_causal": True}, {"is_causal": True, "scale": 30.0}, {"scale": -0.3}], ids=str
)
def test_kernels_give_what_is_composed(composing: Any, shapes: Any, options: dict[str, Any]) -> None:
    operands = _operands(flambeau, shapes, "float64")
    with_kernels = _derivatives(flambeau, operands, **options)
    assert with_kernels[0].grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"
    composing("float64")
    _alike(with_kernels, _derivatives(flambeau, operands, **options), 1e-8)


@pytest.mark.oracle
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("size", [1.0, 20.0])
def test_single_precision_beside_pytorch(shapes: Any, is_causal: bool, size: float) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for t in (flambeau, torch):
        operands = _operands(t, shapes, "float32", size)
        result = t.nn.functional.scaled_dot_product_attention(*operands, is_causal=is_causal)
        found.append([each.tolist() for each in (result, *t.autograd.grad((result * result).sum(), operands))])
    for ours, theirs in zip(*found, strict=True):
        one, other = flambeau.tensor(ours), flambeau.tensor(theirs)
        assert flambeau.allclose(one, other, rtol=2e-3, atol=1e-3 * max(float(other.abs().max()), 1.0))


@pytest.mark.oracle
@pytest.mark.parametrize("bad", ["nan", "inf", "-inf", "1e30"])
@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_special_values(bad: str, is_causal: bool, place: int) -> None:
    """What is not seen does no harm, but to sums with numbers that are none. Of a query of nan, PyTorch makes zeros."""
    torch = pytest.importorskip("torch")
    found = []
    for t in (flambeau, torch):
        operands = [each.detach() for each in _operands(t, [(1, 2, 5, 3)] * 3, "float32")]
        operands[place][0, 1, 3, 0] = float(bad)
        result = t.nn.functional.scaled_dot_product_attention(*operands, is_causal=is_causal)
        found.append(result[..., : 3 if (bad, place) == ("nan", 0) else None, :].flatten().tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-5, abs=1e-6, nan_ok=True)


def _mask(t: Any, kind: str, dtype: str) -> Any:
    """For two samples of three heads, seven queries and seven keys; some queries see nothing."""
    flambeau.manual_seed(1)
    shape = {
        "pairs": (7, 7), "keys": (2, 1, 1, 7), "heads": (1, 3, 7, 7), "queries": (2, 1, 7, 1), "samples": (2, 3, 7, 7),
        "large": (2, 1, 7, 7), "blind": (2, 1, 7, 1),
    }[kind]  # fmt: skip
    numbers = flambeau.randn(shape) * (200 if kind == "large" else 1)
    if dtype == "bool":
        return t.tensor((numbers > -0.5).tolist())
    return t.tensor(
        numbers.masked_fill(numbers > (0 if kind == "blind" else 1), float("-inf")).tolist(), dtype=getattr(t, dtype)
    )


MASKS = [
    (kind, dtype)
    for kind in ("pairs", "keys", "heads", "queries", "samples", "large", "blind")
    for dtype in ("bool", "float64")
]


@pytest.mark.parametrize(("kind", "dtype"), MASKS)
def test_kernels_with_masks_give_what_is_composed(composing: Any, kind: str, dtype: str) -> None:
    operands, mask = _operands(flambeau, SHAPES["heads"], "float64"), _mask(flambeau, kind, dtype)
    with_kernels = _derivatives(flambeau, operands, attn_mask=mask)
    assert with_kernels[0].grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"
    composing("float64")
    _alike(with_kernels, _derivatives(flambeau, operands, attn_mask=mask), 1e-8)


@pytest.mark.oracle
@pytest.mark.parametrize(("kind", "dtype"), MASKS)
@pytest.mark.parametrize("size", [1.0, 20.0])
def test_masks_beside_pytorch(kind: str, dtype: str, size: float) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for t in (flambeau, torch):
        operands = _operands(t, SHAPES["heads"], "float64", size)
        result = t.nn.functional.scaled_dot_product_attention(*operands, attn_mask=_mask(t, kind, dtype))
        found.append(
            [each.flatten().tolist() for each in (result, *t.autograd.grad((result * result).sum(), operands))]
        )
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-8 * max(1.0, *map(abs, theirs)), nan_ok=True)


def test_a_mask_that_is_learned_gets_its_gradient() -> None:
    operands, mask = (
        _operands(flambeau, SHAPES["heads"], "float64"),
        _mask(flambeau, "heads", "float64").nan_to_num(neginf=-3.0),
    )
    mask.requires_grad_()
    result = flambeau.nn.functional.scaled_dot_product_attention(*operands, attn_mask=mask)
    (found,) = flambeau.autograd.grad(result.sum(), mask)
    assert found.shape == mask.shape
    with flambeau.no_grad():
        without = flambeau.nn.functional.scaled_dot_product_attention(*operands, attn_mask=mask)
    assert flambeau.allclose(result, without, rtol=1e-12, atol=1e-12)


def test_operands_in_another_order_of_memory(composing: Any) -> None:
    operands = [each.detach() for each in _operands(flambeau, [(2, 6, 3, 4)] * 3, "float64")]
    turned = [each.transpose(1, 2).requires_grad_() for each in operands]
    with_kernels = _derivatives(flambeau, turned, is_causal=True)
    composing("float64")
    _alike(with_kernels, _derivatives(flambeau, turned, is_causal=True), 1e-8)


def test_gradients_of_one_operand_alone_and_twice() -> None:
    q, k, v = _operands(flambeau, SHAPES["heads"], "float64")
    result = flambeau.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    slope = flambeau.ones_like(result)
    together = flambeau.autograd.grad(result, (q, k, v), slope, retain_graph=True)
    for operand, expected in zip((q, k, v), together, strict=True):
        for _ in range(2):
            (found,) = flambeau.autograd.grad(result, operand, slope, retain_graph=True)
            assert flambeau.equal(found, expected)
    (doubled,) = flambeau.autograd.grad(result, q, slope * 2, retain_graph=True)
    assert flambeau.allclose(doubled, together[0] * 2)


def test_second_derivatives_by_differences() -> None:
    operands = _operands(flambeau, [(1, 2, 3, 2)] * 3, "float64")
    attend = flambeau.nn.functional.scaled_dot_product_attention
    assert flambeau.autograd.gradcheck(lambda *x: attend(*x, is_causal=True), operands)
    assert flambeau.autograd.gradgradcheck(lambda *x: attend(*x, is_causal=True), operands)


@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 2, 0, 3), (1, 2, 4, 3), (1, 2, 4, 3)), ((1, 2, 3, 3), (1, 2, 0, 3), (1, 2, 0, 3)),
        ((0, 2, 3, 3), (0, 2, 4, 3), (0, 2, 4, 3)), ((1, 2, 3, 0), (1, 2, 4, 0), (1, 2, 4, 3)),
        ((1, 2, 3, 3), (1, 1, 4, 3), (4, 3)), ((3, 4), (5, 4), (5, 2)), ((2, 3, 4), (2, 5, 4), (2, 5, 4)),
    ],
)  # fmt: skip
def test_what_is_empty_or_broadcast_is_composed(shapes: Any) -> None:
    operands = [flambeau.ones(shape) for shape in shapes]
    result = flambeau.nn.functional.scaled_dot_product_attention(*operands)
    assert result.shape == (*shapes[0][:-1], shapes[2][-1])


@pytest.mark.parametrize("mask", [None, (4, 5)], ids=["plain", "mask"])
@pytest.mark.parametrize(
    "turn",
    [
        lambda: flambeau.ones(2, 4, 3, 8).transpose(1, 2),
        lambda: flambeau.ones(4, 2, 3, 8).permute(1, 2, 0, 3),
        lambda: flambeau.ones(2, 4, 72).view(2, 4, 3, 3, 8).permute(2, 0, 3, 1, 4)[0],
        lambda: flambeau.ones(1, 4, 3, 8).transpose(1, 2).expand(2, 3, 4, 8),
    ],
    ids=["heads-side-by-side", "batch-inside", "one-of-three", "expanded"],
)
def test_heads_of_the_result_lie_as_those_of_the_queries(turn: Callable[[], Any], mask: Any) -> None:
    query, key = turn(), flambeau.ones(2, 3, 5, 8)
    added = None if mask is None else flambeau.zeros(mask)
    result = flambeau.nn.functional.scaled_dot_product_attention(query, key, key, added)
    assert result.stride() == flambeau.empty_like(query).stride()
    assert (result == 1).all()
    result.mul_(2)  # it is no view
    if query.stride(0) != 24:
        assert result.transpose(1, 2).view(2, 4, 24).shape == (2, 4, 24)


def test_a_mask_beside_is_causal_is_refused() -> None:
    query, mask = flambeau.ones(2, 2), flambeau.ones(2, 2, dtype=flambeau.bool)
    with pytest.raises(RuntimeError, match="Explicit attn_mask should not be set when is_causal=True"):
        flambeau.nn.functional.scaled_dot_product_attention(query, query, query, mask, is_causal=True)
