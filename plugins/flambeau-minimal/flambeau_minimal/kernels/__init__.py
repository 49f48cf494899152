"""The kernels, one file per family, in the order of :class:`flambeau.backend.RequiredKernels`.

They are plain functions that trust their arguments; :mod:`flambeau_minimal.contract` checks each call before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import binary, indexing, movement, products, reductions, sorting, storage, unary

__all__ = ["kernels_of"]

_FAMILIES = (storage, unary, binary, reductions, movement, indexing, sorting, products)
_CREATORS = frozenset({"empty", "full", "arange", "from_host"})  # the kernels that no array tells the device


def kernels_of(device: int) -> dict[str, Callable[..., Any]]:
    """Every kernel by name; what they create is on ``device``."""
    kernels = {name: getattr(family, name) for family in _FAMILIES for name in family.__all__}
    creators = {name: partial(kernels[name], device) for name in _CREATORS}
    return kernels | creators
