"""Two backends over NumPy: the one that is shipped, and one with nothing of its own, which shows the common kernels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import flambeau_numpy._special as special
from flambeau.backend import ArrayBackend, Capabilities
from flambeau_numpy.backend import NumpyBackend


class PlainBackend(ArrayBackend):
    """What a third party writes for a library that is like NumPy: the abstract members and no more."""

    name = "plain"
    device_type = "plain"
    api_version = 1
    capabilities = Capabilities(dtypes=frozenset({"bool", "int64", "float32"}), out=True)
    xp = np

    def device_count(self) -> int:
        return 1

    def from_host(self, buffer: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return np.frombuffer(buffer, dtype).reshape(shape).copy()

    def to_host(self, a: np.ndarray) -> bytes:
        return a.tobytes()

    def erf(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        return special.erf(a, out)

    def lgamma(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        return special.lgamma(a, out)

    def add_at(self, target: np.ndarray, key: tuple[np.ndarray, ...], values: np.ndarray) -> None:
        np.add.at(target, key, values)


@pytest.fixture(scope="session")
def numpy_backend() -> NumpyBackend:
    return NumpyBackend()


@pytest.fixture(scope="session", params=["numpy", "plain"])
def kernels(request: pytest.FixtureRequest, numpy_backend: NumpyBackend) -> Any:
    """The kernels of a backend as attributes."""
    backend = numpy_backend if request.param == "numpy" else PlainBackend()
    return SimpleNamespace(**backend.kernels(0))
