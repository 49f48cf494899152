"""What is imported of vision, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flambeau

PARTS = ["datasets", "io", "models", "ops", "transforms", "utils"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_imported_when_it_is_asked_for(part: str) -> None:
    program = f"""
import sys, flambeau
print("flambeau.vision" in sys.modules)
print("{part}" in dir(flambeau.vision), "flambeau.vision.{part}" in sys.modules)
print(flambeau.vision.{part} is sys.modules["flambeau.vision.{part}"], "PIL" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue False\nTrue False\n"


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'flambeau\.vision' has no attribute 'nothing'"):
        flambeau.vision.nothing  # noqa: B018
