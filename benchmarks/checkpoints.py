"""Saving and loading the state of a model, to a file and from one: 25 MB in 20 large tensors, and 1,000 small ones."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

GOAL = 1.0


def _state(count: int, size: int) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        state = {f"layers.{number}.weight": torch.ones(size, device=device) for number in range(count)}
        path = Path(folder) / "state.pt"
        torch.save(state, path)
        return {"torch": torch, "state": state, "path": path}

    return setup


_SIZES = {"large": _state(20, 312_500), "small": _state(1000, 16)}
_STATEMENTS = {"save": "torch.save(state, path)", "load": "torch.load(path)", "map": "torch.load(path, mmap=True)"}

CASES = [
    Case(f"checkpoints/{name}/{size}", statement, setup, GOAL if size == "large" and name != "map" else None)
    for size, setup in _SIZES.items()
    for name, statement in _STATEMENTS.items()
]
