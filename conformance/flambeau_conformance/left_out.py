"""What generated cases leave out: the patterns in ``generated.toml``, each with its reason."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

__all__ = ["left_out", "reasons"]

_FILE = Path(__file__).with_name("generated.toml")


@cache
def reasons() -> dict[str, str]:
    """The reasons by pattern of addresses."""
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))["left_out"]
    return {pattern: entry["reason"] for entry in entries for pattern in entry["patterns"]}


@cache
def _by_op() -> dict[str, list[str]]:
    """The patterns by the op that they name; those that name several, under ``"*"``."""
    found: dict[str, list[str]] = {}
    for pattern in reasons():
        name = pattern.split("/")[0]
        found.setdefault("*" if set(name) & set("*?[") else name, []).append(pattern)
    return found


def left_out(address: str) -> bool:
    """Whether there is no generated case of an address."""
    patterns = _by_op()
    name = address.split("/")[0]
    return any(fnmatchcase(address, pattern) for pattern in (*patterns.get(name, ()), *patterns.get("*", ())))
