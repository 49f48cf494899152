"""Writes a file whole or not at all: what was there before stays until the new contents are on the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import IO

__all__ = ["replaced"]


@contextmanager
def replaced(path: str) -> Iterator[IO[bytes]]:
    """A file to write into that takes the place of ``path`` when the block ends without an error.

    It lies in the same folder, without a name where the system can do that. It gets the permissions of the file that it
    replaces; links are followed. What is no ordinary file, a pipe for one, is written to directly, and so is a file in a folder
    where none can be made.

    Raises:
        RuntimeError: the folder does not exist, ``path`` is one, or it can be no name of a file, in PyTorch's words.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path) or folder} does not exist.")
    try:
        before = _status(target)
    except OSError as error:  # the name is too long, or links go in a circle
        raise RuntimeError(f"open file failed with strerror: {error.strerror}: {path}") from error
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise RuntimeError(f"open file failed with strerror: Is a directory: {path}")
    if not os.path.basename(path):
        raise RuntimeError(f"invalid file name: {path}")
    if (before is not None and not stat.S_ISREG(before.st_mode)) or not os.access(folder, os.W_OK | os.X_OK):
        with open(target, "wb") as file:
            yield file
        return
    if before is not None:
        os.close(os.open(target, os.O_WRONLY))  # a file that must not be written to is not replaced either
    new = _Nameless(folder) if _can_be_nameless(folder) else _Named(folder)
    try:
        with open(new.descriptor, "w+b") as file:
            if before is not None:
                _like(new.descriptor, before)
            yield file
            file.flush()
            os.fsync(new.descriptor)
            new.reach(target)
        new.closed(target)
    except BaseException:
        new.remove()
        raise
    _sync_folder(folder)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _like(descriptor: int, before: os.stat_result) -> None:
    if hasattr(os, "fchmod"):
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _sync_folder(folder: str) -> None:
    """Put the new name on the disk too, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _in_folder(folder: str) -> str:
    return os.path.join(folder, f".{token_hex(8)}.tmp")


class _Named:
    """A new file with a name of its own until it gets the right one."""

    def __init__(self, folder: str) -> None:
        self.name = _in_folder(folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.descriptor = os.open(self.name, flags, 0o666)

    def reach(self, target: str) -> None:
        """Nothing while it is open: not every system renames open files."""

    def closed(self, target: str) -> None:
        """Take the place of ``target``."""
        os.replace(self.name, target)

    def remove(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            os.unlink(self.name)


class _Nameless:
    """A new file without a name, of which nothing is left if the process ends before it gets one."""

    def __init__(self, folder: str) -> None:
        self.folder, self.name = folder, ""
        self.descriptor = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o666)

    def reach(self, target: str) -> None:
        """Take the place of ``target``: under its name at once if there is none yet."""
        try:
            self._link(target)
        except FileExistsError:
            self.name = _in_folder(self.folder)
            self._link(self.name)
            os.replace(self.name, target)
        except OSError:  # the file system gives such files no names
            self._copy(target)

    def _link(self, name: str) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:  # with a folder given, Python follows the link that /proc shows
            os.link(f"/proc/self/fd/{self.descriptor}", name, src_dir_fd=folder)
        finally:
            os.close(folder)

    def _copy(self, target: str) -> None:
        named = _Named(self.folder)
        self.name = named.name
        with open(named.descriptor, "wb") as copy, open(os.dup(self.descriptor), "rb") as source:
            source.seek(0)
            shutil.copyfileobj(source, copy, 1 << 20)
            os.fchmod(named.descriptor, stat.S_IMODE(os.fstat(self.descriptor).st_mode))
            copy.flush()
            os.fsync(named.descriptor)
        named.closed(target)

    def closed(self, target: str) -> None:
        """Nothing is left to do."""

    def remove(self) -> None:
        """Leave nothing behind."""
        if self.name:
            with suppress(OSError):
                os.unlink(self.name)


def _can_be_nameless(folder: str) -> bool:
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir("/proc/self/fd"):
        return False
    try:
        os.close(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o666))
    except OSError:  # the file system has none
        return False
    return True
