"""What tests of vision share."""

from __future__ import annotations

from types import ModuleType

import pytest

_OPERATORS: list[object] = []
"""What declares operators has to stay, so that they do."""


@pytest.fixture(scope="session")
def torchvision(torch: ModuleType) -> ModuleType:
    """The Python part of torchvision: its compiled part, which does not load beside every PyTorch, is only declared."""
    if not _OPERATORS:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _OPERATORS.append(library)
    return pytest.importorskip("torchvision", reason="torchvision is not installed: pip install torchvision==0.28.0")
