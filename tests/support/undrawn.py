"""Large models without the time that their first weights take."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau
from flambeau.nn import init

__all__ = ["undrawn"]


def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave tensors that would be drawn as they are, so that memory which nobody reads is none."""

    def same(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        return tensor

    for name in ("uniform_", "normal_"):
        monkeypatch.setattr(flambeau.Tensor, name, same)
    for name in ("_by_normal_numbers", "_by_uniform_numbers"):
        monkeypatch.setattr(init, name, same)
