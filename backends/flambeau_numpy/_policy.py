"""NumPy's policies: silence about division by zero, overflow and the like, and the size of its buffers.

PyTorch does not report what happens to floating point numbers; NumPy warns, by a policy that belongs to a thread (more
precisely, to a :mod:`contextvars` context). Setting and restoring it around every operation would leave the user's own
NumPy code alone, but costs 0.2 µs in the cheapest way there is and 1 µs with ``numpy.errstate``, where a small operation
takes 0.3. So it is set once in every context:

- in the one that loads the backend, and in every other one when it makes its first tensor. From there on the user's own
  NumPy code in this context is silent too; ``numpy.seterr(all="warn")`` brings its warnings back, and is respected, also
  within ``with numpy.errstate(...)``;
- a thread that computes with the tensors of others before it makes one of its own still has NumPy's policy of warning.
  There a filter drops the warnings that come from flambeau's modules.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

__all__ = ["adopt_policies", "adopted", "adopting_policies", "filter_warnings", "keep_freed_memory"]

_BUFFER = 1024
"""Elements. With NumPy's 8192, rows of a thousand elements and more that are broadcast take twice as long (measured)."""

_adopted: ContextVar[bool] = ContextVar("flambeau_numpy_policies", default=False)

adopted = _adopted.get
"""Whether the running context has the policies."""


def adopt_policies() -> None:
    """Set the policies of the running context."""
    np.seterr(all="ignore")
    np.setbufsize(_BUFFER)
    _adopted.set(True)


def adopting_policies(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """``kernel``, which sets the policies of the running context first."""

    def adopting(*arguments: Any) -> Any:
        if not adopted():
            adopt_policies()
        return kernel(*arguments)

    return adopting


def filter_warnings() -> None:
    """Drop the warnings about numbers that arise in flambeau's modules."""
    warnings.filterwarnings("ignore", r".* encountered in ", RuntimeWarning, module=r"flambeau")


def keep_freed_memory() -> None:
    """Let glibc keep the memory of arrays that are freed for those that come next.

    It gives large blocks back to the system, which clears every page anew when it is touched again: a tenth to a quarter of
    the time of a training step. But it keeps blocks up to the size of the largest one that it has seen freed, at most 32 MB,
    and twice as much at the end of the heap. Here it sees one, of which no page was touched. Other C libraries take no
    notice, and where the environment says something (``MALLOC_MMAP_THRESHOLD_``), that holds.
    """
    np.empty(_KEPT, "uint8")


_KEPT = (1 << 25) - (1 << 16)
"""Bytes: a little less than 32 MB, for what the C library adds."""
