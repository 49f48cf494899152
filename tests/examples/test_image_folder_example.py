"""The example that goes from a folder of images to a trained network."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.examples import load, run

pytest.importorskip("PIL")


def test_it_learns_with_two_workers_and_draws_its_predictions(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "predictions.png"
    output = run("image_folder", "--limit", "300", "--epochs", "2", "--plot", str(target))
    assert "300 images of 10 classes, 2 workers" in output
    assert float(output.rsplit("test accuracy: ", 1)[1].split("%")[0]) > 40.0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_the_files_show_the_digits(tmp_path: Path) -> None:
    example = load("image_folder")
    example.write_digits(tmp_path, 12)
    data = example.ImageFolder(tmp_path / "test")
    image, label = data[0]
    original = example.Digits(train=False)
    number = int(Path(data.samples[0][0]).stem)
    assert int(original.targets[number]) == int(data.classes[label])
    pixels = (example.transforms.PILToTensor()(image)[0].to(example.torch.int64) * 16 + 15) // 255
    assert pixels.tolist() == original.data[number].tolist()
