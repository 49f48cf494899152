"""Faults of kernels: what one is, and where a kernel's results are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flambeau.backend.promises import PROMISES, Buffer, Number, Writes

from .calls import INDICES, Call
from .changes import Change, copied
from .seam import ANNOTATIONS

__all__ = [
    "Fault", "Run", "changed", "delivered", "has_dtype", "needing", "parts_of", "stored", "value_parameters",
    "written", "written_names",
]  # fmt: skip

Run = Callable[[Call], Any]


@dataclass(frozen=True)
class Fault:
    """One way in which a kernel can be wrong.

    Attributes:
        name: what is wrong.
        family: the column of the matrix under which it is counted.
        run: what is given for a call.
        needs: the features (see :func:`flambeau_conformance.reach.features`) of calls in which it can show.
    """

    name: str
    family: str
    run: Run
    needs: frozenset[str] = frozenset()


# -- where results are -------------------------------------------------------------------------------------------------


def written_names(kernel: str) -> frozenset[str]:
    """The names of the arguments that a kernel writes into."""
    promise = PROMISES.get(kernel)
    return promise.names if isinstance(promise, Writes) else frozenset()


def written(call: Call) -> list[Any]:
    """The arguments that a kernel without a result writes into."""
    names = written_names(call.name)
    return [array for name, array in call.arrays.items() if name in names]


def delivered(call: Call, change: Callable[[Any], Any], part: int = 0) -> Any:
    """What the kernel gives, with ``change`` made to one of the arrays: returned, or written into an argument."""
    promise = PROMISES.get(call.name)
    if isinstance(promise, (Number, Buffer)):
        return call.run(a=change(call.given["a"]))
    result = call.run()
    if result is None:
        targets = written(call)
        if part < len(targets):
            call.seam.table.copy_into(targets[part], change(copied(call.seam, targets[part])))
        return None
    if call.given.get("out") is not None:
        call.seam.table.copy_into(result, change(copied(call.seam, result)))
        return result
    if isinstance(result, tuple):
        return tuple(change(each) if place == part else each for place, each in enumerate(result))
    return change(result)


def changed(change: Change, when: Callable[[Call], bool] = lambda _: True, part: int = 0) -> Run:
    """The kernel with a change to one of its results, in calls for which ``when`` holds."""

    def run(call: Call) -> Any:
        if not when(call):
            return call.run()
        return delivered(call, lambda array: change(call.seam, array), part)

    return run


def parts_of(kernel: str) -> int:
    """How many arrays a kernel gives, or writes into."""
    promise = PROMISES.get(kernel)
    return len(promise) if isinstance(promise, tuple) else len(written_names(kernel)) or 1


def needing(*names: str) -> frozenset[str]:
    """The features that a call must have."""
    return frozenset(names)


def has_dtype(dtype: str) -> Callable[[Call], bool]:
    """Whether a call has arrays of a dtype, or asks for it."""
    return lambda call: (
        any(call.seam.dtype(each) == dtype for each in call.all_arrays) or call.given.get("dtype") == dtype
    )


def stored(call: Call, result: Any) -> Any:
    """A result, written into ``out`` if it was given."""
    out = call.given.get("out")
    if out is None:
        return result
    call.seam.table.copy_into(out, result)
    return out


def value_parameters(kernel: str) -> list[str]:
    """The parameters that are arrays of values."""
    found = [name for name, annotation in ANNOTATIONS[kernel].items() if annotation.startswith("Array")]
    return [name for name in found if name not in INDICES]
