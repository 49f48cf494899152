"""How numbers come to the floats of 16 bits, beside PyTorch: through float32, and what is too large for them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import flambeau
from standin_backend import cupy_on_standin

pytestmark = pytest.mark.oracle


TO_HALVES = {
    "tensor": lambda m, v, h: m.tensor([v, -v], dtype=h),
    "scalar": lambda m, v, h: m.tensor(v, dtype=h),
    "number of numpy": lambda m, v, h: m.tensor(np.float64(v), dtype=h),
    "array of numpy": lambda m, v, h: m.tensor(np.array([v]), dtype=h),
    "full": lambda m, v, h: m.full((2,), v, dtype=h),
    "fill_": lambda m, v, h: m.zeros(2, dtype=h).fill_(v),
    "masked_fill": lambda m, v, h: m.zeros(2, dtype=h).masked_fill(m.tensor([True, False]), v),
    "index_fill": lambda m, v, h: m.zeros(2, dtype=h).index_fill(0, m.tensor([0]), v),
    "scatter": lambda m, v, h: m.zeros(2, dtype=h).scatter(0, m.tensor([0]), v),
    "where": lambda m, v, h: m.where(m.tensor([True, False]), v, m.zeros(2, dtype=h)),
    "pad": lambda m, v, h: m.nn.functional.pad(m.zeros(2, dtype=h), (1, 0), value=v),
    "setitem": lambda m, v, h: _set(m.zeros(2, dtype=h), 0, v),
    "setitem by mask": lambda m, v, h: _set(m.zeros(2, dtype=h), m.tensor([True, False]), v),
    "to": lambda m, v, h: m.tensor([v] * 40, dtype=m.float64).to(h),
    "copy_": lambda m, v, h: m.zeros(2, dtype=h).copy_(m.tensor(v, dtype=m.float64)),
    "out": lambda m, v, h: m.mul(m.tensor([v], dtype=m.float64), 1, out=m.empty(1, dtype=h)),
    "arange": lambda m, v, h: m.arange(v, v + 1, 1, dtype=h),
    "linspace": lambda m, v, h: m.linspace(0, 2 * v, 3, dtype=h),
    "add": lambda m, v, h: m.zeros(2, dtype=h) + v,
    "clamp": lambda m, v, h: m.zeros(2, dtype=h).clamp(min=v),
    "pow": lambda m, v, h: m.full((2,), 2, dtype=h) ** v,
    "complex": lambda m, v, h: m.tensor([complex(v, -v)], dtype=m.complex128).to(m.complex32).to(m.complex64).real,
    "expanded": lambda m, v, h: m.tensor([[v]], dtype=m.float64).expand(3, 4).to(h),
    "whole": lambda m, v, h: m.tensor([round(v * 2**28) + 1], dtype=m.int64).to(h),
}  # fmt: skip
"""Numbers that come to a type of 16 bits."""


def _set(target: Any, key: Any, value: float) -> Any:
    target[key] = value
    return target


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(("dtype", "digits"), [("float16", 11), ("bfloat16", 8)])
@pytest.mark.parametrize("name", TO_HALVES)
def test_numbers_come_to_16_bits_through_float32(torch: Any, name: str, dtype: str, digits: int, device: str) -> None:
    """PyTorch rounds twice: what lies just beyond the middle of two numbers is on it in float32."""
    values = (1 + 2.0**-digits + 2.0**-40, 1 + 3 * 2.0**-digits - 2.0**-40, 1 + 2.0**-digits, 2.0**-25 + 2.0**-60)
    with cupy_on_standin() if device == "cuda" else nullcontext(), flambeau.device(device):
        for value in values:
            found, expected = (
                TO_HALVES[name](m, value, getattr(m, dtype)).double().tolist() for m in (flambeau, torch)
            )
            assert found == expected, value


BEYOND_HALVES = {
    "full": lambda m, v, h: m.full((2,), v, dtype=h),
    "full of none": lambda m, v, h: m.full((0,), v, dtype=h),
    "full of one": lambda m, v, h: m.full((), v, dtype=h),
    "full of one in a dim": lambda m, v, h: m.full((1, 1), v, dtype=h),
    "full_like": lambda m, v, h: m.full_like(m.zeros(2, dtype=h), v),
    "full_like of one": lambda m, v, h: m.full_like(m.zeros(1, dtype=h), v),
    "new_full": lambda m, v, h: m.zeros(2, dtype=h).new_full((2,), v),
    "fill_": lambda m, v, h: m.zeros(2, dtype=h).fill_(v),
    "fill_ of one": lambda m, v, h: m.zeros((), dtype=h).fill_(v),
    "fill_ of one in a dim": lambda m, v, h: m.zeros(1, dtype=h).fill_(v),
    "masked_fill of one": lambda m, v, h: m.zeros(1, dtype=h).masked_fill(m.tensor([True]), v),
    "scatter of one": lambda m, v, h: m.zeros(1, dtype=h).scatter(0, m.tensor([0]), v),
    "fill_ with a tensor": lambda m, v, h: m.zeros(2, dtype=h).fill_(m.tensor(v, dtype=m.float64)),
    "fill_diagonal_": lambda m, v, h: m.zeros(2, 2, dtype=h).fill_diagonal_(v),
    "masked_fill": lambda m, v, h: m.zeros(2, dtype=h).masked_fill(m.tensor([True, False]), v),
    "index_fill": lambda m, v, h: m.zeros(2, dtype=h).index_fill(0, m.tensor([0]), v),
    "scatter": lambda m, v, h: m.zeros(2, dtype=h).scatter(0, m.tensor([0]), v),
    "index_add": lambda m, v, h: m.ones(2, dtype=h).index_add(0, m.tensor([0]), m.ones(1, dtype=h), alpha=v),
    "pad": lambda m, v, h: m.nn.functional.pad(m.zeros(2, dtype=h), (1, 0), value=v),
    "setitem": lambda m, v, h: _set(m.zeros(2, dtype=h), 0, v),
    "setitem by index": lambda m, v, h: _set(m.zeros(2, dtype=h), m.tensor([0]), v),
    "tensor": lambda m, v, h: m.tensor([v], dtype=h),
    "scalar_tensor": lambda m, v, h: m.scalar_tensor(v, dtype=h),
    "add": lambda m, v, h: m.zeros(2, dtype=h) + v,
}  # fmt: skip
"""Ways to write a number, some of which refuse finite ones that would be infinite."""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", BEYOND_HALVES)
@pytest.mark.parametrize(
    "value", [65504.0, 65504.5, 65520.0, -1e9, 1e9, 100_000, 3.3895e38, 3.4e38, 1e60, float("inf")]
)
def test_numbers_beyond_the_largest(torch: Any, name: str, dtype: str, value: float) -> None:
    said: list[Any] = []
    for m in (flambeau, torch):
        try:
            said.append(BEYOND_HALVES[name](m, value, getattr(m, dtype)).double().tolist())
        except RuntimeError as error:
            said.append(str(error))
    assert said[0] == said[1]
