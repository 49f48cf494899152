"""Operands of several devices: every operation that takes tensors refuses them and names both, before anything is done."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch

pytestmark = pytest.mark.usefixtures("two")

F, L = torch.nn.functional, torch.linalg
M = [[1.5, 0.5], [0.5, 1.5]]
V, INDEX, B = [1.0, 1.0], [0, 0], [[True, True], [True, False]]
IMAGE = [[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]]

CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "add": (torch.add, (M, M)),
    "add_": (lambda a, b: a.add_(b), (M, M)),
    "out": (lambda a, b: torch.add(a, a, out=b), (M, M)),
    "lerp": (torch.lerp, (M, M, M)),
    "complex": (torch.complex, (M, M)),
    "where": (torch.where, (B, M, M)),
    "equal": (torch.equal, (M, M)),
    "matmul": (torch.matmul, (M, M)),
    "addmv": (torch.addmv, (V, M, V)),
    "baddbmm": (torch.baddbmm, ([M], [M], [M])),
    "einsum": (lambda a, b: torch.einsum("ij,jk", a, b), (M, M)),
    "cdist": (torch.cdist, (M, M)),
    "cat": (lambda a, b: torch.cat([a, b]), (M, M)),
    "stack": (lambda a, b: torch.stack([a, b]), (M, M)),
    "meshgrid": (lambda a, b: torch.meshgrid(a, b, indexing="ij"), (V, V)),
    "gather": (lambda a, b: a.gather(0, b[None]), (M, INDEX)),
    "take": (torch.take, (M, INDEX)),
    "put": (lambda a, b, c: a.put(b, c), (M, INDEX, V)),
    "index_add": (lambda a, b, c: a.index_add(0, b, c), (M, INDEX, M)),
    "index_reduce": (lambda a, b, c: a.index_reduce(0, b, c, "amax"), (M, INDEX, M)),
    "scatter": (lambda a, b, c: a.scatter(0, b[None], c), (M, INDEX, M)),
    "masked_fill": (lambda a, b: a.masked_fill(b, 2.0), (M, B)),
    "masked_scatter": (lambda a, b, c: a.masked_scatter(b, c), (M, B, M)),
    "bincount": (torch.bincount, (INDEX, V)),
    "histogramdd": (lambda a, b: torch.histogramdd(a, [2, 2], weight=b), (M, V)),
    "searchsorted": (torch.searchsorted, (V, M)),
    "isin": (torch.isin, (M, V)),
    "quantile": (torch.quantile, (M, [0.5, 0.25])),
    "normal": (torch.normal, (M, M)),
    "binomial": (torch.binomial, (M, [[0.5, 0.5], [0.5, 0.5]])),
    "solve": (L.solve, (M, M)),
    "lstsq": (L.lstsq, (M, M)),
    "solve_triangular": (lambda a, b: L.solve_triangular(a, b, upper=True), (M, M)),
    "cholesky_solve": (torch.cholesky_solve, (M, M)),
    "sparse": (lambda a, b: a.to_sparse() @ b, (M, M)),
    "linear": (F.linear, (M, M, V)),
    "bilinear": (F.bilinear, (M, M, [M])),
    "conv2d": (F.conv2d, (IMAGE, [[[[1.0]]]], [1.0])),
    "prelu": (F.prelu, (M, V)),
    "attention": (F.scaled_dot_product_attention, ([M], [M], [M])),
    "embedding": (lambda a, b: F.embedding(b, a), (M, INDEX)),
    "embedding_bag": (lambda a, b: F.embedding_bag(b[None], a), (M, INDEX)),
    "grid_sample": (lambda a, b: F.grid_sample(a, b, align_corners=False), (IMAGE, [[[[0.0, 0.0]]]])),
    "max_unpool2d": (lambda a, b: F.max_unpool2d(a, b, 2), ([[[[1.0]]]], [[[[0]]]])),
    "layer_norm": (lambda a, b, c: F.layer_norm(a, (2,), b, c), (M, V, V)),
    "batch_norm": (F.batch_norm, (M, V, V)),
    "rms_norm": (lambda a, b: F.rms_norm(a, (2,), b), (M, V)),
    "instance_norm": (F.instance_norm, ([[V, V], [V, V]], V, V)),
    "cross_entropy": (F.cross_entropy, (M, INDEX, V)),
    "nll_loss": (F.nll_loss, (M, INDEX)),
    "mse_loss": (F.mse_loss, (M, M)),
    "multi_margin_loss": (F.multi_margin_loss, (M, INDEX)),
    "multilabel_margin_loss": (F.multilabel_margin_loss, (M, [INDEX, INDEX])),
    "cosine_embedding_loss": (F.cosine_embedding_loss, (M, M, V)),
    "ctc_loss": (lambda a, b: F.ctc_loss(a, b, (2,), (1,)), ([[V], [V]], [[1]])),
}
"""Operations of at least two operands, and what makes them."""


@pytest.mark.parametrize("other", ["cuda:1", "cpu"])
@pytest.mark.parametrize("name", CALLS)
def test_both_devices_are_named(name: str, other: str) -> None:
    call, values = CALLS[name]
    operands = [torch.tensor(value, device="cuda:0") for value in values]
    for position in range(len(operands)):
        mixed = [each.clone() for each in operands]
        mixed[position] = mixed[position].to(other)
        with warnings.catch_warnings(action="ignore"), pytest.raises(RuntimeError) as raised:
            call(*mixed)
        assert other in str(raised.value)
        assert "cuda:0" in str(raised.value)


@pytest.mark.parametrize("name", CALLS)
def test_on_another_device_than_the_current_one_they_run(name: str) -> None:
    call, values = CALLS[name]
    results = []
    for device in ("cpu", "cuda:1"):
        torch.manual_seed(0)
        with warnings.catch_warnings(action="ignore"):
            found = call(*(torch.tensor(value, device=device) for value in values))
        listed = list(found) if isinstance(found, (tuple, list)) else [found]
        assert {each.device.type for each in listed if isinstance(each, torch.Tensor)} <= {device.partition(":")[0]}
        results.append([each.cpu() if isinstance(each, torch.Tensor) else each for each in listed])
    if name not in ("normal", "binomial"):  # each device draws numbers of its own
        assert all(
            torch.allclose(one, two, equal_nan=True) if isinstance(one, torch.Tensor) and not one.is_sparse else True
            for one, two in zip(*results, strict=True)
        )


def test_keys_come_from_the_cpu_or_from_the_device_of_the_tensor() -> None:
    there, index = torch.arange(4.0, device="cuda:1"), torch.tensor([2, 0])
    assert there[index].tolist() == there[index.to("cuda:1")].tolist() == [2, 0]
    assert there[torch.tensor([True, False, False, True])].tolist() == [0, 3]
    there[index] = torch.tensor(9.0)  # a number may come from anywhere
    assert there.tolist() == [9, 1, 9, 3]
    refused = r"indices should be either on cpu or on the same device as the indexed tensor \(cuda:1\).*on cuda:0"
    for key in (index.to("cuda:0"), (there > 1).to("cuda:0")):
        with pytest.raises(RuntimeError, match=refused):
            _ = there[key]
        with pytest.raises(RuntimeError, match=refused):
            there[key] = 0
        with pytest.raises(RuntimeError, match=refused):
            there.index_put_((key,), torch.ones(1, device="cuda:1"))
    with pytest.raises(RuntimeError, match=r"indexed tensor \(cpu\).*on cuda:1"):
        _ = torch.arange(4)[index.to("cuda:1")]
    with pytest.raises(RuntimeError, match=r"cuda:1.*cuda:0"):
        there[index] = torch.ones(2, device="cuda:0")
    assert there.tolist() == [9, 1, 9, 3]


def test_gradients_come_from_the_device_of_the_result() -> None:
    x = torch.ones(2, device="cuda:1", requires_grad=True)
    with pytest.raises(RuntimeError, match="invalid gradient at index 0 - expected device cuda:1 but got cuda:0"):
        (x * 2).backward(torch.ones(2, device="cuda:0"))
    assert x.grad is None
    with pytest.raises(RuntimeError, match="assigned grad has data located on a different device"):
        x.grad = torch.ones(2)


@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "pow_", "eq_", "atan2_", "fmod_", "bitwise_and_"])
def test_a_number_of_the_cpu_stays_there(name: str) -> None:
    dtype = torch.int64 if name.startswith("bitwise") else torch.float32
    number = torch.tensor(2, dtype=dtype)
    with pytest.raises(RuntimeError, match=r"found at least two devices, cpu and cuda:1!"):
        getattr(number, name)(torch.tensor(1, dtype=dtype, device="cuda:1"))
    assert number.item() == 2
