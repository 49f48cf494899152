"""How files are written and read where a call does not say so: byte order, checksums, mapping, and what may be built."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeAlias

from flambeau.utils.serialization import config

__all__ = [
    "LoadEndianness", "add_safe_globals", "clear_safe_globals", "get_crc32_options", "get_default_load_endianness",
    "get_default_mmap_options", "get_safe_globals", "maps_are_shared", "maps_files", "safe_globals", "set_crc32_options",
    "set_default_load_endianness", "set_default_mmap_options", "skip_data", "skips_data", "storage_alignment", "user_globals",
]  # fmt: skip

SafeGlobal: TypeAlias = Callable[..., Any] | tuple[Callable[..., Any], str]

_WIDEST = 1 << 15
"""The padding has 16 bits for its length."""

_IS_WINDOWS = sys.platform == "win32"
if sys.platform != "win32":
    from mmap import MAP_PRIVATE, MAP_SHARED
else:  # which has neither
    MAP_PRIVATE, MAP_SHARED = 2, 1


class LoadEndianness(Enum):
    """A byte order of files that do not name theirs. Source of the semantics: ``torch.serialization.LoadEndianness``."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Settings:
    safe: tuple[SafeGlobal, ...] = ()


class _OfThread(threading.local):
    skips = False


_settings, _of_thread = _Settings(), _OfThread()


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order of files that do not name theirs; None, the start, is little.

    Source of the semantics: ``torch.serialization.get_default_load_endianness``.
    """
    return config.load.endianness  # type: ignore[no-any-return]


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the byte order of files that do not name theirs. Source: ``torch.serialization.set_default_load_endianness``.

    Raises:
        TypeError: it is no LoadEndianness and not None.
    """
    if not isinstance(endianness, LoadEndianness) and endianness is not None:
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    config.load.endianness = endianness


def get_crc32_options() -> bool:
    """Whether checksums of what is saved are computed and written. Source: ``torch.serialization.get_crc32_options``."""
    return bool(config.save.compute_crc32)


def set_crc32_options(compute_crc32: bool) -> None:
    """Say whether checksums of what is saved are computed; without them a damaged file may be loaded as if it were whole.

    Source of the semantics: ``torch.serialization.set_crc32_options``.
    """
    config.save.compute_crc32 = compute_crc32


def get_default_mmap_options() -> int:
    """How files are mapped, ``mmap.MAP_PRIVATE`` at the start. Source: ``torch.serialization.get_default_mmap_options``."""
    flags = config.load.mmap_flags
    return MAP_PRIVATE if flags is None else flags


def maps_are_shared() -> bool:
    """Whether writes to mapped tensors change the file."""
    return config.load.mmap_flags == MAP_SHARED


class set_default_mmap_options:
    """Set how files are mapped: for good, or in a ``with`` block. Source: ``torch.serialization.set_default_mmap_options``.

    With ``mmap.MAP_PRIVATE`` writes to the tensors stay in this process; with ``mmap.MAP_SHARED`` they change the file.

    Raises:
        ValueError: ``flags`` is neither.
        RuntimeError: on Windows, where there is no choice.
    """

    def __init__(self, flags: int) -> None:
        if _IS_WINDOWS:
            raise RuntimeError("Changing the default mmap options is currently not supported for Windows")
        if flags not in (MAP_PRIVATE, MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got "
                f"{flags}"
            )
        self.prev = config.load.mmap_flags
        config.load.mmap_flags = flags

    def __enter__(self) -> None:
        """Nothing: the flags are set."""

    def __exit__(self, *_: object) -> None:
        config.load.mmap_flags = self.prev


def maps_files() -> bool:
    """Whether files are mapped where a call does not say."""
    return bool(config.load.mmap)


def storage_alignment() -> int:
    """At multiples of how many bytes storages begin in a file.

    Raises:
        ValueError: it is no number that an archive can have.
    """
    bytes_ = config.save.storage_alignment
    if not isinstance(bytes_, int) or not 1 <= bytes_ <= _WIDEST:
        raise ValueError(
            f"config.save.storage_alignment must be a number of bytes from 1 to {_WIDEST}, and it is {bytes_!r}"
        )
    return bytes_


def add_safe_globals(safe_globals: Iterable[SafeGlobal]) -> None:
    """Let files that are loaded with ``weights_only`` name these functions and classes, which loading then calls.

    Args:
        safe_globals: each a function or a class, or a pair of one and the full name that files have for it.

    Source of the semantics: ``torch.serialization.add_safe_globals``.

    Example:
        >>> import io
        >>> from collections import deque
        >>> import flambeau as torch
        >>> file = io.BytesIO()
        >>> torch.save(deque([1, 2]), file)
        >>> _ = file.seek(0)
        >>> with torch.serialization.safe_globals([deque]):
        ...     torch.serialization.get_unsafe_globals_in_checkpoint(file)
        []
    """
    _settings.safe = (*_settings.safe, *(entry for entry in safe_globals if entry not in _settings.safe))


def clear_safe_globals() -> None:
    """Take all of them back. Source of the semantics: ``torch.serialization.clear_safe_globals``."""
    _settings.safe = ()


def get_safe_globals() -> list[SafeGlobal]:
    """Those that were added. Source of the semantics: ``torch.serialization.get_safe_globals``."""
    return list(_settings.safe)


class safe_globals:
    """Functions and classes that files may name inside a ``with`` block. Source: ``torch.serialization.safe_globals``."""

    def __init__(self, safe_globals: Iterable[SafeGlobal]) -> None:
        self.safe_globals = list(safe_globals)

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *_: object) -> None:
        _settings.safe = tuple(entry for entry in _settings.safe if entry not in self.safe_globals)


def user_globals() -> dict[str, Any]:
    """Those that were added by the names that files have for them.

    Raises:
        ValueError, TypeError: one is no function or class, and no pair of one and a name.
    """
    found: dict[str, Any] = {}
    for entry in _settings.safe:
        if isinstance(entry, tuple):
            if len(entry) != 2:
                raise ValueError(
                    f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(entry)}"
                )
            function, name = entry
            if type(name) is not str:
                raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(name)}")
            found[name] = function
        else:
            found[f"{entry.__module__}.{entry.__qualname__}"] = entry
    return found


class skip_data:
    """Save and load without the contents of storages: saving leaves room for them, loading leaves the elements unset.

    Source of the semantics: ``torch.serialization.skip_data``. ``materialize_fake_tensors`` is taken, and there are none.
    """

    def __init__(self, materialize_fake_tensors: bool = False) -> None:
        self.materialize_fake_tensors = materialize_fake_tensors

    def __enter__(self) -> None:
        self._before = _of_thread.skips
        _of_thread.skips = True

    def __exit__(self, *_: object) -> None:
        _of_thread.skips = self._before


def skips_data() -> bool:
    """Whether this thread is in a :class:`skip_data` block."""
    return _of_thread.skips
