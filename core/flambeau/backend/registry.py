"""The registry: which backends and device types there are, and the backends that were loaded."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from flambeau import devices
from flambeau.errors import BackendConflictError, BackendError, BackendLoadError, UnknownBackendError

if TYPE_CHECKING:
    from .manager import BackendRegistration, PluginManager
    from .protocol import Backend

__all__ = [
    "available_backends", "device_types", "is_loaded", "load_backend", "name_serving", "plugin_manager", "set_threads",
]  # fmt: skip

_backends: dict[str, Backend] = {}
_threads: int | None = None
"""How many threads the program wants, if it has said so."""


@cache
def plugin_manager() -> PluginManager:
    """The process's plugin manager, imported when a backend is first wanted."""
    from . import manager  # for this only: with pluggy, it takes a fifth of what `import flambeau` does

    return manager.plugin_manager()


def available_backends() -> tuple[str, ...]:
    """The names of the registered backends; whether each one's device is present shows when it is used."""
    return tuple(entry.name for entry in plugin_manager().registrations if entry.fits)


def device_types() -> tuple[str, ...]:
    """The device types that registered backends serve."""
    return tuple(dict.fromkeys(entry.device_type for entry in plugin_manager().registrations))


def is_loaded(device_type: str) -> bool:
    """Whether a backend that serves a device type has been made."""
    return any(backend.device_type == device_type for backend in _backends.values())


def _lacking(device_type: str) -> str:
    return plugin_manager().failures_text(device_type)


devices.known_types = device_types
devices.lacking = _lacking


def load_backend(name: str) -> Backend:
    """The backend ``name``, made by its factory on the first call.

    Raises:
        UnknownBackendError: no plugin registers it.
        BackendLoadError: its factory failed, or made something that is no backend; the cause is chained, and the message
            says what it was.
    """
    found = _backends.get(name)
    if found is None:
        from .making import make  # with what is imported for it, a tenth of the package's import

        entry = _registration(name)
        failures = plugin_manager().record(entry.plugin).failures
        try:
            backend = make(entry)
        except BackendError as error:
            failures[name] = str(error)
            raise
        failures.pop(name, None)
        if _threads is not None:
            backend.set_num_threads(_threads)
        found = _backends.setdefault(name, backend)
    return found


def set_threads(threads: int) -> None:
    """Have all backends use so many threads, also those that are loaded later."""
    global _threads
    _threads = threads
    for backend in list(_backends.values()):
        backend.set_num_threads(threads)


def _registration(name: str) -> BackendRegistration:
    """The registration of the backend ``name``.

    Raises:
        UnknownBackendError: there is none; the message lists those there are and the plugins that failed.
        BackendLoadError: it was built for another version of the seam, or the plugin of that name is broken.
    """
    plugins = plugin_manager()
    for entry in plugins.registrations:
        if entry.name == name:
            if not entry.fits:
                raise _mismatch(entry)
            return entry
    for record in plugins.failures:
        if record.name == name:
            raise BackendLoadError(plugins.failure_text(record)) from record.error
    raise UnknownBackendError(
        f"unknown backend '{name}'; available: {', '.join(available_backends()) or 'none'}{plugins.failures_text(name)}"
    )


def _mismatch(entry: BackendRegistration) -> BackendLoadError:
    return BackendLoadError(plugin_manager().failure_text(plugin_manager().record(entry.plugin)))


def name_serving(device_type: str, chosen: Iterable[str]) -> str:
    """The name of the backend that serves ``device_type``: the first of ``chosen`` that claims it, or flambeau's own.

    Raises:
        BackendLoadError: only plugins that do not work claim it.
        UnknownBackendError: none claims it.
        BackendConflictError: several do, none of them flambeau's own, and none of them was chosen.
    """
    plugins = plugin_manager()
    entries = [entry for entry in plugins.registrations if entry.device_type == device_type]
    fitting = [entry.name for entry in entries if entry.fits]
    if len(fitting) == 1:
        return fitting[0]
    for name in chosen:
        if name in fitting:
            return name
    serving = plugins.serving(device_type)
    if len(serving) == 1:
        return serving[0].name
    if serving:
        raise BackendConflictError(plugins.conflict_text(serving[0]))
    if entries:
        raise _mismatch(entries[0])
    raise UnknownBackendError(
        f"no backend serves the device type '{device_type}'; available: "
        f"{', '.join(device_types()) or 'none'}{plugins.failures_text(device_type)}"
    )
