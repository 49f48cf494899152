"""The format of PyTorch before 0.2: a tar archive of storages, tensors and a pickle that names them by numbers.

It is read only where the file is trusted, as in PyTorch: it goes back to a time without other files.
"""

from __future__ import annotations

import pickle
import struct
import tarfile
from collections.abc import Callable
from typing import Any, TypeAlias

from flambeau._tensor import from_array
from flambeau.backend.selection import find_place
from flambeau.storage import TypedStorage, UntypedStorage

from ._locations import Restore
from ._memories import read_array
from ._reader import fill
from ._storage_types import StorageType

__all__ = ["is_tar", "load_tar"]

_Place: TypeAlias = tuple[TypedStorage, int]
"""A storage, and where in it one begins that is a part of it."""

_MAGIC = (257, b"ustar")
"""Where a tar archive says that it is one, and how."""


def is_tar(file: Any) -> bool:
    """Whether a file is a tar archive from its beginning, where it stands; it stands there afterwards."""
    if file.tell():
        return False
    file.seek(_MAGIC[0])
    word = file.read(len(_MAGIC[1]))
    file.seek(0)
    return bool(word == _MAGIC[1])


def load_tar(file: Any, restore: Restore, unpickle: Callable[..., Any]) -> Any:
    """What a file of the oldest format holds.

    Raises:
        RuntimeError: it is damaged, or no archive of PyTorch's.
    """
    with tarfile.open(fileobj=file, mode="r:") as archive:
        places = _storages(_member(archive, "storages"), restore, unpickle)
        objects = {key: storage for key, (storage, start) in places.items() if start == 0}
        objects |= _tensors(_member(archive, "tensors"), places, unpickle)

        def named(reference: Any) -> Any:
            if isinstance(reference, tuple):
                return reference[0]  # a class, with its source
            return _of(objects, int(reference))

        content, size = _member(archive, "pickle")
        return unpickle(content, size, named)


def _member(archive: tarfile.TarFile, name: str) -> tuple[Any, int]:
    """A part of the archive as a file, and its size."""
    try:
        content, size = archive.extractfile(name), archive.getmember(name).size
    except KeyError:
        content, size = None, 0
    if content is None:
        raise RuntimeError(f"the file is a tar archive without {name!r}, and no checkpoint of PyTorch's")
    return content, size


def _nothing(reference: Any) -> Any:
    raise pickle.UnpicklingError("a storage stands where none can be")


def _of(objects: dict[Any, Any], key: Any) -> Any:
    if key not in objects:
        raise RuntimeError(f"the file names the object {key!r}, which it does not have; corrupt file?")
    return objects[key]


def _storages(member: tuple[Any, int], restore: Restore, unpickle: Callable[..., Any]) -> dict[Any, _Place]:
    """The storages, each behind a pickle that says what it is, and those that are a part of another one."""
    file, size = member
    places: dict[Any, _Place] = {}
    for _ in range(unpickle(file, size, _nothing)):
        key, location, kind = unpickle(file, size, _nothing)
        places[key] = _storage(file, size, location, kind, restore), 0
    for key, root, offset, _ in unpickle(file, size, _nothing):
        places[key] = _of(places, root)[0], offset
    return places


def _storage(file: Any, size: int, location: str, kind: StorageType, restore: Restore) -> TypedStorage:
    (count,) = struct.unpack("<q", file.read(8))
    if not 0 <= count * kind.dtype.itemsize <= size - file.tell():
        raise RuntimeError("a storage is larger than the file; corrupt file?")
    type_ = find_place("cpu").type(kind.dtype)
    memory = read_array(type_, count, lambda view: fill(file, view))
    return TypedStorage._wrapping(restore(UntypedStorage._of(from_array(memory, type_)), location), kind.dtype)


def _tensors(member: tuple[Any, int], places: dict[Any, _Place], unpickle: Callable[..., Any]) -> dict[Any, Any]:
    """The tensors, each behind a pickle that says in which storage it lies."""
    file, size = member
    objects = {}
    for _ in range(unpickle(file, size, _nothing)):
        key, storage_key, _ = unpickle(file, size, _nothing)
        storage, start = _of(places, storage_key)
        dims, _ = struct.unpack("<ii", file.read(8))
        *numbers, offset = struct.unpack(f"<{2 * dims + 1}q", file.read(8 * (2 * dims + 1)))
        untyped = storage.untyped()
        type_ = untyped._place.type(storage.dtype)
        objects[key] = untyped.tensor(type_, start + offset, numbers[:dims], numbers[dims:])
    return objects
