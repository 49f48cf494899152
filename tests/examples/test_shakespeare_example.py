"""The example of a transformer: what it prints and learns, and the same program under PyTorch."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from tests.support.examples import load, run

SMALL = ("--width", "32", "--heads", "2", "--layers", "1", "--context", "32", "--batch-size", "8", "--sample", "40")


def test_it_learns_and_writes_before_and_after() -> None:
    output = run("shakespeare", *SMALL, "--steps", "150")
    first, last = output.split("loss at first ")[1].split("\n")[0].split(", of the last 100 steps ")
    assert float(first) > 4.0
    assert float(last) < 3.2
    before, after = output.split("before training")[1].split("after training")
    for part in (before, after):
        assert len(part.split("ROSALIND\t", 1)[1]) >= 40


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "loss.png"
    run("shakespeare", *SMALL, "--steps", "3", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.oracle
def test_pytorch_gives_the_same_losses_at_first_and_the_same_text(torch: ModuleType) -> None:
    example = load("shakespeare")
    text = example.read_text()
    alphabet = "".join(sorted(set(text)))
    numbers = [alphabet.index(character) for character in text]
    curves, texts = [], []
    for t in (example.torch, torch):
        example.torch = t
        t.manual_seed(0)
        model = example.build_model(len(alphabet), 32, 2, 2, 32)
        texts.append(example.write(model, "CELIA\t", alphabet, 30, 32))
        curves.append(example.train(model, t.tensor(numbers), 10, 8, 32, 1e-3))
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
    assert texts[0] == texts[1]
