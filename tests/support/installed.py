"""Distributions with plugins as an installer would leave them, and programs that find them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["REGISTER", "install", "run_python"]

REGISTER = """
from flambeau.backend import hookimpl

def make():
    from flambeau_minimal.backend import MinimalBackend
    backend = MinimalBackend()
    backend.name, backend.device_type = {name!r}, {device_type!r}
    return backend

@hookimpl
def flambeau_register_backends(context):
    context.register({name!r}, device_type={device_type!r}, api_version=1, factory=make)
"""
"""A plugin that registers a working backend."""


def install(
    folder: Path, name: str, source: str | None, *, entries: str | None = None, metadata: bytes | None = b"",
    distribution: str = "",
) -> None:  # fmt: skip
    """Put a distribution into a folder: a module ``<name>_plugin`` and what an installer notes of it.

    ``entries`` are the lines below ``[flambeau]``, ``metadata`` is the file METADATA (empty: a right one; None: it is missing).
    """
    if source is not None:
        (folder / f"{name}_plugin.py").write_text(source)
    distribution = distribution or f"flambeau_{name}"
    about = folder / f"{distribution}-3.1.dist-info"
    about.mkdir()
    if metadata is not None:
        right = f"Metadata-Version: 2.1\nName: {distribution.replace('_', '-')}\nVersion: 3.1\n".encode()
        (about / "METADATA").write_bytes(metadata or right)
    (about / "entry_points.txt").write_text(
        f"[flambeau]\n{f'{name} = {name}_plugin' if entries is None else entries}\n"
    )


def run_python(folder: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    """What Python prints with the distributions in ``folder`` first on its path; it must end with ``code``."""
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": path} | environment,
    )  # fmt: skip
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr
