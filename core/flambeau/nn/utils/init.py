"""Modules whose parameters have no initial values."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from flambeau.random import fork_rng

from ..modules.module import Module

__all__ = ["skip_init"]

_Module = TypeVar("_Module", bound=Module)


def skip_init(module_cls: type[_Module], *args: Any, **kwargs: Any) -> _Module:
    """Make a module whose parameters may hold anything, on the device ``device`` (the CPU by default).

    The random numbers that come later are those that would have come without it.
    Source of the semantics: ``torch.nn.utils.skip_init``.

    Raises:
        RuntimeError: it is no module class, or one without an argument ``device``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.skip_init(torch.nn.Linear, 3, 2).weight.shape
        torch.Size([2, 3])
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **{"device": "cpu"} | kwargs)
