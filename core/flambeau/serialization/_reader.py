"""Reads an archive of which nothing is taken for granted: every number in it is held against the size of the file.

What is read is at most as large as the file: records that are compressed, that overlap or that reach beyond it are refused,
and so are names that lead elsewhere. The contents are held against their checksums.
"""

from __future__ import annotations

from itertools import pairwise
from struct import error as StructError  # noqa: N812 (an exception in lower case)
from typing import Any, NamedTuple

from ._checksums import Checksum, Checksums
from ._zip import (
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END_64,
    END_64_MAGIC,
    END_MAGIC,
    LARGE,
    LOCAL,
    LOCAL_MAGIC,
    LOCATOR_64,
    LOCATOR_64_MAGIC,
    damaged,
)  # fmt: skip

__all__ = ["ArchiveReader", "Record", "fill", "is_archive"]

_CHUNK = 16 << 20
"""So much is read at a time."""

_UNCHECKED = 64 << 20
"""So many bytes may be read before their checksums are waited for: what has been read is kept until then."""

_MOST_RECORDS = 1 << 21
_READING = "reading zip archive"


class Record(NamedTuple):
    """A record, by the central directory: where its header is, what it may reach to, and what it holds."""

    name: str
    offset: int
    end: int
    size: int
    checksum: int


def is_archive(file: Any) -> bool:
    """Whether a file is an archive from where it stands; it stands there afterwards."""
    start = file.tell()
    magic = file.read(len(LOCAL_MAGIC))
    file.seek(start)
    return bool(magic == LOCAL_MAGIC)


