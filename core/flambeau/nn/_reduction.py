"""How losses are put together to one number, and the two options that said it in former times."""

from __future__ import annotations

import warnings

from flambeau.errors import level_of_caller
from flambeau.ops.nn.loss import check_reduction

__all__ = ["check_reduction", "chosen_reduction", "legacy_get_string", "named_reduction", "without_old_name"]


def legacy_get_string(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """What ``size_average`` and ``reduce`` mean, with a warning. Source: ``torch.nn._reduction.legacy_get_string``."""
    averaged, reduced = size_average is None or size_average, reduce is None or reduce
    meant = "none" if not reduced else "mean" if averaged else "sum"
    if emit_warning:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
            stacklevel=level_of_caller(),
        )
    return meant


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """``reduction``, or what the old options say where they are given; ``"elementwise_mean"`` is ``"mean"``."""
    old = size_average is not None or reduce is not None
    return legacy_get_string(size_average, reduce) if old else without_old_name(reduction)


def named_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """``reduction``, or what the old options say where they are given."""
    if size_average is not None or reduce is not None:
        return legacy_get_string(size_average, reduce)
    return reduction


def without_old_name(reduction: str) -> str:
    """``reduction``, which may have the old name of ``"mean"``, with a warning."""
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            stacklevel=level_of_caller(),
        )
        return "mean"
    return reduction
