"""The CuPy backend on the stand-in and, where there is one, on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from flambeau.backend import Backend

CUPY_BACKEND = ("flambeau_cupy",)


class Subject:
    """A backend with the kernels of one device as attributes of ``kernels``."""

    def __init__(self, backend: Backend, device: int = 0) -> None:
        self.backend = backend
        table: Any = backend.kernels(device)
        self.kernels = SimpleNamespace(**table)

    def array(self, values: Any, dtype: str = "float32") -> Any:
        """An array of the backend, through the kernel ``from_host``."""
        host = np.array(values, dtype)
        return self.kernels.from_host(host.tobytes(), host.shape, dtype)

    def read(self, array: Any) -> np.ndarray[Any, Any]:
        """The elements, through the kernel ``to_host``."""
        buffer = self.kernels.to_host(array)
        return np.frombuffer(buffer, array.dtype.name).reshape(array.shape)


@pytest.fixture(params=["standin", pytest.param("gpu", marks=pytest.mark.gpu)])
def cupy_backend(request: pytest.FixtureRequest) -> Iterator[Subject]:
    from standin_cupy import install

    if request.param == "standin":
        with install(forget=CUPY_BACKEND):
            yield _subject()
    else:
        yield _subject()


@pytest.fixture
def two_devices() -> Iterator[tuple[Subject, Subject]]:
    """The backend on a stand-in with two devices: the kernels of each."""
    from standin_cupy import install

    with install(devices=2, forget=CUPY_BACKEND):
        first = _subject()
        yield first, Subject(first.backend, 1)


@pytest.fixture
def by_text(monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    """The backend on a stand-in that compiles the texts of raw kernels as C++ and runs them."""
    from standin_cupy import install
    from standin_cupy._kernels import RawKernel

    monkeypatch.setattr(RawKernel, "by_text", True)
    with install(forget=CUPY_BACKEND):
        yield _subject()


@pytest.fixture
def launches(cuda: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the raw kernels that are launched, on the stand-in."""
    return _launched("RawKernel", request, monkeypatch)


@pytest.fixture
def elementwise_launches(cuda: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the element-wise kernels of the backend's own that are launched, on the stand-in."""
    return _launched("ElementwiseKernel", request, monkeypatch)


def _launched(kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    if "gpu" in request.node.name:
        pytest.skip("launches are counted on the stand-in")
    from standin_cupy import _kernels

    found: list[str] = []
    kernel = getattr(_kernels, kind)
    launch = kernel.__call__

    def counted(self: Any, *arguments: Any) -> Any:
        found.append(self.name)
        return launch(self, *arguments)

    monkeypatch.setattr(kernel, "__call__", counted)
    return found


def _subject() -> Subject:
    from flambeau_cupy.plugin import make_backend

    return Subject(make_backend())
