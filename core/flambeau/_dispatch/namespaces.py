"""Namespaces of ops that plugins register: ``flambeau.ops.mylibrary.myop``."""

from __future__ import annotations

import sys
from functools import cache
from types import SimpleNamespace
from typing import Any

from flambeau.backend.registry import plugin_manager

from .rows import Row

__all__ = ["load", "namespace"]


def load() -> None:
    """Ask all plugins for their ops now; what a hook raises is its plugin's failure."""
    _registered()


def namespace(name: str) -> SimpleNamespace:
    """The ops that plugins register under ``name``.

    Raises:
        AttributeError: none does; the message names plugins that do not work and might have.
    """
    try:
        return _registered()[name]
    except KeyError:
        failures = plugin_manager().failures_text(name)
        raise AttributeError(f"no plugin registers ops under the namespace {name!r}{failures}") from None


@cache
def _registered() -> dict[str, SimpleNamespace]:
    """All namespaces; plugins are asked once, when the first name is looked for."""
    namespaces: dict[str, SimpleNamespace] = {}
    plugin_manager().call_each("flambeau_register_ops", lambda _: _Context(namespaces))
    return namespaces


class _Context:
    """What the hook ``flambeau_register_ops`` is given."""

    def __init__(self, namespaces: dict[str, SimpleNamespace]) -> None:
        self._namespaces = namespaces

    def register(self, namespace: str, op: Any) -> None:
        _check_namespace(namespace)
        row = getattr(op, "row", None)
        if not isinstance(row, Row) or row.function is not op:
            raise TypeError(
                f"what is registered under the namespace {namespace!r} must be an op, a function declared with a decorator "
                f"of flambeau.extend, one at a time (got {op!r})"
            )
        ops = self._namespaces.setdefault(namespace, SimpleNamespace())
        if hasattr(ops, row.name):
            raise ValueError(f"the op '{namespace}.{row.name}' is already registered")
        setattr(ops, row.name, op)


def _check_namespace(name: object) -> None:
    """Refuse what could not be written as ``flambeau.ops.<name>``, or would mean something else there."""
    if not isinstance(name, str):
        raise TypeError(f"a namespace of ops must be a str, not {name!r}")
    if not name.isidentifier() or name.startswith("_"):
        raise ValueError(f"a namespace of ops must be a name that does not begin with an underscore (got {name!r})")
    ops = vars(sys.modules["flambeau.ops"])
    if name in ops or name in ops["__all__"]:
        raise ValueError(f"the namespace {name!r} cannot be registered: flambeau.ops.{name} is flambeau's own")
