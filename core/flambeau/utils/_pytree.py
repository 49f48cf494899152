"""Nested containers as a list of leaves and a structure that puts them back: tuples, lists, dictionaries, named tuples."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["LEAF", "Structure", "flatten", "leaves", "map_leaves", "spread_over"]


@dataclass(frozen=True)
class Structure:
    """A container without its leaves.

    Attributes:
        kind: the container's class, None for a leaf.
        keys: of a dictionary, its keys.
        children: the structures of its entries.
    """

    kind: Any
    keys: tuple[Any, ...] = ()
    children: tuple[Structure, ...] = ()

    def build(self, values: Sequence[Any]) -> Any:
        """The container with ``values`` for its leaves."""
        rest = iter(values)
        result = self._build(rest)
        assert next(rest, self) is self, "there are more values than leaves"
        return result

    def _build(self, values: Any) -> Any:
        if self.kind is None:
            return next(values)
        made = [child._build(values) for child in self.children]
        if issubclass(self.kind, dict):
            pairs = dict(zip(self.keys, made, strict=True))
            return OrderedDict(pairs) if issubclass(self.kind, OrderedDict) else pairs
        if hasattr(self.kind, "_fields"):
            return self.kind(*made)
        return self.kind(made)

    def __str__(self) -> str:
        if self.kind is None:
            return "*"
        entries = ", ".join(map(str, self.children))
        return f"{self.kind.__name__}({entries})"


LEAF = Structure(None)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of ``tree`` in order, and its structure."""
    found: list[Any] = []
    return found, _structure(tree, found)


def _structure(tree: Any, found: list[Any]) -> Structure:
    kind = type(tree)
    if kind in (dict, OrderedDict, defaultdict):
        return Structure(kind, tuple(tree), tuple(_structure(value, found) for value in tree.values()))
    if kind in (tuple, list) or (isinstance(tree, tuple) and hasattr(kind, "_fields")):
        return Structure(kind, (), tuple(_structure(value, found) for value in tree))
    found.append(tree)
    return LEAF


def leaves(tree: Any) -> list[Any]:
    """The leaves of ``tree`` in order."""
    return flatten(tree)[0]


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same containers with ``function(leaf)`` for each leaf."""
    values, structure = flatten(tree)
    return structure.build([function(value) for value in values])


def spread_over(prefix: Any, tree: Any) -> list[Any] | None:
    """For each leaf of ``tree``, the leaf of ``prefix`` above it; None if ``prefix`` is no prefix of ``tree``."""
    if isinstance(prefix, (tuple, list)) and type(tree) is type(prefix) and len(tree) == len(prefix):
        parts = [spread_over(one, part) for one, part in zip(prefix, tree, strict=True)]
    elif isinstance(prefix, dict) and isinstance(tree, dict) and prefix.keys() == tree.keys():
        parts = [spread_over(prefix[key], tree[key]) for key in tree]
    elif isinstance(prefix, (tuple, list, dict)):
        return None
    else:
        return [prefix] * len(leaves(tree))
    if any(part is None for part in parts):
        return None
    return [value for part in parts for value in part or ()]
