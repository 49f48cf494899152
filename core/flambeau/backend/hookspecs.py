"""The hooks of a flambeau plugin.

A plugin is a module named by an entry point of the group ``flambeau``. Hooks run once, when plugins are loaded;
none runs during computation (one call costs several microseconds, more than a small op). Each hook takes one
context object, so that what it offers can grow without breaking plugins. What a hook raises is kept as the
plugin's failure, and stops nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from .protocol import Backend

__all__ = ["PROJECT", "BackendContext", "ConformanceContext", "OpContext", "hookimpl", "hookspec"]

PROJECT = "flambeau"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class BackendContext(Protocol):
    """What :func:`flambeau_register_backends` is given."""

    def register(self, name: str, *, device_type: str, api_version: int, factory: Callable[[], Backend]) -> None:
        """Register the backend ``name``, which ``factory`` makes on first use.

        ``api_version`` is the :data:`flambeau.backend.API_VERSION` that the backend was built for, written as a
        number. A backend built for another version is reported and refused when asked for.

        Raises:
            TypeError, ValueError: an argument is none of its kind, or the name belongs to another plugin.
        """


class OpContext(Protocol):
    """What :func:`flambeau_register_ops` is given."""

    def register(self, namespace: str, op: Any) -> None:
        """Offer ``op``, a function declared with :mod:`flambeau.extend`'s decorators, as ``flambeau.ops.<namespace>.<name>``.

        Raises:
            TypeError: ``op`` is no such function.
            ValueError: ``namespace`` is no name, or flambeau's own, or has an op of this name.
        """


class ConformanceContext(Protocol):
    """What the two conformance hooks are given."""

    def manifest(self, backend: str, path: str) -> None:
        """Declare the TOML file with the claims of ``backend``."""

    def cases(self, module: str) -> None:
        """Add the cases that the importable ``module`` declares."""


@hookspec
def flambeau_register_backends(context: BackendContext) -> None:
    """Register backends: metadata and a factory each. Heavy imports belong inside the factory."""


@hookspec
def flambeau_register_ops(context: OpContext) -> None:
    """Register ops of the plugin's own."""


@hookspec
def flambeau_conformance(context: ConformanceContext) -> None:
    """Declare conformance manifests and add conformance cases."""


@hookspec
def flambeau_cli_commands(context: Any) -> None:
    """Add commands to ``python -m flambeau``: ``context`` is the :class:`argparse` sub-parsers object.

    The function that a command runs takes the parsed options and gives the exit code, None for 0:
    ``parser.set_defaults(run=function)``.
    """
