"""Every op, declared once: see :mod:`flambeau.ops._declare`.

Attributes that are no op are namespaces of ops that plugins register: ``flambeau.ops.mylibrary.myop``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import (
    operators,  # noqa: F401 (gives Tensor its operators)
    resizing,  # noqa: F401 (gives Tensor its methods)
)
from ._declare import ROWS, Row, composite, elementwise, fused, primitive, view

__all__ = ["ROWS", "Row", "composite", "elementwise", "fused", "primitive", "view"]

_namespaces: dict[str, SimpleNamespace] | None = None


class _Context:
    """What the hook ``flambeau_register_ops`` is given."""

    def __init__(self, namespaces: dict[str, SimpleNamespace]) -> None:
        self._namespaces = namespaces

    def register(self, namespace: str, op: Any) -> None:
        setattr(self._namespaces.setdefault(namespace, SimpleNamespace()), op.row.name, op)


def __getattr__(name: str) -> Any:
    global _namespaces
    if name.startswith("_"):  # a module of this package that is not imported yet, no namespace of a plugin
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _namespaces is None:
        from ..backend.manager import plugin_manager

        _namespaces = {}
        plugin_manager().hooks.hook.flambeau_register_ops(context=_Context(_namespaces))
    try:
        return _namespaces[name]
    except KeyError:
        raise AttributeError(f"no plugin registers ops under the namespace {name!r}") from None
