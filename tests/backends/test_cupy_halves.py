"""float16 and bfloat16 on the CuPy backend: what CuPy lacks of them, and that they are rounded once."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.errors import MissingExtraError, UnsupportedError


def test_bfloat16_wants_a_package(cupy_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cupy_backend.backend.load_dtype("bfloat16")
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    cupy_backend.backend.load_dtype("float16")
    with pytest.raises(MissingExtraError, match=r"torch.bfloat16 on the CuPy backend"):
        cupy_backend.backend.load_dtype("bfloat16")


def test_bfloat16_wants_a_cupy_that_knows_it(cupy_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from flambeau_cupy import _halves

    monkeypatch.setattr(_halves.cupy, "add", SimpleNamespace(types=["ee->e", "ff->f"]))
    with pytest.raises(UnsupportedError, match=r"NumPy 2\.1\.2"):
        cupy_backend.backend.load_dtype("bfloat16")


def test_devices_have_bfloat16(cuda: None) -> None:
    assert flambeau.cuda.is_bf16_supported()
    x = flambeau.tensor([1.0, 2.0], dtype=flambeau.bfloat16, device="cuda")
    assert x.__cuda_array_interface__["typestr"] == "<V2"
    assert flambeau.from_dlpack(x).tolist() == [1.0, 2.0]
    assert flambeau.cuda.BFloat16Tensor([3.0]).dtype is flambeau.bfloat16


BITS = [0x7F81, 0xFFC1, 0x8000, 0x0000, 0x3F80, 0x0001]
"""Two nan, zeros of both signs, 1 and the smallest number."""


def test_elements_that_are_moved_keep_their_bits(cupy_backend: Any) -> None:
    kernels = cupy_backend.kernels
    bits = np.array(BITS, "uint16").view("int16")
    a = kernels.bitcast(cupy_backend.array(bits, "int16"), "bfloat16")
    mask = cupy_backend.array([True, False] * 3, "bool")
    chosen = kernels.bitcast(kernels.where(mask, a, kernels.flip(a, (0,))), "int16")
    assert cupy_backend.read(chosen).tolist() == np.where([True, False] * 3, bits, bits[::-1]).tolist()
    ordered, order = kernels.sort(a, 0, False)
    assert cupy_backend.read(order).tolist() == [2, 3, 5, 4, 0, 1]  # equal zeros in their order, nan last
    assert cupy_backend.read(kernels.bitcast(ordered, "int16")).tolist() == bits[[2, 3, 5, 4, 0, 1]].tolist()


def test_sums_at_repeated_places_are_rounded_once(cupy_backend: Any) -> None:
    target, index = cupy_backend.array([256.0, 0.0], "bfloat16"), cupy_backend.array([0] * 4, "int64")
    cupy_backend.kernels.index_add(target, 0, index, cupy_backend.array([1.0] * 4, "bfloat16"))
    assert cupy_backend.read(target).tolist() == [260.0, 0.0]  # to which ones would not add up among numbers of 8 bits


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 40), (40, 2)),
        ((2, 3, 40), (2, 40, 2)),
        ((1, 40), (40, 1)),
        ((2, 2, 1, 5), (5, 1)),
        ((2, 1, 3, 4), (5, 4, 2)),
        ((0, 3, 4), (0, 4, 2)),
        ((2, 3, 0), (2, 0, 2)),
        ((2, 3, 4), (1, 4, 0)),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_products_of_halves_add_up_in_float32(cupy_backend: Any, shapes: Any, dtype: str) -> None:
    a, b = (np.random.default_rng(0).standard_normal(shape).astype(dtype) for shape in shapes)
    found = cupy_backend.kernels.matmul(cupy_backend.array(a, dtype), cupy_backend.array(b, dtype))
    wanted = (a.astype("float64") @ b.astype("float64")).astype("float32").astype(dtype)
    np.testing.assert_array_equal(cupy_backend.read(found), wanted)


VIEWS: dict[str, tuple[Callable[[Any, Any], Any], bool]] = {
    "rows": (lambda xp, a: a[:3, :4, :5], True),
    "columns": (lambda xp, a: a[:3, :5, :4].swapaxes(1, 2), True),
    "some columns": (lambda xp, a: a[::2, 2:7, 3:7].swapaxes(1, 2), True),
    "matrices between": (lambda xp, a: a[:4, :3, :5].swapaxes(0, 1), True),
    "one": (lambda xp, a: a[:1, :4, :5], True),
    "one for all": (lambda xp, a: xp.broadcast_to(a[:1, :4, :5], (3, 4, 5)), True),
    "one row": (lambda xp, a: a[:3, :1, :5], True),
    "one column": (lambda xp, a: a[:3, :4, 3:4], True),
    "every other": (lambda xp, a: a[:3, :4, :10:2], False),
    "backwards": (lambda xp, a: a[2::-1, :4, :5], False),
    "one row for all": (lambda xp, a: xp.broadcast_to(a[:3, :1, :5], (3, 4, 5)), False),
    "matrices innermost": (lambda xp, a: a[:4, :5, :3].transpose(2, 0, 1), False),
}
"""Matrices that lie in memory in all ways, and whether cuBLAS can read them so."""


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize("kind", ["halves", "float32"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("view", VIEWS)
def test_products_read_matrices_as_they_lie(
    cuda: None, monkeypatch: pytest.MonkeyPatch, view: str, dtype: str, kind: str, add: bool
) -> None:
    import cupy

    from flambeau_cupy import _products

    make, readable = VIEWS[view]
    host = np.random.default_rng(0).standard_normal((6, 10, 10)).astype(dtype)
    device, copies = cupy.asarray(host), []
    monkeypatch.setattr(cupy, "ascontiguousarray", lambda a: copies.append(a.shape) or a.copy(order="C"))
    one, other = make(np, host), host[:3, 1:7].swapaxes(1, 2)
    other = other[:, : one.shape[2]]
    b = device[:3, 1:7].swapaxes(1, 2)[:, : one.shape[2]]
    a, stored = make(cupy, device), dtype if kind == "halves" else "float32"
    out, turned = (cupy.full(shape, 1, stored) for shape in ((3, one.shape[1], 6), (3, 6, one.shape[1])))
    _products.multiply(a, b, out, add)
    _products.multiply(b.swapaxes(1, 2), a.swapaxes(1, 2), turned, add)
    assert bool(copies) is not readable
    exact = np.matmul(one.astype("float64"), other.astype("float64")) + int(add)
    for result in (out.get(), turned.get().swapaxes(1, 2)):
        np.testing.assert_allclose(result.astype("float64"), exact.astype(result.dtype).astype("float64"), 1e-5, 1e-5)


@pytest.mark.parametrize("bias", [(6,), (5, 6), (1,)])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_sum_with_a_product_of_halves_is_rounded_once(
    cupy_backend: Any, bias: tuple[int, ...], turned: bool, dtype: str
) -> None:
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal(shape).astype(dtype) for shape in ((5, 40), (6, 40) if turned else (40, 6), bias))
    arrays = [cupy_backend.array(each, dtype) for each in (c, a, b)]
    if turned:
        b, arrays[2] = b.T, cupy_backend.kernels.permute(arrays[2], (1, 0))
    wanted = a.astype("float64") @ b.astype("float64") + c.astype("float64")
    np.testing.assert_array_equal(
        cupy_backend.read(cupy_backend.kernels.addmm(*arrays)), wanted.astype("float32").astype(dtype)
    )


@pytest.mark.parametrize(("kernel", "expected"), [("mean", 60000.0), ("sum", math.inf)])
def test_reductions_of_halves_add_up_in_float32(cupy_backend: Any, kernel: str, expected: float) -> None:
    a = cupy_backend.array([60000.0, 60000.0], "float16")
    assert cupy_backend.read(getattr(cupy_backend.kernels, kernel)(a, (0,), False)).item() == expected
    ones = cupy_backend.array(np.ones(3000), "bfloat16")
    assert cupy_backend.read(getattr(cupy_backend.kernels, kernel)(ones, (0,), False)).item() == (
        1.0 if kernel == "mean" else 3008.0
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_numbers_drawn_in_halves_are_those_of_float32_rounded(cuda: None, dtype: str) -> None:
    kind, found = getattr(flambeau, dtype), []
    for each in (kind, flambeau.float32):
        flambeau.manual_seed(5)
        found.append(flambeau.randn(40, dtype=each, device="cuda"))
    assert found[0].equal(found[1].to(kind))
    uniform = flambeau.rand(5000, dtype=kind, device="cuda")
    assert 0 <= uniform.min().item() <= uniform.max().item() < 1
