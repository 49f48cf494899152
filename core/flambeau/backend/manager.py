"""Plugins: loading them, and what became of each.

A plugin that cannot be imported, whose hooks fail, or that was built for another version of the seam never breaks
``import flambeau``, nor ends the process. Its failure is kept as a :class:`PluginRecord`, shown when one of its backends is
asked for and by ``python -m flambeau plugins``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from flambeau.devices import TYPE_PATTERN
from flambeau.version import __version__

from . import hookspecs
from .discovery import installed, module_of, new_record, sort_key
from .hookspecs import BackendContext
from .making import describe
from .protocol import API_VERSION, Backend
from .records import BackendRegistration, PluginRecord, attempt

__all__ = ["BackendContext", "BackendRegistration", "PluginManager", "PluginRecord", "plugin_manager"]

_CHOOSING = "flambeau.set_default_backend({0!r}), with flambeau.use_backend({0!r}) or FLAMBEAU_BACKEND={0}"


class PluginManager:
    """Loads plugins and keeps what each registers.

    Attributes:
        records: what became of each, in the order of loading: flambeau's own first.
        registrations: the backends that they registered.
    """

    def __init__(self, entry_points: Iterable[EntryPoint], unreadable: Iterable[PluginRecord] = ()) -> None:
        self.records: list[PluginRecord] = []
        self.registrations: list[BackendRegistration] = []
        self.hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self.hooks.add_hookspecs(hookspecs)
        for entry_point in sorted(entry_points, key=sort_key):
            self._load(entry_point)
        self.records += unreadable

    def _load(self, entry_point: EntryPoint) -> None:
        record = new_record(entry_point)
        taken = next((other for other in self.records if other.name == record.name), None)
        self.records.append(record)
        if taken is not None:
            record.fail("broken", f"the plugin name '{record.name}' is already taken by {taken.origin}")
            return
        error = attempt(lambda: self._register(entry_point, record))
        if error is not None:
            self._withdraw(record)
            record.fail("broken", describe(error), error)

    def _register(self, entry_point: EntryPoint, record: PluginRecord) -> None:
        self.hooks.register(importlib.import_module(module_of(entry_point)), name=record.name)
        self.hooks.check_pending()
        if not self.hooks.get_hookcallers(self.hooks.get_plugin(record.name)):
            raise TypeError(
                f"the module '{record.module}' has no hook: mark its functions with flambeau.backend.hookimpl"
            )
        self._call("flambeau_register_backends", record.name, _Registering(record, self))

    def _withdraw(self, record: PluginRecord) -> None:
        if self.hooks.has_plugin(record.name):
            self.hooks.unregister(name=record.name)
        self.registrations = [entry for entry in self.registrations if entry.plugin != record.name]
        record.backends.clear()

    def _call(self, hook: str, plugin: str, context: Any) -> None:
        others = [entry for name, entry in self.hooks.list_name_plugin() if name != plugin and entry is not None]
        self.hooks.subset_hook_caller(hook, remove_plugins=others)(context=context)

    def call_each(self, hook: str, context_of: Callable[[PluginRecord], Any]) -> None:
        """Call ``hook`` of every plugin that was loaded, with a context of its own; what one raises is its failure."""
        for record in self.records:
            if self.hooks.has_plugin(record.name):
                error = attempt(lambda record=record: self._call(hook, record.name, context_of(record)))  # type: ignore[misc]
                if error is not None and record.state == "ok":
                    record.fail("broken", f"its hook {hook} raised {describe(error)}", error)

    def record(self, name: str) -> PluginRecord:
        """The record of the plugin called ``name``."""
        return next(record for record in self.records if record.name == name)

    @property
    def failures(self) -> list[PluginRecord]:
        """The plugins that do not work."""
        return [record for record in self.records if record.state != "ok"]

    def failures_text(self, wanted: str) -> str:
        """What to add to the error for a name that is not there: which broken plugins could have provided it."""
        namesakes = [record for record in self.failures if wanted in (record.name, *record.backends)]
        namesakes = namesakes or [record for record in self.failures if wanted.lower() in record.distribution.lower()]
        return "".join(f". Note that {self.failure_text(record)}" for record in namesakes or self.failures)

    def failure_text(self, record: PluginRecord) -> str:
        """That a plugin does not work, why, and what repairs it."""
        return f"the plugin '{record.name}' ({record.origin}) does not work: {record.cause}. To repair: {record.repair}"

    def serving(self, device_type: str) -> list[BackendRegistration]:
        """The backends that may serve a device type when none was chosen: those of flambeau itself, or else all."""
        claims = [entry for entry in self.registrations if entry.device_type == device_type and entry.fits]
        return [entry for entry in claims if entry.shipped] or claims

    def conflicts(self, record: PluginRecord) -> list[str]:
        """What the backends of a plugin claim that others claim too, and how to choose."""
        return [
            self.conflict_text(entry)
            for entry in self.registrations
            if entry.plugin == record.name and entry.fits and self.serving(entry.device_type) != [entry]
        ]

    def conflict_text(self, entry: BackendRegistration) -> str:
        """That a device type is claimed twice, and how to choose ``entry``."""
        serving = self.serving(entry.device_type)
        names = ", ".join(other.name for other in serving)
        if entry in serving:
            return (
                f"the device type '{entry.device_type}' is claimed by several backends: {names}. "
                f"Choose one with {_CHOOSING.format(entry.name)}"
            )
        return (
            f"the device type '{entry.device_type}' of its backend '{entry.name}' is served by flambeau's '{names}', "
            f"unless '{entry.name}' is chosen with {_CHOOSING.format(entry.name)}"
        )


class _Registering:
    """The :class:`BackendContext` of one plugin."""

    def __init__(self, record: PluginRecord, manager: PluginManager) -> None:
        self._record = record
        self._manager = manager

    def register(self, name: str, *, device_type: str, api_version: int, factory: Callable[[], Backend]) -> None:
        _check_registration(name, device_type, api_version, factory)
        self._check_name(name)
        record = self._record
        registration = BackendRegistration(name, device_type, api_version, factory, record.name, record.shipped)
        record.backends.append(name)
        record.api_version = api_version
        self._manager.registrations.append(registration)
        if not registration.fits:
            record.fail(
                "version mismatch",
                f"'{name}' of {record.origin} was built for version {api_version} "
                f"of flambeau's backend API; the installed flambeau {__version__} has version {API_VERSION}",
            )

    def _check_name(self, name: str) -> None:
        """Refuse a name that another plugin has, or that a plugin of flambeau would have if it worked."""
        others = [other for other in self._manager.records if other.shipped and other is not self._record]
        taken = [entry.plugin for entry in self._manager.registrations if entry.name == name]
        taken += [other.name for other in others if other.name == name]
        if taken:
            raise ValueError(f"the backend name '{name}' is already taken by the plugin '{taken[0]}'")


def _check_registration(name: object, device_type: object, api_version: object, factory: object) -> None:
    if not isinstance(name, str) or not name:
        raise TypeError(f"the name of a backend must be a str, not {name!r}")
    if not isinstance(device_type, str) or not re.fullmatch(TYPE_PATTERN, device_type):
        raise ValueError(
            f"the device type of the backend '{name}' must be a word of letters, digits, '_' and '-' that begins with a "
            f"letter (got {device_type!r})"
        )
    if not isinstance(api_version, int):
        raise TypeError(f"the api_version of the backend '{name}' must be an int, not {api_version!r}")
    if not callable(factory):
        raise TypeError(f"the factory of the backend '{name}' must be callable, not {factory!r}")


@cache
def plugin_manager() -> PluginManager:
    """The process's plugin manager; plugins are found on the first call."""
    return PluginManager(*installed())
