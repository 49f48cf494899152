"""A strict stand-in for CuPy, for machines without a GPU.

It computes on NumPy but refuses what CuPy 14 refuses: NumPy arrays as operands, implicit copies to the host, dtypes
that have no loop, arrays of a device that is not the current one. Where CuPy leaves something open it answers
differently from NumPy, so that code which relies on NumPy's answer fails: of several values written to one place the
first stays, uninitialised memory holds garbage. Where CuPy copies from the host in silence (lists and NumPy arrays as
indices or assigned values) it refuses too. It has no name and no keyword that CuPy 14 lacks; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from . import _memory, _streams
from ._machine import machine
from ._modules import build_modules

__all__ = ["install"]


@contextmanager
def install(devices: int = 1, forget: tuple[str, ...] = ()) -> Iterator[ModuleType]:
    """Put the stand-in in the place of ``cupy`` and ``cupyx``, on a machine with this many pretend devices.

    Args:
        devices: their number; with 0, asking for it raises what CuPy raises without a driver.
        forget: modules that keep what they imported from CuPy, and are imported anew inside and after the block.

    Yields:
        the module ``cupy``.
    """
    roots = ("cupy", "cupyx", *forget)
    before = _taken(roots)
    machine.reset(devices)
    _memory.reset()
    _streams.reset()
    modules = build_modules()
    sys.modules.update(modules)
    try:
        yield modules["cupy"]
    finally:
        _taken(roots)
        sys.modules.update(before)


def _taken(roots: tuple[str, ...]) -> dict[str, ModuleType]:
    """The loaded modules at and below ``roots``, which are no longer loaded afterwards."""
    found = [name for name in sys.modules if any(name == root or name.startswith(root + ".") for root in roots)]
    return {name: sys.modules.pop(name) for name in found}
