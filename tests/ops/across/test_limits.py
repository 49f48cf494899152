"""Sizes, bounds and scalars beyond 64 bits, or beyond the dtype, are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch

np = pytest.importorskip("numpy")

_TOO_LARGE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "zeros": (lambda: torch.zeros(2**62), RuntimeError, "Storage size calculation overflowed with sizes="),
    "zeros of a product": (lambda: torch.zeros(2**40, 2**40), RuntimeError, "Storage size calculation overflowed"),
    "full": (lambda: torch.full((2**62,), 1), RuntimeError, "Storage size calculation overflowed"),
    "rand": (lambda: torch.rand(2**62), RuntimeError, "Storage size calculation overflowed"),
    "zeros beyond 64 bits": (lambda: torch.zeros(2**63), TypeError, "Overflow when unpacking long long"),
    "arange": (lambda: torch.arange(2**63), RuntimeError, "value cannot be converted to type int64_t without overflow"),
    "arange of many": (lambda: torch.arange(2**62), RuntimeError, "Storage size calculation overflowed"),
    "arange of all": (lambda: torch.arange(-(2**63), 2**63 - 1), RuntimeError, "invalid size, possible overflow"),
    "linspace": (lambda: torch.linspace(0, 1, 2**62), RuntimeError, "Storage size calculation overflowed"),
    "eye": (lambda: torch.eye(2**62), RuntimeError, "Storage size calculation overflowed"),
    "eye beyond 64 bits": (lambda: torch.eye(2**63), ValueError, "Overflow when unpacking long long"),
    "eye of columns": (lambda: torch.eye(2, 2**63), ValueError, "Overflow when unpacking long long"),
    "randint": (lambda: torch.randint(0, 2**63, (2,)), ValueError, "Overflow when unpacking long long"),
    "randint of low": (lambda: torch.randint(-(2**64), 0, (2,)), ValueError, "Overflow when unpacking long long"),
}


@pytest.mark.parametrize("name", _TOO_LARGE)
def test_what_no_memory_holds_is_refused(name: str) -> None:
    make, error, words = _TOO_LARGE[name]
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("scalar", "dtype"),
    [
        (np.int64(300), torch.uint8),
        (np.float64(-1.5), torch.uint8),
        (np.int64(2**40), torch.int32),
        (np.float64("nan"), torch.int32),
        (np.uint8(200), torch.int8),
    ],
)
def test_a_scalar_of_numpy_must_fit_as_a_number_must(scalar: Any, dtype: Any) -> None:
    for make in (torch.tensor, torch.as_tensor):
        with pytest.raises(RuntimeError, match=f"value cannot be converted to type {dtype!r}".replace("torch.", "")):
            make(scalar, dtype=dtype)


def test_a_scalar_of_numpy_that_fits_is_converted_and_arrays_wrap() -> None:
    assert torch.tensor(np.int64(200), dtype=torch.uint8).item() == 200
    assert torch.tensor(np.float64(1.5), dtype=torch.int32).item() == 1
    assert torch.tensor(np.array([300]), dtype=torch.uint8).tolist() == [44]
