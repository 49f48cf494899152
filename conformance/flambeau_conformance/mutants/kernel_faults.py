"""What can be wrong with a kernel: faults that follow from its declaration, so that a new kernel has them without being named.

A fault is a function from a :class:`~.calls.Call` to what is given in the place of the kernel's result.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan

from flambeau.backend.promises import PROMISES

from .call_faults import argument_faults, memory_faults, parameter_faults
from .calls import Call
from .changes import number
from .faults import Fault, Run
from .place_faults import place_faults
from .seam import PARAMETERS, Kernel, Seam
from .value_faults import dtype_faults, region_faults, size_faults, value_faults

__all__ = ["confusable", "faults_of"]


def faults_of(seam: Seam, kernel: str) -> Iterator[Fault]:
    """The faults that a kernel may have by its declaration."""
    yield from value_faults(kernel)
    yield from dtype_faults(seam)
    yield from size_faults()
    yield from region_faults(kernel)
    yield from argument_faults(kernel)
    yield from parameter_faults(kernel)
    yield from memory_faults(kernel)
    yield from place_faults(kernel)
    yield from _of_confusions(seam, kernel)


def _of_confusions(seam: Seam, kernel: str) -> Iterator[Fault]:
    """Another kernel in its place: of the same declaration, and the same on many operands."""
    for other in confusable(seam, kernel):
        yield Fault(f"computes {other}", "confused", _computing(getattr(seam.table, other)))


def _computing(kernel: Kernel) -> Run:
    return lambda call: Call(call.seam, call.name, kernel, (), call.given).run()


_GRID = [-2.5, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0, nan, inf, -inf]


def confusable(seam: Seam, kernel: str) -> list[str]:
    """The kernels that give the same for a third of a grid of operands or more, but not for all; at most three."""
    own = _on_grid(seam, kernel)
    if own is None:
        return []
    shares: dict[str, float] = {}
    for other in seam.names:
        if other != kernel and PARAMETERS[other] == PARAMETERS[kernel] and PROMISES.get(other) == PROMISES.get(kernel):
            theirs = _on_grid(seam, other)
            if theirs is not None:
                shares[other] = sum(map(bytes.__eq__, own, theirs)) / len(own)
    chosen = [other for other, share in shares.items() if 1 / 3 <= share < 1]
    return sorted(chosen, key=lambda other: (-shares[other], other))[:3]


def _on_grid(seam: Seam, kernel: str) -> list[bytes] | None:
    """The bytes of the elements that an element-wise kernel of one or two operands gives on the grid."""
    if PARAMETERS[kernel] not in (("a",), ("a", "b")):
        return None
    table = seam.table
    row = table.full((len(_GRID),), 0.0, "float32")
    for place, value in enumerate(_GRID):
        table.copy_into(table.slice(row, (place,), (1,), (1,)), number(seam, value, "float32"))
    column = table.reshape(row, (len(_GRID), 1))
    size = len(_GRID) ** len(PARAMETERS[kernel])
    try:
        result = getattr(table, kernel)(*(row, column)[: len(PARAMETERS[kernel])])
        data = bytes(table.to_host(result))
    except Exception:  # not a kernel of floats
        return None
    width = len(data) // size
    return [data[place : place + width] for place in range(0, len(data), width)] if width * size == len(data) else None
