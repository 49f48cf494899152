"""The conformance suite on backends that no one installs: ``python tests/support/conformance_on.py BACKEND [OPTIONS]``.

``cupy`` is the CuPy backend on the stand-in for CuPy; ``copying``, ``frozen`` and ``bare`` are those of
:mod:`copying_backends`, whose views are copies. The options are those of ``flambeau-conformance run``, or of another of
its commands that is named first: ``python tests/support/conformance_on.py frozen repro 'add/value/plain/float32'``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import copying_backends
from copying_backends import BareBackend, CopyingBackend, FrozenBackend
from installed import install

__all__ = ["COPYING", "SITE", "STANDIN", "main"]

STANDIN = "cupy"
SITE = Path(__file__).with_name("standin_site")
"""A folder which, on Python's path, puts the stand-in in the place of CuPy in every process."""

COPYING = {each.name: each for each in (CopyingBackend, FrozenBackend, BareBackend)}

_PLUGIN = """
from flambeau.backend import hookimpl

def make():
    from copying_backends import {kind}
    return {kind}()

@hookimpl
def flambeau_register_backends(context):
    context.register({name!r}, device_type={name!r}, api_version=1, factory=make)

@hookimpl
def flambeau_conformance(context):
    context.manifest({name!r}, {manifest!r})
"""

_COMMANDS = ("run", "repro", "mutants")


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit code, or 2 if there is no such backend."""
    name, *options = arguments or [""]
    if name not in (STANDIN, *COPYING):
        print(f"no backend {name!r}: name one of {', '.join((STANDIN, *COPYING))}", file=sys.stderr)
        return 2
    command, *options = options if options and options[0] in _COMMANDS else ["run", *options]
    with tempfile.TemporaryDirectory() as folder:
        place = SITE if name == STANDIN else _installed(COPYING[name], Path(folder))
        here = str(Path(__file__).parent)
        path = os.pathsep.join(filter(None, (str(place), here, os.environ.get("PYTHONPATH"))))
        return subprocess.run(
            [sys.executable, "-m", "flambeau_conformance", command, name, *options],
            env=os.environ | {"PYTHONPATH": path}, check=False,
        ).returncode  # fmt: skip


def _installed(backend: type[CopyingBackend], folder: Path) -> Path:
    """Put a plugin with the backend into a folder, and a manifest that claims all that the backend says it can do."""
    claims = backend.capabilities
    named = {"dtypes": claims.dtypes, "layouts": claims.layouts, "extensions": claims.extensions}
    lines = [f"{key} = {sorted(names)}" for key, names in named.items()]
    manifest = folder / "conformance.toml"
    manifest.write_text("\n".join([f"backend = '{backend.name}'", "profile = 'core'", *lines, ""]))
    assert backend.__module__ == copying_backends.__name__
    install(folder, backend.name, _PLUGIN.format(kind=backend.__name__, name=backend.name, manifest=str(manifest)))
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
