"""Domains: the dtypes for which an element-wise op takes its fast path, on which nothing is checked or converted.

Each name but ``"any"`` is an attribute of :class:`~flambeau.backend.types.TensorType`, which generated code reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from flambeau import dtypes
from flambeau.dtypes import FLOATING, INTEGRAL

__all__ = ["DOMAINS", "within"]


def _of(member: Callable[[dtypes.dtype], bool]) -> frozenset[dtypes.dtype]:
    return frozenset(filter(member, dtypes.ALL))


DOMAINS: Final = {
    "any": _of(lambda dtype: True),
    "numbers": _of(lambda dtype: dtype is not dtypes.bool),
    "reals": _of(lambda dtype: dtype.category <= FLOATING),
    "real_numbers": _of(lambda dtype: dtype is not dtypes.bool and dtype.category <= FLOATING),
    "floats": _of(lambda dtype: dtype.category >= FLOATING),
    "real_floats": _of(lambda dtype: dtype.category == FLOATING),
    "discrete": _of(lambda dtype: dtype.category <= INTEGRAL),
    "integers": _of(lambda dtype: dtype.category == INTEGRAL),
    "nothing": frozenset(),
}
"""The domains, each before those that lie in it."""


def within(domain: str, checks: Iterable[Callable[[Any], None]], also: Iterable[dtypes.dtype] = ()) -> str:
    """The first domain inside ``domain`` of which no check refuses a dtype; ``also`` must pass them wherever it is.

    Raises:
        ValueError: there is no such domain.
    """
    if domain not in DOMAINS:
        raise ValueError(f"there is no domain {domain!r}; the domains are {', '.join(DOMAINS)}")
    listed = tuple(checks)
    refused = {dtype for dtype in DOMAINS[domain].union(also) if any(_refuses(check, dtype) for check in listed)}
    if refused.intersection(also):
        return "nothing"
    return next(name for name, inside in DOMAINS.items() if inside <= DOMAINS[domain] and not inside & refused)


def _refuses(check: Callable[[Any], None], dtype: dtypes.dtype) -> bool:
    try:
        check(dtype)
    except Exception:  # of whatever class the op raises
        return True
    return False
