"""How exact products of float32 matrices have to be. They always are as exact as float32 allows."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau.errors import level_of_caller

__all__ = ["get_float32_matmul_precision", "set_float32_matmul_precision"]

_LEVELS = ("highest", "high", "medium")

_chosen = "highest"


def set_float32_matmul_precision(precision: Any) -> None:
    """Allow less exact products of float32 matrices: ``"highest"``, ``"high"`` or ``"medium"``.

    It is kept and changes no number: no backend makes use of what is allowed. Another text warns and is not kept.
    Source of the semantics: ``torch.set_float32_matmul_precision``.

    Raises:
        RuntimeError: it is no text.
    """
    global _chosen
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision not in _LEVELS:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has no "
            "effect.",
            stacklevel=level_of_caller(),
        )
        return
    _chosen = precision


def get_float32_matmul_precision() -> str:
    """What :func:`set_float32_matmul_precision` was last given. Source: ``torch.get_float32_matmul_precision``.

    Example:
        >>> import flambeau as torch
        >>> torch.get_float32_matmul_precision()
        'highest'
    """
    return _chosen
