"""The example of a convolutional network: its figure, and the same program under PyTorch."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from tests.support.examples import load, run


def test_the_network_passes_98_and_a_half_percent(tmp_path: Path) -> None:
    output = run("digits_cnn")
    assert float(output.rsplit("test accuracy: ", 1)[1].split("%")[0]) >= 98.5


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "digits.png"
    run("digits_cnn", "--epochs", "1", "--limit", "128", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.oracle
def test_pytorch_gives_the_same_losses_at_first(torch: ModuleType) -> None:
    example = load("digits_cnn")
    data = example.Digits(train=True)
    pixels, labels = (data.data[:, None].to(example.torch.float32) / 16).tolist(), data.targets.tolist()
    curves = []
    for t in (example.torch, torch):
        example.torch = t
        t.manual_seed(0)
        model = example.build_model()
        images, targets = t.tensor(pixels)[:640], t.tensor(labels)[:640]
        curves.append(example.train(model, images, targets, 1, 64, 1e-3, lambda loss: None))
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
