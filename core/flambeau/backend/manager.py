"""Plugins: finding, loading and reporting them.

A plugin that cannot be imported, whose hooks fail, or that was built for another version of the seam never breaks
``import flambeau``. Its failure is kept as a :class:`PluginRecord`, shown when one of its backends is asked for and
by ``python -m flambeau plugins``.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import pluggy

from . import hookspecs
from .protocol import API_VERSION, Backend

__all__ = ["BackendContext", "BackendRegistration", "PluginManager", "PluginRecord", "plugin_manager"]

GROUP = "flambeau"


@dataclass(frozen=True)
class BackendRegistration:
    """One backend, as its plugin registered it; nothing of it has been imported yet.

    Attributes:
        name: how it is selected.
        device_type: the type of its device strings.
        api_version: the version of the seam it was built for.
        factory: makes the backend, on first use.
        plugin: the entry point it came from.
    """

    name: str
    device_type: str
    api_version: int
    factory: Callable[[], Backend]
    plugin: str

    @property
    def fits(self) -> bool:
        """Whether it was built for this version of the seam."""
        return self.api_version == API_VERSION


@dataclass
class PluginRecord:
    """What became of one plugin.

    Attributes:
        name: the entry point's name.
        module: the module that it names.
        distribution, version: where it is installed from.
        api_version: the version of the seam that it was built for, if it said so.
        state: ``"ok"``, ``"broken"`` or ``"version mismatch"``.
        backends: the names of the backends that it registers.
        cause: why it does not work.
        repair: the command that repairs it.
    """

    name: str
    module: str
    distribution: str
    version: str
    api_version: int | None = None
    state: str = "ok"
    backends: list[str] = field(default_factory=list)
    cause: str = ""
    repair: str = ""
    error: BaseException | None = field(default=None, repr=False)

    def fail(self, state: str, cause: str, error: BaseException | None = None) -> None:
        """Note that the plugin does not work, and the pip line that repairs it."""
        self.state, self.cause, self.error = state, cause, error
        packages = " ".join(dict.fromkeys(("flambeau", self.distribution)))
        self.repair = f"pip install --upgrade --force-reinstall {packages}"

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data, for JSON."""
        data = asdict(self)
        del data["error"]
        return data


class BackendContext:
    """What the hook ``flambeau_register_backends`` is given."""

    def __init__(self, record: PluginRecord, registrations: list[BackendRegistration]) -> None:
        self._record = record
        self._registrations = registrations

    def register(self, name: str, *, device_type: str, api_version: int, factory: Callable[[], Backend]) -> None:
        """Register the backend ``name``, which ``factory`` makes on first use.

        ``api_version`` is the :data:`flambeau.backend.API_VERSION` that the backend was built for, written as a
        number. A backend built for another version is reported and refused when asked for.
        """
        registration = BackendRegistration(name, device_type, api_version, factory, self._record.name)
        taken = next((other for other in self._registrations if other.name == name), None)
        if taken is not None:
            raise ValueError(f"the backend name '{name}' is already taken by the plugin '{taken.plugin}'")
        self._record.backends.append(name)
        self._record.api_version = api_version
        self._registrations.append(registration)
        if not registration.fits:
            self._record.fail(
                "version mismatch",
                f"'{name}' of {self._record.distribution} {self._record.version} was built for version {api_version} "
                f"of flambeau's backend API; the installed flambeau {_own_version()} has version {API_VERSION}",
            )


def _own_version() -> str:
    from ..version import __version__

    return __version__


class PluginManager:
    """Finds the plugins of the entry-point group ``flambeau`` and keeps what each registers."""

    def __init__(self, entry_points: Iterable[importlib.metadata.EntryPoint]) -> None:
        self.records: list[PluginRecord] = []
        self.registrations: list[BackendRegistration] = []
        self.hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self.hooks.add_hookspecs(hookspecs)
        for entry_point in entry_points:
            self._load(entry_point)

    def _load(self, entry_point: importlib.metadata.EntryPoint) -> None:
        distribution = entry_point.dist
        record = PluginRecord(
            entry_point.name,
            entry_point.value,
            distribution.name if distribution else "unknown",
            distribution.version if distribution else "unknown",
        )
        self.records.append(record)
        try:
            plugin = entry_point.load()
            self.hooks.register(plugin, name=entry_point.name)
            self.hooks.check_pending()
            self.call("flambeau_register_backends", record.name, BackendContext(record, self.registrations))
        except Exception as error:  # whatever a stranger's module raises is reported, not propagated
            if self.hooks.has_plugin(entry_point.name):
                self.hooks.unregister(name=entry_point.name)
            self.registrations = [entry for entry in self.registrations if entry.plugin != record.name]
            record.fail("broken", f"{type(error).__name__}: {error}", error)

    def call(self, hook: str, plugin: str, context: Any) -> None:
        """Call ``hook`` of one plugin only."""
        others = [entry for name, entry in self.hooks.list_name_plugin() if name != plugin and entry is not None]
        self.hooks.subset_hook_caller(hook, remove_plugins=others)(context=context)

    def record(self, name: str) -> PluginRecord:
        """The record of the plugin called ``name``."""
        return next(record for record in self.records if record.name == name)

    @property
    def failures(self) -> list[PluginRecord]:
        """The plugins that do not work."""
        return [record for record in self.records if record.state != "ok"]


@cache
def plugin_manager() -> PluginManager:
    """The process's plugin manager; plugins are found on the first call."""
    return PluginManager(_sorted(importlib.metadata.entry_points(group=GROUP)))


def _sorted(entry_points: Iterable[importlib.metadata.EntryPoint]) -> list[importlib.metadata.EntryPoint]:
    # The same distribution can be found twice on a path (an editable install beside a build): one entry each.
    unique = {(entry.name, entry.value): entry for entry in entry_points}
    return sorted(unique.values(), key=lambda entry: entry.name)
