"""Selection: from a device string to a loaded backend.

A device type is served by the backend that registered it. Where several registered one, the backend that was
chosen serves it: by ``with use_backend(...)`` (innermost first), by :func:`set_default_backend`, or by the
environment variable ``FLAMBEAU_BACKEND``. The same choice says where factories put tensors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import BackendConflictError, BackendError, BackendLoadError, UnknownBackendError
from .protocol import API_VERSION, Backend

if TYPE_CHECKING:
    from ..devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
    from .manager import BackendRegistration, PluginManager, PluginRecord
    from .types import Place

__all__ = [
    "available_backends",
    "default_place",
    "device_types",
    "find_place",
    "get_default_backend",
    "get_default_device",
    "load_backend",
    "set_default_backend",
    "set_default_device",
    "use_backend",
]

ENVIRONMENT_VARIABLE = "FLAMBEAU_BACKEND"
FALLBACK_DEVICE_TYPE = "cpu"

_in_use: ContextVar[tuple[str, ...]] = ContextVar("flambeau_backends", default=())
_default_backend: str | None = None
_default_device: Device | None = None
_backends: dict[str, Backend] = {}
_places: dict[tuple[str, int], Place] = {}


@cache
def plugin_manager() -> PluginManager:
    """The process's plugin manager, imported when a backend is first wanted: that takes a fifth of ``import flambeau``."""
    from . import manager

    return manager.plugin_manager()


def available_backends() -> tuple[str, ...]:
    """The names of the registered backends; whether each one's device is present shows when it is used."""
    return tuple(entry.name for entry in plugin_manager().registrations if entry.fits)


def device_types() -> tuple[str, ...]:
    """The device types that registered backends serve."""
    return tuple(dict.fromkeys(entry.device_type for entry in plugin_manager().registrations))


def _registration(name: str) -> BackendRegistration:
    """The registration of the backend ``name``.

    Raises:
        UnknownBackendError: there is none; the message lists those there are and the plugins that failed.
        BackendLoadError: it was built for another version of the seam.
    """
    for entry in plugin_manager().registrations:
        if entry.name == name:
            if not entry.fits:
                raise _mismatch(plugin_manager().record(entry.plugin))
            return entry
    for record in plugin_manager().failures:
        if record.name == name:
            raise BackendLoadError(_failure_text(record)) from record.error
    raise UnknownBackendError(
        f"unknown backend '{name}'; available: {', '.join(available_backends()) or 'none'}{_failures_text()}"
    )


def _mismatch(record: PluginRecord) -> BackendLoadError:
    return BackendLoadError(_failure_text(record))


def _failure_text(record: PluginRecord) -> str:
    where = f"{record.distribution} {record.version}"
    return f"the plugin '{record.name}' ({where}) does not work: {record.cause}. To repair: {record.repair}"


def _failures_text() -> str:
    return "".join(f". Note that {_failure_text(record)}" for record in plugin_manager().failures)


def load_backend(name: str) -> Backend:
    """The backend ``name``, made by its factory on the first call.

    Raises:
        UnknownBackendError: no plugin registers it.
        BackendLoadError: its factory failed; the cause is chained, and the message says what it was.
    """
    found = _backends.get(name)
    if found is None:
        entry = _registration(name)
        try:
            backend = entry.factory()
        except BackendError:
            raise
        except Exception as error:
            raise BackendLoadError(f"backend '{name}' could not be loaded: {type(error).__name__}: {error}") from error
        if backend.api_version != API_VERSION:
            raise BackendLoadError(
                f"backend '{name}' says that it implements version {backend.api_version} of the backend API; "
                f"this flambeau has version {API_VERSION}"
            )
        found = _backends.setdefault(name, backend)
    return found


def _chosen() -> Iterator[str]:
    """The names of backends that were chosen, strongest first."""
    yield from reversed(_in_use.get())
    if _default_backend is not None:
        yield _default_backend
    from_environment = os.environ.get(ENVIRONMENT_VARIABLE)
    if from_environment:
        yield from_environment


