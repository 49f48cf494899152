"""Silence about division by zero, overflow and the like, which PyTorch does not report.

NumPy keeps its policy per thread (more precisely per :mod:`contextvars` context). Setting and restoring it around
every operation would leave the user's own NumPy code alone, but costs 0.2 µs in the cheapest way there is and 1 µs with
``numpy.errstate``, where a small operation takes 0.3. So it is set once in every context:

- in the one that loads the backend, and in every other one when it makes its first tensor (:func:`be_silent`). From
  there on the user's own NumPy code in this context is silent too; ``numpy.seterr(all="warn")`` brings its warnings back,
  and is respected, also within ``with numpy.errstate(...)``;
- a thread that computes with the tensors of others before it makes one of its own still has NumPy's policy of warning.
  There a filter drops the warnings that come from flambeau's modules.
"""

from __future__ import annotations

import warnings
from contextvars import ContextVar

import numpy as np

__all__ = ["be_silent", "filter_warnings"]

_silent: ContextVar[bool] = ContextVar("flambeau_numpy_silent", default=False)


def be_silent() -> None:
    """Set NumPy's policy to silence, once in a context."""
    if not _silent.get():
        np.seterr(all="ignore")
        _silent.set(True)


def filter_warnings() -> None:
    """Drop the warnings about numbers that arise in flambeau's modules."""
    warnings.filterwarnings("ignore", r".* encountered in ", RuntimeWarning, module=r"flambeau")
