"""Refusals of what a device finds, which come when it is waited for: none of them is of a call that was refused at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

__all__ = ["held_back", "refuse_later"]


class _Held(threading.local):
    refusals: list[Callable[[], None]] | None = None
    """Those of the call that is looked at, which nobody knows yet whether it is refused at once."""


_held = _Held()


def refuse_later(type_: Any, low: Any, high: Any, first: int, stop: int, refusal: Callable[[int], Exception]) -> None:
    """Give the backend the ends of what an operation was given; see :meth:`flambeau.backend.Backend.refuse_later`."""
    given = partial(type_.backend.refuse_later, low, high, first, stop, refusal)
    if _held.refusals is None:
        given()
    else:
        _held.refusals.append(given)


def held_back(tensor: Any) -> AbstractContextManager[None]:
    """A block that looks at arguments when kernels have been given some of them: where it raises, nothing is refused later.

    It stands where results are looked at, before they are written to what was given. Everywhere else arguments are looked
    at first, and what a device finds of them last. ``tensor`` is one of those that it is about: of most backends nothing is
    refused later.
    """
    return _until_known() if not tensor._sparse and tensor._type.backend.asynchronous else _AT_ONCE


_AT_ONCE = nullcontext()


@contextmanager
def _until_known() -> Iterator[None]:
    outer, _held.refusals = _held.refusals, []
    try:
        yield
    except BaseException:
        _held.refusals = outer
        raise
    found, _held.refusals = _held.refusals, outer
    if outer is None:
        for give in found:
            give()
    else:
        outer += found