def _backend_name_of(device_type: str) -> str:
    """The name of the backend that serves ``device_type``.

    Raises:
        BackendLoadError: only plugins that do not work claim it.
        UnknownBackendError: none claims it.
        BackendConflictError: several do, and none of them was chosen.
    """
    entries = [entry for entry in plugin_manager().registrations if entry.device_type == device_type]
    fitting = [entry.name for entry in entries if entry.fits]
    if len(fitting) == 1:
        return fitting[0]
    for name in _chosen():
        if name in fitting:
            return name
    if fitting:
        raise BackendConflictError(
            f"the device type '{device_type}' is claimed by several backends: {', '.join(fitting)}. Choose one with "
            f"flambeau.set_default_backend({fitting[0]!r}), with flambeau.use_backend({fitting[0]!r}) or "
            f"{ENVIRONMENT_VARIABLE}={fitting[0]}"
        )
    if entries:
        raise _mismatch(plugin_manager().record(entries[0].plugin))
    raise UnknownBackendError(
        f"no backend serves the device type '{device_type}'; available: "
        f"{', '.join(device_types()) or 'none'}{_failures_text()}"
    )


def find_place(device: Device | str | int | None) -> Place:
    """The device of a loaded backend that ``device`` names; None names the default.

    Raises:
        RuntimeError: the device string is malformed or unknown, its backend cannot be loaded, or it has no such
            device.
    """
    from ..devices import device as device_class

    if device is None:
        return default_place()
    if not isinstance(device, device_class):
        device = device_class(device)
    backend = load_backend(_backend_name_of(device.type))
    return _place(backend, device.index)


def _place(backend: Backend, index: int | None) -> Place:
    if index is None:
        index = backend.current_device()
    place = _places.get((backend.name, index))
    if place is None:
        place = _places.setdefault((backend.name, index), _make_place(backend, index))
    return place


def _make_place(backend: Backend, index: int) -> Place:
    from ..devices import device as device_class
    from .types import Place

    count = backend.device_count()
    if not 0 <= index < count:
        raise BackendError(
            f"invalid device index {index}: backend '{backend.name}' has {count} device(s) of type '{backend.device_type}'"
        )
    # PyTorch's CPU tensors say device(type='cpu'), without an index.
    shown = None if backend.device_type == FALLBACK_DEVICE_TYPE else index
    return Place(backend, device_class(backend.device_type, shown), index)


def default_place() -> Place:
    """Where factories put tensors when no device is given."""
    in_use = _in_use.get()
    if in_use:
        return _place(load_backend(in_use[-1]), None)
    if _default_device is not None:
        return find_place(_default_device)
    for name in _chosen():
        return _place(load_backend(name), None)
    return _place(load_backend(_backend_name_of(FALLBACK_DEVICE_TYPE)), None)


def get_default_backend() -> str:
    """The name of the backend that factories use when no device is given."""
    return default_place().backend.name


def set_default_backend(name: str | None) -> None:
    """Make factories put tensors on the backend ``name``, and make it serve the device type that it claims.

    None restores the start: ``FLAMBEAU_BACKEND``, or the backend of the CPU.

    Raises:
        UnknownBackendError, BackendLoadError: it cannot be had; nothing is changed then.

    Example:
        >>> import flambeau as torch
        >>> torch.set_default_backend("numpy")
        >>> torch.get_default_backend()
        'numpy'
        >>> torch.set_default_backend(None)
    """
    global _default_backend
    if name is not None:
        load_backend(name)
    _default_backend = name


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Choose the backend ``name`` inside the ``with`` block, for this thread or task only.

    Raises:
        UnknownBackendError, BackendLoadError: it cannot be had.

    Example:
        >>> import flambeau as torch
        >>> with torch.use_backend("numpy"):
        ...     torch.zeros(2).device
        device(type='cpu')
    """
    load_backend(name)
    token = _in_use.set((*_in_use.get(), name))
    try:
        yield
    finally:
        _in_use.reset(token)


def set_default_device(device: Any) -> None:
    """Make factories put tensors on ``device``; None restores the start. Source: ``torch.set_default_device``."""
    global _default_device
    _default_device = None if device is None else find_place(device).device


def get_default_device() -> Device:
    """The device on which factories put tensors. Source of the semantics: ``torch.get_default_device``."""
    return default_place().device
