"""What generated cases leave out: the patterns in ``generated.toml``, each with its reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase, translate
from functools import cache
from pathlib import Path

__all__ = ["left_out", "reasons", "without_effect"]

_FILE = Path(__file__).with_name("generated.toml")


@cache
def reasons() -> dict[str, str]:
    """The reasons by pattern of addresses."""
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))["left_out"]
    return {pattern: entry["reason"] for entry in entries for pattern in entry["patterns"]}


@cache
def _of_op(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns whose first part fits an op's name."""
    return tuple(re.compile(translate(pattern)) for pattern in reasons() if fnmatchcase(name, pattern.split("/")[0]))


def left_out(address: str) -> bool:
    """Whether there is no generated case of an address."""
    return any(pattern.match(address) for pattern in _of_op(address.split("/")[0]))


def without_effect(addresses: Iterable[str]) -> list[str]:
    """The patterns that fit none of all the addresses that there could be."""
    unmet = {pattern: re.compile(translate(pattern)) for pattern in reasons()}
    for address in addresses:
        for pattern in [pattern for pattern, compiled in unmet.items() if compiled.match(address)]:
            del unmet[pattern]
    return sorted(unmet)
