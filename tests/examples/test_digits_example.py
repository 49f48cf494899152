"""The example: its figures, and the same program under PyTorch."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.py"


def _run(*arguments: str) -> str:
    command = [sys.executable, str(EXAMPLE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def test_the_classifier_passes_96_percent() -> None:
    output = _run()
    accuracy = float(output.rsplit("test accuracy: ", 1)[1].split("%")[0])
    assert accuracy > 96.0


def test_a_subset_runs_on_the_minimal_backend() -> None:
    output = _run("--backend", "minimal", "--limit", "64", "--epochs", "1")
    assert "training on 64 digits, backend minimal, device minimal:0" in output


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "digits.png"
    _run("--epochs", "2", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("digits_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pytorch_gives_the_same_loss_curve(torch: ModuleType) -> None:
    example = _module()
    data = example.Digits(train=True)
    pixels, labels = (data.data.to(example.torch.float32).flatten(1) / 16).tolist(), data.targets.tolist()
    curves: list[list[float]] = []
    ours: Any = example.torch
    for t in (ours, torch):
        example.torch = t
        t.manual_seed(0)
        model = example.build_model()
        curves.append(example.train(model, t.tensor(pixels), t.tensor(labels), epochs=3, batch_size=64, lr=2e-3)[:50])
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
