"""What tests of vision share."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest
from benchmarks.images import declare_operators


@pytest.fixture(scope="session")
def torchvision(torch: ModuleType) -> ModuleType:
    """The Python part of torchvision: its compiled part, which does not load beside every PyTorch, is only declared."""
    declare_operators(torch)
    module = pytest.importorskip("torchvision", reason="torchvision is not installed: pip install torchvision==0.28.0")
    for part in ("tv_tensors", "transforms.v2"):  # which torchvision does not load by itself
        importlib.import_module(f"torchvision.{part}")
    return module
