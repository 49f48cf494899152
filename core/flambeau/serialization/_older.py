"""The format of PyTorch before 1.6: pickles one after the other, and behind them the elements of the storages.

Tensors are built before their elements are read, which are then put into their memory. There are no checksums: damage to
elements is not found. The format before that is :mod:`._oldest`.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections.abc import Callable
from typing import Any

from flambeau._tensor import from_array
from flambeau.backend.selection import find_place
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.storage import TypedStorage, UntypedStorage

from ._locations import Restore
from ._memories import check_reference, new_memory, swap_bytes
from ._pickling import dump, reference_id
from ._reader import fill
from ._rebuilding import bounded, checked_later
from ._settings import skips_data

__all__ = ["NO_CHECKPOINT", "load_older", "write_older"]

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

_SYSTEM = {
    "protocol_version": PROTOCOL,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": struct.calcsize("=h"), "int": struct.calcsize("=i"), "long": struct.calcsize("=l")},
}


def load_older(file: Any, restore: Restore, unpickle: Callable[..., Any], *, trusted: bool) -> Any:
    """What a file of the older format holds.

    Raises:
        EOFError: there is nothing to read.
        pickle.UnpicklingError: it begins with no pickle.
        RuntimeError: it is of another format, or it is damaged.
    """
    start, size = file.tell(), _size_left(file)
    if size == 0:
        raise EOFError("Ran out of input: the file is empty, or has been read to its end and needs seek(0)")
    end = start + size

    def part(storages: Callable[[Any], Any] = _no_storages) -> Any:
        return unpickle(file, end - file.tell(), storages)

    try:
        magic = part()
    except Exception as error:  # whatever a module that reads pickles makes of other bytes
        file.seek(start)
        beginning = bytes(file.read(64))
        if beginning.startswith(pickle.PROTO):
            raise
        raise pickle.UnpicklingError(_what_begins_with(beginning)) from error
    if not isinstance(magic, int) or magic != MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = part()
    if not isinstance(version, int) or version != PROTOCOL:
        raise RuntimeError(
            f"Invalid protocol version: {version if isinstance(version, int) else type(version).__name__}"
        )
    part()  # what the machine was like
    storages = _OlderStorages(restore, size)
    with bounded(size if not trusted else 1 << 62), checked_later():
        result = part(storages.load)
        keys = part()
        if not isinstance(keys, list):
            raise RuntimeError("the file has no list of its storages; corrupt file?")
        if not skips_data():
            for key in keys:
                storages.fill(key, file)
    return result


NO_CHECKPOINT = "the file is no checkpoint: it begins with"
"""What the error begins with if a file holds something else than what ``torch.save`` writes."""

_OTHERS = {
    b"version https://git-lfs": "a pointer of Git LFS, for which `git lfs pull` fetches the file",
    b"<": "a page of the web in the place of what was to be downloaded",
}
"""What files are that are often taken for checkpoints, by their first bytes."""


def _what_begins_with(beginning: bytes) -> str:
    other = next((f", {what}" for first, what in _OTHERS.items() if beginning.startswith(first)), "")
    return f"{NO_CHECKPOINT} {beginning[:16]!r}{other}; what torch.save writes is a zip archive or a pickle"


def _no_storages(reference: Any) -> Any:
    raise pickle.UnpicklingError("a storage stands where none can be")


def _size_left(file: Any) -> int:
    start = file.tell()
    file.seek(0, 2)
    size = file.tell() - start
    file.seek(start)
    return int(size)


class _OlderStorages:
    """The storages of a file: they are made when the pickle names them, and filled when it has been read."""

    def __init__(self, restore: Restore, room: int) -> None:
        self._restore = restore
        self._room = room
        self._made: dict[str, tuple[UntypedStorage, memoryview | None, DType, int]] = {}

    def load(self, reference: Any) -> TypedStorage:
        """The storage that a pickle names."""
        if isinstance(reference, tuple) and reference[:1] in (("module",), (b"module",)) and len(reference) == 4:
            return reference[1]  # type: ignore[no-any-return]  # a class, with its source
        kind, type, key, location, count = check_reference(reference, 6)
        if kind != "storage":
            raise pickle.UnpicklingError("only storages are written beside the pickle")
        if key not in self._made:
            self._made[key] = self._new(type.dtype, count, location)
        storage, _, dtype, made_count = self._made[key]
        if (dtype, made_count) != (type.dtype, count):
            raise RuntimeError(f"the storage {key[:40]} has two types or sizes; corrupt file?")
        if reference[5] is not None:
            raise RuntimeError(
                "the file has views of storages, as PyTorch wrote before 0.4: load it there and save it again"
            )
        return TypedStorage._wrapping(storage, dtype)

    def _new(self, dtype: DType, count: int, location: str) -> tuple[UntypedStorage, memoryview | None, DType, int]:
        size = count * dtype.itemsize
        self._room -= 0 if skips_data() else size
        if self._room < 0:
            raise RuntimeError("the storages are larger than the file; corrupt file?")
        type_ = find_place("cpu").type(dtype)
        memory, view = new_memory(type_, count)
        if view is None:
            memory = type_.kernels.full((count,), 0, dtype.name)
        else:
            view[:] = bytes(len(view))  # what is built before the elements are read looks at them
        storage = UntypedStorage._of(from_array(memory, type_))
        placed = self._restore(storage, location)
        return placed, view if placed is storage else None, dtype, count

    def fill(self, key: Any, file: Any) -> None:
        """Read the elements of a storage.

        Raises:
            RuntimeError: there are not as many as the pickle says, or there is no such storage.
        """
        if not isinstance(key, str) or key not in self._made:
            raise RuntimeError("the file has a storage that nothing lies in; corrupt file?")
        storage, view, dtype, count = self._made[key]
        header = bytearray(8)
        fill(file, memoryview(header))
        if int.from_bytes(header, "little") != count:
            raise RuntimeError(f"the storage {key[:40]} has another size than the pickle says; corrupt file?")
        content = memoryview(bytearray(count * dtype.itemsize)) if view is None else view
        fill(file, content)
        if sys.byteorder == "big":
            swap_bytes(content, dtype)
        if view is None and count:
            _write(storage, content, dtype)


def _write(storage: UntypedStorage, content: memoryview, dtype: DType) -> None:
    """Put bytes of the host into a storage on a device."""
    type_ = storage._place.type(dtype)
    target = storage.tensor(type_)
    target.copy_(from_array(type_.kernels.from_host(content, (len(content) // dtype.itemsize,), dtype.name), type_))


def write_older(obj: object, file: Any, module: Any, protocol: int) -> None:
    """Write an object in the older format."""
    for value in (MAGIC, PROTOCOL, _SYSTEM):
        module.dump(value, file, protocol=protocol)
    storages = dump(obj, file, module, protocol, lambda reference: (*reference_id(reference), None))
    counts = {key: stored.numel for key, stored in storages.items()}
    keys = sorted(counts)
    module.dump(keys, file, protocol=protocol)
    for key in keys:
        file.write(counts[key].to_bytes(8, "little"))
        file.write(storages[key].data)
