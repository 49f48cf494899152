"""The example: its figures, and the same program under PyTorch."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.support.examples import load, run


def test_the_classifier_passes_96_percent() -> None:
    output = run("digits")
    accuracy = float(output.rsplit("test accuracy: ", 1)[1].split("%")[0])
    assert accuracy > 96.0


def test_a_subset_runs_on_the_minimal_backend() -> None:
    output = run("digits", "--backend", "minimal", "--limit", "64", "--epochs", "1")
    assert "training on 64 digits, backend minimal, device minimal:0" in output


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "digits.png"
    run("digits", "--epochs", "2", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


def test_pytorch_gives_the_same_loss_curve(torch: ModuleType) -> None:
    example = load("digits")
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
