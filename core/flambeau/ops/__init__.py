"""Every op, declared once, in eleven groups; a group imports lower ones only: see ``docs/architecture.md``.

Attributes that are no op are namespaces of ops that plugins register: ``flambeau.ops.mylibrary.myop``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flambeau._dispatch.rows import ROWS, Row
from flambeau.backend.registry import plugin_manager

from . import (  # noqa: F401 (the groups in the order in which they use one another)  # noqa: F401  # noqa: F401  # noqa: F401  # noqa: F401  # noqa: F401
    creation,
    elementwise,
    fft,
    indexing,
    inplace,
    linalg,
    movement,
    nn,
    operators,
    random,
    reductions,
    sorting,
    special,
)

__all__ = ["ROWS", "Row"]

_namespaces: dict[str, SimpleNamespace] | None = None


class _Context:
    """What the hook ``flambeau_register_ops`` is given."""

    def __init__(self, namespaces: dict[str, SimpleNamespace]) -> None:
        self._namespaces = namespaces

    def register(self, namespace: str, op: Any) -> None:
        ops = self._namespaces.setdefault(namespace, SimpleNamespace())
        if hasattr(ops, op.row.name):
            raise ValueError(f"the op '{namespace}.{op.row.name}' is already registered by another plugin")
        setattr(ops, op.row.name, op)


def __getattr__(name: str) -> Any:
    global _namespaces
    if name.startswith("_"):  # a module of this package that is not imported yet, no namespace of a plugin
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _namespaces is None:
        namespaces: dict[str, SimpleNamespace] = {}
        plugin_manager().call_each("flambeau_register_ops", lambda _: _Context(namespaces))
        _namespaces = namespaces
    try:
        return _namespaces[name]
    except KeyError:
        failures = plugin_manager().failures_text(name)
        raise AttributeError(f"no plugin registers ops under the namespace {name!r}{failures}") from None
