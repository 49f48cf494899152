"""Fixtures and options that all tests share."""

from __future__ import annotations

import gc
import importlib.util
import os
import random
import sys
from collections.abc import Iterator
from itertools import groupby
from types import ModuleType

import pytest

import flambeau
from flambeau._dispatch.rows import ROWS, is_own
from flambeau.backend.types import CHECK_KERNELS
from standin_backend import cupy_on_standin

_ASKED_FOR = os.environ.get(CHECK_KERNELS)


@pytest.fixture(scope="module", autouse=True)
def what_is_there_stays() -> None:
    """The garbage collector looks at a million objects of pytest's and ours no more, each time that a test calls it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_op_stays() -> Iterator[None]:
    """Ops that a test declares, as a plugin's, go with it: other tests walk over all rows."""
    before = len(ROWS)
    yield
    if len(ROWS) != before:
        for key in [key for key, row in ROWS.items() if not is_own(row.body)]:
            del ROWS[key]


@pytest.fixture(autouse=True)
def checks_of_kernels_stay_where_they_are_asked_for() -> Iterator[None]:
    """Commands of the suite ask for them by the environment, which ends with their process; a test has not that luck."""
    yield
    if _ASKED_FOR is None:
        os.environ.pop(CHECK_KERNELS, None)
    else:
        os.environ[CHECK_KERNELS] = _ASKED_FOR


@pytest.fixture(autouse=True)
def pytorch_warns_again() -> None:
    """What PyTorch says once in a process it says in every test: none depends on those before it."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_warn_always(True)


@pytest.fixture(autouse=True)
def pytorch_checks_distributions() -> None:
    """PyTorch's compiler, where a test makes it run, turns off the checks of distributions for the rest of the process."""
    if (distributions := sys.modules.get("torch.distributions")) is not None:
        distributions.Distribution.set_default_validate_args(True)


@pytest.fixture(params=["standin", pytest.param("gpu", marks=pytest.mark.gpu)])
def cuda(request: pytest.FixtureRequest) -> Iterator[None]:
    """A device called ``cuda:0``: of the stand-in for CuPy, or a GPU."""
    if request.param == "gpu":
        yield
        return
    with cupy_on_standin():
        yield


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, the judge; tests that use it are marked `oracle`."""
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shuffle",
        metavar="SEED",
        help="run files, and the tests in each, in an order that follows from SEED (any word)",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    seed = config.getoption("--shuffle")
    return [] if seed is None else [f"shuffled: --shuffle {seed}"]


def shuffled(items: list[pytest.Item], seed: str) -> list[pytest.Item]:
    """The files in another order, and the tests in each: what a file sets up for all its tests is set up once."""
    draw = random.Random(seed)
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    for tests in (files, *files):
        draw.shuffle(tests)
    return [item for tests in files for item in tests]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what asks for PyTorch, before `-m` chooses."""
    if "torch" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.oracle)


@pytest.hookimpl(trylast=True)  # pytest has its own order for parameters that are set up once
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if (seed := config.getoption("--shuffle")) is not None:
        items[:] = shuffled(items, seed)
    gpu = _has_gpu()
    for item in items:
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
