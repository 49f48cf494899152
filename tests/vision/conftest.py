"""What tests of vision share."""

from __future__ import annotations

from types import ModuleType

import pytest
from benchmarks.images import declare_operators


@pytest.fixture(scope="session")
def torchvision(torch: ModuleType) -> ModuleType:
    """The Python part of torchvision: its compiled part, which does not load beside every PyTorch, is only declared."""
    declare_operators(torch)
    return pytest.importorskip("torchvision", reason="torchvision is not installed: pip install torchvision==0.28.0")
