"""Selection: from a device string to a device of a loaded backend.

A device type is served by the backend that registered it. Where several registered one, the backend that was
chosen serves it: by ``with use_backend(...)`` (innermost first), by :func:`set_default_backend`, or by the
environment variable ``FLAMBEAU_BACKEND``; where none was, the one that comes with flambeau. The same choice says
where factories put tensors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from flambeau import devices
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import BackendError, BackendLoadError

from .registry import available_backends, device_types, load_backend, name_serving, set_threads
from .types import Place

if TYPE_CHECKING:
    from .protocol import Backend

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
    "set_num_threads",
    "use_backend",
]

ENVIRONMENT_VARIABLE = "FLAMBEAU_BACKEND"
FALLBACK_DEVICE_TYPE = "cpu"

_in_use: ContextVar[tuple[str | Device, ...]] = ContextVar("flambeau_backends", default=())
"""What ``with`` blocks have chosen, the innermost last: backends by their names, or devices."""

_default_backend: str | None = None
_default_device: Device | None = None
_places: dict[tuple[str, int], Place] = {}

_cpus: dict[tuple[str | Device, ...], Place] = {}
"""What "cpu" means, by what ``with`` blocks have chosen: kept until another backend is the default."""

_defaults: dict[tuple[str | Device, ...], Place] = {}
"""Where tensors are made, by what ``with`` blocks have chosen: kept until there is another default.

Every factory asks for it. To read the environment alone takes as long as to make a small tensor, so what it says holds
from the first tensor on.
"""


def _chosen() -> Iterator[str]:
    """The names of backends that were chosen, strongest first."""
    yield from (chosen for chosen in reversed(_in_use.get()) if isinstance(chosen, str))
    if _default_backend is not None:
        yield _default_backend
    from_environment = os.environ.get(ENVIRONMENT_VARIABLE)
    if from_environment:
        yield from_environment


def find_place(device: Device | str | int | None) -> Place:
    """The device of a loaded backend that ``device`` names; None names the default.

    Raises:
        RuntimeError: the device string is malformed or unknown, its backend cannot be loaded, or it has no such
            device.
    """
    if device is None:
        return default_place()
    if device.__class__ is str and device == FALLBACK_DEVICE_TYPE:
        kind, index = device, None
    else:
        if not isinstance(device, Device):
            device = Device(device)
        kind, index = device.type, device.index
    cpu = kind == FALLBACK_DEVICE_TYPE and not index
    if cpu and (place := _cpus.get(_in_use.get())) is not None:
        return place
    backend = load_backend(name_serving(kind, _chosen()))
    place = _place(backend, index)
    if cpu and _has_one_current_device(backend):
        _cpus[_in_use.get()] = place
    return place


def _has_one_current_device(backend: Backend) -> bool:
    """Whether a device without an index is always the same."""
    from .protocol import Backend  # no backend is made without it

    return type(backend).current_device is Backend.current_device


def _place(backend: Backend, index: int | None) -> Place:
    if index is None:
        index = backend.current_device()
    place = _places.get((backend.name, index))
    if place is None:
        place = _places.setdefault((backend.name, index), _make_place(backend, index))
    return place


def _make_place(backend: Backend, index: int) -> Place:
    from .making import loading  # a backend has been made by then, and the module is there

    with loading(backend.name):
        count = backend.device_count()
        if not hasattr(count, "__index__") or count < 0:
            raise BackendLoadError(
                f"backend '{backend.name}' cannot be used: its device_count() gave {count!r}; expected how many devices there are"
            )
        if not 0 <= index < count:
            raise BackendError(
                f"invalid device index {index}: backend '{backend.name}' has {count} device(s) of type "
                f"'{backend.device_type}'"
            )
        # PyTorch's CPU tensors say device(type='cpu'), without an index.
        shown = None if backend.device_type == FALLBACK_DEVICE_TYPE else index
        return Place(backend, Device(backend.device_type, shown), index)


def set_num_threads(threads: int) -> None:
    """Have all backends use so many threads, and core the kernels that they have for it."""
    set_threads(threads)
    for place in set(_places.values()):
        place.renew_kernels()


def default_place() -> Place:
    """Where factories put tensors when no device is given."""
    chosen = _in_use.get()
    return _defaults.get(chosen) or _default_place(chosen)


def _default_place(chosen: tuple[str | Device, ...]) -> Place:
    """Where factories put tensors where blocks have chosen these; kept, unless the device may change."""
    last = chosen[-1] if chosen else _default_device or _default_backend or os.environ.get(ENVIRONMENT_VARIABLE)
    if isinstance(last, Device):
        place = find_place(last)
    else:
        place = _place(load_backend(last or name_serving(FALLBACK_DEVICE_TYPE, ())), None)
    if _has_one_current_device(place.backend):
        _defaults[chosen] = place
    return place


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
    _cpus.clear()
    _defaults.clear()


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


def _enter(device: Device) -> None:
    find_place(device)
    _in_use.set((*_in_use.get(), device))


def _leave() -> None:
    _in_use.set(_in_use.get()[:-1])


devices.enter, devices.leave = _enter, _leave


def set_default_device(device: Any) -> None:
    """Make factories put tensors on ``device``; None restores the start. Source: ``torch.set_default_device``.

    A type without a number means its current device, whichever that is when a tensor is made.

    Raises:
        RuntimeError: there is no such device; PyTorch raises it where the first tensor is made.

    Example:
        >>> import flambeau as torch
        >>> torch.set_default_device("cpu")
        >>> torch.get_default_device()
        device(type='cpu')
        >>> torch.set_default_device(None)
    """
    global _default_device
    if device is not None:
        device = device if isinstance(device, Device) else Device(device)
        find_place(device)
    _default_device = device
    _defaults.clear()


def get_default_device() -> Device:
    """The device on which factories put tensors. Source of the semantics: ``torch.get_default_device``.

    Example:
        >>> import flambeau as torch
        >>> with torch.device("cpu"):
        ...     torch.get_default_device()
        device(type='cpu')
    """
    return default_place().device
