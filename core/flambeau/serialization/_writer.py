"""Writes an archive, record after record, as PyTorch writes its own: the same bytes for the same records."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from ._checksums import Checksum, Checksums
from ._zip import (
    ALIGNMENT,
    CENTRAL,
    CENTRAL_MAGIC,
    DESCRIPTOR,
    DESCRIPTOR_64,
    DESCRIPTOR_MAGIC,
    END,
    END_64,
    END_64_MAGIC,
    END_MAGIC,
    LARGE,
    LOCAL,
    LOCAL_MAGIC,
    LOCATOR_64,
    LOCATOR_64_MAGIC,
)  # fmt: skip

__all__ = ["ArchiveWriter", "Bytes"]

Bytes: TypeAlias = bytes | bytearray | memoryview

_CHUNK = 1 << 20
"""So much is written at a time."""

_LIMIT = LARGE
"""Numbers from here on are written in 64 bits."""

_VERSION = b"3\n"
_UTF8, _DESCRIBED_BEHIND = 1 << 11, 1 << 3


class _Written(NamedTuple):
    name: bytes
    flags: int
    checksum: int
    size: int
    offset: int


class ArchiveWriter:
    """An archive that is being written.

    Args:
        write: takes the bytes; of a file, or of anything like one.
        name: the folder that all records are in.
        alignment: records begin at multiples of so many bytes.
        checksums: whether they are computed; 0 is written where not.
    """

    def __init__(
        self,
        write: Callable[[Bytes], Any],
        name: str = "archive",
        alignment: int = ALIGNMENT,
        *,
        checksums: bool = True,
    ) -> None:
        self._write = write
        self._name = name
        self._alignment = alignment
        self._checksums = Checksums() if checksums else None
        self._at = 0
        self._written: list[_Written] = []

    def add(self, name: str, data: Bytes) -> None:
        """Write a record."""
        content = memoryview(data).cast("B")
        size = len(content)
        entry, checksum = self._begin(name, size), Checksum()
        if self._checksums is not None and size:
            self._checksums.add(checksum, content)
        for start in range(0, size, _CHUNK):
            self._put(content[start : start + _CHUNK])
        if self._checksums is not None and checksum.waits:
            self._checksums.wait()
        self._end(entry, checksum.value)

    def add_space(self, name: str, size: int) -> None:
        """Write a record of zeros, to be filled by somebody else."""
        entry, checksum, zeros = self._begin(name, size), Checksum(), memoryview(bytes(min(size, _CHUNK)))
        for start in range(0, size, _CHUNK):
            part = zeros[: size - start]
            if self._checksums is not None:
                checksum.add(part)
            self._put(part)
        self._end(entry, checksum.value)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._checksums is not None:
            self._checksums.close()

    def finish(self) -> None:
        """Write what says which version the archive has and what is in it, and the central directory."""
        self.add("version", _VERSION)
        self.add(".data/serialization_id", self._identity())
        start = self._at
        for entry in self._written:
            self._put(_central(entry))
        self._put(_end(len(self._written), self._at - start, start))

    def _begin(self, name: str, size: int) -> _Written:
        full = f"{self._name}/{name}".encode()
        flags = _UTF8 | (_DESCRIBED_BEHIND if size else 0)
        extra = _extra(size, self._at) if max(size, self._at) >= _LIMIT else b""
        unpadded = self._at + LOCAL.size + len(full) + len(extra) + 4
        padding = -unpadded % self._alignment
        extra += b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
        entry = _Written(full, flags, 0, size, self._at)
        self._put(LOCAL.pack(LOCAL_MAGIC, 0, flags, 0, 0, 0, 0, 0, 0, len(full), len(extra)) + full + extra)
        return entry

    def _end(self, entry: _Written, checksum: int) -> None:
        if entry.size:
            large = max(entry.size, entry.offset) >= _LIMIT
            form = DESCRIPTOR_64 if large else DESCRIPTOR
            self._put(form.pack(DESCRIPTOR_MAGIC, checksum, entry.size, entry.size))
        self._written.append(entry._replace(checksum=checksum))

    def _put(self, data: Bytes) -> None:
        """Write all of it; what is no buffered file may take less at a time."""
        done = self._write(data)
        self._at += len(data)
        while isinstance(done, int) and done < len(data):
            if not done:
                raise OSError(f"the file takes no more: {len(data)} bytes are left to write")
            data = memoryview(data)[done:]
            done = self._write(data)

    def _identity(self) -> bytes:
        """Forty digits that are the same for the same names and contents."""
        names = blake2b(b"\0".join(entry.name for entry in self._written), digest_size=8).digest()
        sums = blake2b(
            b"".join(entry.checksum.to_bytes(4, "little") for entry in self._written), digest_size=8
        ).digest()
        return b"".join(b"%020d" % int.from_bytes(part, "little") for part in (names, sums))


def _extra(size: int, offset: int) -> bytes:
    """The extra field of zip64, with those numbers that do not fit 32 bits."""
    numbers = [number for number in (size, size) if number >= _LIMIT] + ([offset] if offset >= _LIMIT else [])
    content = b"".join(number.to_bytes(8, "little") for number in numbers)
    return b"\x01\x00" + len(content).to_bytes(2, "little") + content if content else b""


def _central(entry: _Written) -> bytes:
    extra = _extra(entry.size, entry.offset)
    size, offset = (LARGE if number >= _LIMIT else number for number in (entry.size, entry.offset))
    header = CENTRAL.pack(
        CENTRAL_MAGIC, 0, 0, entry.flags, 0, 0, 0, entry.checksum, size, size, len(entry.name), len(extra), 0, 0, 0, 0, offset
    )  # fmt: skip
    return header + entry.name + extra


def _end(count: int, size: int, start: int) -> bytes:
    version = 45  # of the format, with 64 bits
    shown = min(count, 0xFFFF)
    return (
        END_64.pack(END_64_MAGIC, END_64.size - 12, 0x1E00 | version, version, 0, 0, count, count, size, start)
        + LOCATOR_64.pack(LOCATOR_64_MAGIC, 0, start + size, 1)
        + END.pack(END_MAGIC, 0, 0, shown, shown, min(size, LARGE), min(start, LARGE), 0)
    )