class ArchiveReader:
    """The archive that begins where a file stands and that ends with the file.

    The checksums of large records are known when a ``with`` block of it ends, or :meth:`check` has been called.

    Attributes:
        name: the folder that all records are in.
        size: how many bytes there are from there to the end of the file.

    Raises:
        RuntimeError: it is damaged.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._checksums = Checksums()
        self._unchecked: list[tuple[Record, Checksum]] = []
        self._left = _UNCHECKED
        self._start = file.tell()
        self.size: int = _end_of(file) - self._start
        entries = self._directory()
        self.name = entries[0].name.partition("/")[0] if entries else ""
        self._records = {entry.name: entry for entry in entries}
        if len(self._records) < len(entries):
            raise damaged(_READING, "two records have one name")

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            self._checksums.close()

    def __contains__(self, name: str) -> bool:
        return f"{self.name}/{name}" in self._records

    def record(self, name: str) -> Record:
        """The record of a name.

        Raises:
            RuntimeError: there is none.
        """
        try:
            return self._records[f"{self.name}/{name}"]
        except KeyError:
            raise damaged(f"locating file {name}", "file not found") from None

    def read(self, name: str) -> bytes:
        """The contents of a record.

        Raises:
            RuntimeError: there is none, or it is damaged.
        """
        content = bytearray(self.record(name).size)
        self.read_into(name, memoryview(content))
        self.check()
        return bytes(content)

    def read_into(self, name: str, target: memoryview) -> None:
        """Read a record into memory of its size, which stays as it is until :meth:`check`.

        Raises:
            RuntimeError: there is none, it is damaged, or it has another size.
        """
        record = self.record(name)
        if len(target) != record.size:
            raise damaged(f"reading file {name}", f"it has {record.size} bytes, and {len(target)} were expected")
        self._file.seek(self.data_offset(name))
        checksum = Checksum()
        for start in range(0, record.size, _CHUNK):
            part = target[start : start + _CHUNK]
            fill(self._file, part)
            if record.checksum:  # 0 was written where none was computed
                self._checksums.add(checksum, part)
        self._unchecked.append((record, checksum))
        self._left -= record.size
        if self._left < 0:
            self.check()

    def check(self) -> None:
        """Hold what has been read against its checksums.

        Raises:
            RuntimeError: a record has another one.
        """
        if any(checksum.waits for _, checksum in self._unchecked):
            self._checksums.wait()
        for record, checksum in self._unchecked:
            if record.checksum != checksum.value:
                raise damaged(f"reading file {record.name.partition('/')[2]}", "its checksum is another one")
        self._unchecked.clear()
        self._left = _UNCHECKED

    def data_offset(self, name: str) -> int:
        """Where in the file the contents of a record begin.

        Raises:
            RuntimeError: there is none, or it is damaged.
        """
        record = self.record(name)
        header = self._at(record.offset, LOCAL.size)
        magic, _, flags, method, *_, name_length, extra_length = LOCAL.unpack(header)
        if magic != LOCAL_MAGIC or method or flags & 1:
            raise damaged(f"reading file {name}", "its header is no header of an uncompressed record")
        if self._at(record.offset + LOCAL.size, name_length) != record.name.encode():
            raise damaged(f"reading file {name}", "its header has another name")
        begin = record.offset + LOCAL.size + name_length + extra_length
        if begin + record.size > record.end:
            raise damaged(f"reading file {name}", "it reaches beyond its place")
        return int(self._start + begin)

    # -- the central directory ----------------------------------------------------------------------------------------

    def _directory(self) -> list[Record]:
        count, size, start = self._end()
        if start + size > self.size or count > min(size // CENTRAL.size, _MOST_RECORDS):
            raise damaged(_READING, "the central directory reaches beyond the file")
        content = self._at(start, size)
        entries, at = [], 0
        for _ in range(count):
            entry, at = _entry(content, at)
            entries.append(entry)
        return _bounded(entries, start)

    def _end(self) -> tuple[int, int, int]:
        """How many entries the central directory has, its size, and its place."""
        tail_size = min(self.size, END.size + 0xFFFF)
        tail = self._at(self.size - tail_size, tail_size)
        found = tail.rfind(END_MAGIC)
        if found < 0 or found + END.size > tail_size:
            raise damaged(_READING, "failed finding central directory")
        _, disk, other, _, count, size, start, _ = END.unpack_from(tail, found)
        if disk or other:
            raise damaged(_READING, "it is a part of several")
        if found >= LOCATOR_64.size and tail.startswith(LOCATOR_64_MAGIC, found - LOCATOR_64.size):
            place = LOCATOR_64.unpack_from(tail, found - LOCATOR_64.size)[2]
            return self._end_64(int(place))
        return int(count), size, start

    def _end_64(self, place: int) -> tuple[int, int, int]:
        if place + END_64.size > self.size:
            raise damaged(_READING, "failed finding central directory")
        magic, *_, count, size, start = END_64.unpack(self._at(place, END_64.size))
        if magic != END_64_MAGIC:
            raise damaged(_READING, "failed finding central directory")
        return count, size, start

    def _at(self, offset: int, size: int) -> bytes:
        if offset + size > self.size:
            raise damaged(_READING, "a record lies beyond the end of the file")
        self._file.seek(self._start + offset)
        content = self._file.read(size)
        if len(content) != size:
            raise damaged(_READING, "the file ends too early")
        return bytes(content)


def _end_of(file: Any) -> int:
    file.seek(0, 2)
    return int(file.tell())


def fill(file: Any, target: memoryview) -> None:
    """Read as much as there is room for.

    Raises:
        RuntimeError: the file ends before.
    """
    read_into = getattr(file, "readinto", None)
    while len(target):
        if read_into is not None:
            count = read_into(target) or 0
        else:
            content = file.read(len(target))
            count = len(content)
            target[:count] = content
        if not count:
            raise damaged("reading the file", "the file ends too early")
        target = target[count:]


def _entry(content: bytes, at: int) -> tuple[Record, int]:
    """An entry of the central directory, and where the next one begins."""
    try:
        fields = CENTRAL.unpack_from(content, at)
    except StructError:
        raise damaged(_READING, "the central directory ends too early") from None
    (
        magic,
        _,
        _,
        flags,
        method,
        _,
        _,
        checksum,
        packed,
        size,
        name_length,
        extra_length,
        comment_length,
        disk,
        *_,
        offset,
    ) = fields
    end = at + CENTRAL.size + name_length + extra_length + comment_length
    if magic != CENTRAL_MAGIC or disk or end > len(content):
        raise damaged(_READING, "the central directory is no list of records")
    name = _name(content[at + CENTRAL.size : at + CENTRAL.size + name_length])
    extra = content[end - comment_length - extra_length : end - comment_length]
    size, packed, offset = _wide(extra, size, packed, offset)
    if method or flags & 1 or size != packed:
        raise damaged(
            f"reading file {name}",
            "it is compressed or encrypted, and the records of a checkpoint lie as they are (unpack the file and pack it again "
            "without compression, if you trust it)",
        )
    return Record(name, offset, 0, size, checksum), end


def _name(encoded: bytes) -> str:
    try:
        name = encoded.decode()
    except UnicodeDecodeError:
        raise damaged(_READING, f"a record has the name {encoded[:80]!r}") from None
    if not name or name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise damaged(_READING, f"a record has the name {name[:80]!r}, which leads out of the archive")
    return name


def _wide(extra: bytes, *numbers: int) -> list[int]:
    """Sizes and offset, each from the extra field of zip64 if it does not fit 32 bits."""
    at, wide = 0, b""
    while at + 4 <= len(extra):
        length = int.from_bytes(extra[at + 2 : at + 4], "little")
        if extra[at : at + 2] == b"\x01\x00":
            wide = extra[at + 4 : at + 4 + length]
        at += 4 + length
    result = []
    for number in numbers:
        if number == LARGE:
            if len(wide) < 8:
                raise damaged(_READING, "a record has no size")
            number, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        result.append(number)
    return result


def _bounded(entries: list[Record], end: int) -> list[Record]:
    """The entries in the order of the file, each with the place where the next one, or the directory, begins."""
    ordered = sorted(entries, key=lambda entry: entry.offset)
    places = [entry.offset for entry in ordered] + [end]
    for entry, (begin, after) in zip(ordered, pairwise(places), strict=True):
        if begin + LOCAL.size + len(entry.name.encode()) + entry.size > after:
            raise damaged(f"reading file {entry.name}", "it overlaps what comes behind it")
    return [entry._replace(end=after) for entry, after in zip(ordered, places[1:], strict=True)]
