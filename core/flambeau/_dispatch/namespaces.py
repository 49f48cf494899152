"""Namespaces of ops that plugins register: ``flambeau.ops.mylibrary.myop``."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from flambeau.backend.registry import plugin_manager

__all__ = ["namespace"]


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
        ops = self._namespaces.setdefault(namespace, SimpleNamespace())
        if hasattr(ops, op.row.name):
            raise ValueError(f"the op '{namespace}.{op.row.name}' is already registered by another plugin")
        setattr(ops, op.row.name, op)
