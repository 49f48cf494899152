"""Two devices of the stand-in, with nothing of them left for other tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import flambeau as torch
from standin_backend import cupy_on_standin


@pytest.fixture
def two() -> Iterator[None]:
    """``cuda:0`` and ``cuda:1``, of the stand-in for CuPy."""
    with cupy_on_standin(2):
        try:
            yield
        finally:
            torch.set_default_device(None)


@pytest.fixture
def none() -> None:
    """A machine without a CUDA device."""
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
