"""Containers of samples with something done to what is in them: a new one of the same kind, as far as that can be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy
from typing import Any

__all__ = ["is_named_tuple", "mapping_like", "sequence_like"]


def is_named_tuple(value: Any) -> bool:
    """Whether it is a tuple whose entries have names."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def mapping_like(original: Mapping[Any, Any], make: Callable[[Any], Any]) -> Any:
    """A mapping of the type of the original with ``make(key)`` for each key; a dictionary if none can be filled.

    A mutable one is a copy: what else the original has is kept.
    """
    try:
        if not isinstance(original, MutableMapping):
            return type(original)({key: make(key) for key in original})  # type: ignore[call-arg]
        made = copy(original)
        made.update({key: make(key) for key in original})
    except TypeError:  # it cannot be copied, filled or made of a dictionary
        return {key: make(key) for key in original}
    return made


def sequence_like(original: Sequence[Any], entries: Callable[[], list[Any]]) -> Any:
    """A sequence of the type of the original with other entries; a list if none can be filled.

    A mutable one is a copy: what else the original has is kept.
    """
    try:
        if not isinstance(original, MutableSequence):
            return type(original)(entries())  # type: ignore[call-arg]
        made = copy(original)
        for place, entry in enumerate(entries()):
            made[place] = entry
    except TypeError:  # as `range`
        return entries()
    return made
