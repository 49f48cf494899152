"""What a group of ops shows: the names that its families list, without the modules that hold them."""

from __future__ import annotations

import sys
from types import ModuleType

__all__ = ["public"]


def public(package: str) -> list[str]:
    """The public names in a package that are no modules, for its ``__all__``.

    Without it, ``from package import *`` would give the modules of the package too.
    """
    found = vars(sys.modules[package])
    return [
        name
        for name, value in found.items()
        if name[0] != "_" and name != "public" and not isinstance(value, ModuleType)
    ]
