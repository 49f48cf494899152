"""Every op, declared once, in eleven groups; a group imports lower ones only: see ``docs/architecture.md``.

Attributes that are no op are namespaces of ops that plugins register: ``flambeau.ops.mylibrary.myop``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flambeau._dispatch import rows as _rows
from flambeau._dispatch.namespaces import namespace
from flambeau._dispatch.rows import Row

from . import (  # noqa: F401 (the groups and what is made from all of them)
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

if TYPE_CHECKING:
    from flambeau._dispatch.rows import ROWS

__all__ = ["ROWS", "Row"]


def __getattr__(name: str) -> Any:
    if name == "ROWS":
        from .nn import layers  # noqa: F401  # these declare the rest, and are imported on use
        from .random import gammas  # noqa: F401  # which distributions draw

        return _rows.ROWS
    if name.startswith("_"):  # a module of this package that is not imported yet, no namespace of a plugin
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return namespace(name)
