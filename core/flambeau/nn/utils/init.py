"""Modules whose parameters are not drawn."""

from __future__ import annotations

import inspect
from typing import Any

from flambeau.random import get_rng_state, set_rng_state

from ..modules.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Any:
    """Make a module without drawing its parameters, whose values are arbitrary. Source: ``torch.nn.utils.skip_init``.

    Args:
        module_cls: the class, which takes ``device``.
        args, kwargs: what it is called with.

    Raises:
        RuntimeError: it is no class of modules, or takes no ``device``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.skip_init(torch.nn.Linear, 3, 2).weight.shape
        torch.Size([2, 3])
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        set_rng_state(state)  # as if nothing had been drawn
