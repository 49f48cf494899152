"""The example of a graph convolution: its figures, on two backends, and its picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.examples import run


@pytest.mark.parametrize("backend", ["numpy", "minimal"])
def test_nearly_all_members_are_on_the_right_side(backend: str) -> None:
    output = run("karate", "--backend", backend)
    assert int(output.split("right side: ")[1].split(" of ")[0]) >= 32


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "karate.png"
    run("karate", "--epochs", "5", "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")
