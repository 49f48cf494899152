"""Discovery: the entry points of the group ``flambeau`` among the installed distributions.

``importlib.metadata.entry_points()`` reads the files of all distributions and fails at the first that is malformed, so that
anybody's broken file would take away every backend. Here only the distributions that name the group are read, and one
that cannot be read is a plugin that does not work.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

from .making import describe
from .records import UNKNOWN, PluginRecord

__all__ = ["GROUP", "SHIPPED_BY", "installed", "module_of", "new_record", "sort_key"]

GROUP = "flambeau"

SHIPPED_BY = "flambeau"
"""The distribution whose plugins are flambeau's own, by which a program that chooses no backend is served: their names and
device types cannot be taken over by another's."""

_FILE = "entry_points.txt"
_MODULE = re.compile(r"\s*(\w+(?:\.\w+)*)\s*(?:\[.*\])?\s*")


def installed() -> tuple[list[EntryPoint], list[PluginRecord]]:
    """The entry points of all plugins; and a record each for distributions whose entry points cannot be read."""
    found: dict[tuple[str, str], EntryPoint] = {}
    unreadable: list[PluginRecord] = []
    seen: set[str] = set()
    for distribution in filter(_has_plugins, distributions()):
        name, version = _identity(distribution)
        if name != UNKNOWN and _normal(name) in seen:
            continue  # installed twice (an editable install beside a build): the first on the path counts
        seen.add(_normal(name))
        try:
            entries = [entry for entry in distribution.entry_points if entry.group == GROUP]
        except Exception as error:  # in Python 3.11 a line without "=" is a TypeError
            unreadable.append(PluginRecord(name, "", name, version))
            unreadable[-1].fail("broken", f"its file {_FILE} is malformed ({describe(error)})", error)
            continue
        for entry in sorted(entries, key=sort_key):
            found.setdefault((entry.name, entry.value), entry)
    return list(found.values()), unreadable


def _has_plugins(distribution: Distribution) -> bool:
    try:
        text = distribution.read_text(_FILE) or ""
    except UnicodeDecodeError as error:
        text = error.object.decode(errors="replace")
    return f"[{GROUP}]" in text


def new_record(entry: EntryPoint) -> PluginRecord:
    """The record of a plugin that is about to be loaded."""
    name, version = _identity(entry.dist)
    return PluginRecord(entry.name, entry.value, name, version, shipped=_normal(name) == SHIPPED_BY)


def sort_key(entry: EntryPoint) -> tuple[bool, str, str]:
    """The order of loading: flambeau's own plugins first, so that no other can take what is theirs."""
    record = new_record(entry)
    return not record.shipped, record.name, record.distribution


def module_of(entry: EntryPoint) -> str:
    """The module that an entry point names.

    Raises:
        ValueError: it names none.
    """
    match = _MODULE.fullmatch(entry.value)
    if match is None or not entry.name:
        raise ValueError(
            f"the entry point {f'{entry.name} = {entry.value}'!r} is malformed; expected the name of a module, "
            f"as in '{entry.name or 'mine'} = package.plugin'"
        )
    return match[1]


def _identity(distribution: Distribution | None) -> tuple[str, str]:
    """The name and version of a distribution; where its METADATA lacks them, those in the name of its folder."""
    if distribution is None:
        return UNKNOWN, UNKNOWN
    try:
        name, version = (distribution.metadata[key] for key in ("Name", "Version"))
    except Exception:  # it is missing, or no text
        name = version = ""
    parts = [*Path(getattr(distribution, "_path", "")).stem.split("-"), "", ""]
    return name or parts[0] or UNKNOWN, version or parts[1] or UNKNOWN


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
