"""Where storages go when they are loaded: the tags of devices, what puts a storage on one, and ``map_location``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from flambeau import cuda, devices
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.storage import TypedStorage, UntypedStorage

__all__ = [
    "MapLocation", "Restore", "default_restore_location", "location_tag",
    "register_package", "restoring", "validate_cuda_device",
]  # fmt: skip

Storage: TypeAlias = UntypedStorage | TypedStorage
Tagger: TypeAlias = Callable[[Any], str | None]
Deserializer: TypeAlias = Callable[[Any, str], Any]
Restore: TypeAlias = Callable[[UntypedStorage, str], UntypedStorage]
MapLocation: TypeAlias = Callable[[UntypedStorage, str], Any] | Device | str | bytes | dict[str, str] | None

_packages: list[tuple[int, Tagger, Deserializer]] = []


def register_package(priority: int, tagger: Tagger, deserializer: Deserializer) -> None:
    """Say how storages of a kind are tagged when they are saved, and put where the tag says when they are loaded.

    Args:
        priority: those with lower numbers are asked first.
        tagger: takes a storage and gives its tag, or None.
        deserializer: takes a storage on the CPU and a tag, and gives the storage in its place, or None.

    Source of the semantics: ``torch.serialization.register_package``.
    """
    _packages.append((priority, tagger, deserializer))
    _packages.sort(key=lambda package: package[0])


def location_tag(storage: Storage) -> str:
    """The tag that a file gives to a storage, ``"cuda:0"``. Source of the semantics: ``torch.serialization.location_tag``.

    Raises:
        RuntimeError: no package knows it.
    """
    for _, tagger, _ in _packages:
        location = tagger(storage)
        if location:
            return location
    raise RuntimeError(f"don't know how to determine data location of {_name_of(storage)}")


def default_restore_location(storage: Any, location: str) -> Any:
    """A storage of the CPU where the tag says that it belongs.

    Source of the semantics: ``torch.serialization.default_restore_location``.

    Raises:
        RuntimeError: no package knows the tag, or the device is not there.
    """
    for _, _, deserializer in _packages:
        result = deserializer(storage, location)
        if result is not None:
            return result
    raise RuntimeError(
        f"don't know how to restore data location of {_name_of(storage)} (tagged with {location}); map_location says where to "
        "put it instead"
    )


def _name_of(storage: object) -> str:
    return f"torch.storage.{type(storage).__name__}"


def restoring(map_location: MapLocation) -> Restore:
    """What puts storages where ``map_location`` says: everywhere as the file says, to one device, by a table or a function."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(storage, map_location.get(location, location))
    if isinstance(map_location, (str, bytes, Device)):
        target = map_location.decode("ascii") if isinstance(map_location, bytes) else str(map_location)
        return lambda storage, location: default_restore_location(storage, target)
    return lambda storage, location: _asked(map_location, storage, location)


def _asked(
    map_location: Callable[[UntypedStorage, str], Any], storage: UntypedStorage, location: str
) -> UntypedStorage:
    result = map_location(storage, location)
    if result is None:
        return default_restore_location(storage, location)  # type: ignore[no-any-return]
    if not isinstance(result, (UntypedStorage, TypedStorage)):
        raise TypeError(f"map_location must return a storage or None, not {type(result).__name__}")
    return result.untyped()


def validate_cuda_device(location: str) -> int:
    """The index of the CUDA device that a tag names. Source of the semantics: ``torch.serialization.validate_cuda_device``.

    Raises:
        RuntimeError: it is not there, in PyTorch's words.
    """
    if not cuda.is_available():
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a "
            "CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
        )
    digits = location.removeprefix("cuda").removeprefix(":")
    index = int(digits) if digits else cuda.current_device()
    if index >= cuda.device_count():
        raise RuntimeError(
            f"Attempting to deserialize object on CUDA device {index} but torch.cuda.device_count() is {cuda.device_count()}. "
            "Please use torch.load with map_location to map your storages to an existing device."
        )
    return index


def _own_tag(storage: Storage) -> str | None:
    return str(storage.device)


def _to_cpu(storage: Any, location: str) -> Any:
    return storage if location == "cpu" else None


def _to_cuda(storage: Any, location: str) -> Any:
    if re.fullmatch(r"cuda(:?\d{1,9})?", location) is None:
        return None
    return storage.to(f"cuda:{validate_cuda_device(location)}")


def _to_other(storage: Any, location: str) -> Any:
    """A device that another backend plugin serves."""
    return storage.to(location) if location.partition(":")[0] in devices.known_types() else None


register_package(10, lambda storage: "cpu" if storage.device.type == "cpu" else None, _to_cpu)
register_package(20, lambda storage: _own_tag(storage) if storage.device.type == "cuda" else None, _to_cuda)
register_package(30, _own_tag, _to_other)
