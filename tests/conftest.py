"""Fixtures and options that all tests share."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import ModuleType

import pytest

import flambeau


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, the judge; tests that use it are marked `oracle`."""
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gpu = _has_gpu()
    for item in items:
        if "torch" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.oracle)
        if item.get_closest_marker("gpu") and not gpu:
            item.add_marker(pytest.mark.skip(reason="needs CuPy and a CUDA device"))


def _has_gpu() -> bool:
    if importlib.util.find_spec("cupy") is None:
        return False
    import cupy

    try:
        return bool(cupy.cuda.runtime.getDeviceCount() > 0)
    except cupy.cuda.runtime.CUDARuntimeError:
        return False


@pytest.fixture(params=["numpy", "minimal"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each installed backend without a GPU, chosen for the test."""
    if request.param not in flambeau.available_backends():
        pytest.skip(f"the backend '{request.param}' is not installed")
    with flambeau.use_backend(request.param):
        yield request.param
