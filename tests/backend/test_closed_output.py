"""Commands whose output nobody reads to its end stop quietly."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", [("flambeau_conformance", "list"), ("flambeau", "source", "add")])
def test_a_command_whose_output_is_closed_ends_quietly(command: tuple[str, ...]) -> None:
    with subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
