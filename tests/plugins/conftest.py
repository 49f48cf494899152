"""What the tests of the minimal backend share: its kernels, and nested lists as arrays and back."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import pytest

from flambeau_minimal.backend import MinimalBackend
from flambeau_minimal.dtypes import TYPECODES
from flambeau_minimal.storage import MinimalArray


class Minimal:
    """The kernels of one device as attributes of ``kernels``; arrays from and to nested lists."""

    def __init__(self, device: int = 0) -> None:
        self.backend = MinimalBackend()
        self.kernels: Any = SimpleNamespace(**self.backend.kernels(device))

    def array(self, nested: Any, dtype: str = "float32") -> MinimalArray:
        """An array of the numbers in ``nested``, through the kernel ``from_host``."""
        shape = _shape(nested)
        buffer = array(TYPECODES[dtype], _flat(nested, len(shape)))
        return self.kernels.from_host(buffer.tobytes(), shape, dtype)

    def list(self, a: MinimalArray) -> Any:
        """The elements of ``a`` as nested lists, read one by one with its shape and strides."""
        return _nested(a, a.offset, 0)


def _shape(nested: Any) -> tuple[int, ...]:
    if not isinstance(nested, list):
        return ()
    return (len(nested), *(_shape(nested[0]) if nested else ()))


def _flat(nested: Any, depth: int) -> list[Any]:
    return [nested] if depth == 0 else [x for part in nested for x in _flat(part, depth - 1)]


def _nested(a: MinimalArray, position: int, dim: int) -> Any:
    if dim == a.ndim:
        element = a.buffer[position]
        return bool(element) if a.dtype == "bool" else element
    return [_nested(a, position + i * a.strides[dim], dim + 1) for i in range(a.shape[dim])]


@pytest.fixture
def minimal() -> Minimal:
    return Minimal()


@pytest.fixture
def other_device() -> Minimal:
    return Minimal(device=1)
