"""A plugin whose backend misbehaves, and the suite run on it in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

from installed import install

__all__ = ["Run", "install_broken", "run_suite"]

_PLUGIN = """
import os, signal, subprocess, sys, time
from pathlib import Path
from flambeau.backend import hookimpl
from flambeau_minimal.backend import MinimalBackend

{imports}

def without(kernels, names):
    return {{name: kernel for name, kernel in kernels.items() if name not in names}}

def faults(right):
    made = {{}}
{faults}
    return made

class Broken(MinimalBackend):
    name = device_type = "broken"

    def kernels(self, device):
        right = dict(super().kernels(device))
        return without(right, {missing!r}) | faults(right)

    def device_count(self):
        {device_count}
        return 1

@hookimpl
def flambeau_register_backends(context):
    context.register("broken", device_type="broken", api_version=1, factory=Broken)

@hookimpl
def flambeau_conformance(context):
    context.manifest("broken", str(Path(__file__).with_name("conformance.toml")))
"""

MANIFEST = """
backend = "broken"
profile = "core"
dtypes = ["float32", "float64", "int64", "int32", "uint8", "bool"]
layouts = ["strided"]
extensions = []
"""


def install_broken(
    folder: Path, faults: Mapping[str, str] | None = None, *, imports: str = "", device_count: str = "pass",
    missing: tuple[str, ...] = (), manifest: str = MANIFEST,
) -> None:  # fmt: skip
    """Install it into a folder.

    Args:
        folder: where.
        faults: the bodies of kernels by name; they have ``a`` and may go on with ``right["name"](a)``.
        imports: what the module does when it is imported.
        device_count: what the backend does when it is asked for its devices.
        missing: kernels that it lacks.
        manifest: its manifest.
    """
    kernels = [
        f"def fault_{name}(a):\n{indent(body, '    ')}\nmade[{name!r}] = fault_{name}"
        for name, body in (faults or {}).items()
    ]
    source = _PLUGIN.format(
        imports=imports, faults=indent("\n".join(kernels), "    "), missing=missing, device_count=device_count
    )
    install(folder, "broken", source)
    (folder / "conformance.toml").write_text(manifest)


@dataclass
class Run:
    """What a run of the suite gave: its exit code, what it wrote, the line about it and the results by address."""

    code: int
    stdout: str
    stderr: str
    about: dict[str, Any] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_suite(folder: Path, *arguments: str, backend: str = "broken") -> Run:
    """Run the suite on a backend that is found in ``folder``; it leaves its results there, too."""
    report = folder / "report.jsonl"
    command = [sys.executable, "-m", "flambeau_conformance", "run", backend, "--json", str(report), *arguments]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False, timeout=300)
    run = Run(done.returncode, done.stdout, done.stderr)
    if report.exists():
        run.about, *results = [json.loads(line) for line in report.read_text().splitlines()]
        run.results = {result["address"]: result for result in results}
    return run


def environment(folder: Path) -> dict[str, str]:
    """An environment in which the distributions in a folder are found, and what failed last is noted there."""
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(folder / "cache")}
