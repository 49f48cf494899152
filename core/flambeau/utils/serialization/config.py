"""Options of :func:`flambeau.save` and :func:`flambeau.load` for a whole program.

Source of the semantics: ``torch.utils.serialization.config``.

Example:
    >>> from flambeau.utils.serialization import config
    >>> with config.patch("save.storage_alignment", 4096):
    ...     config.save.storage_alignment
    4096
    >>> config.save.storage_alignment
    64
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["load", "patch", "save"]


class _Options(type):
    """What a class of options is: it has those that it begins with."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if not hasattr(cls, name):
            raise AttributeError(f"torch.utils.serialization.config.{cls.__name__}.{name} does not exist")
        super().__setattr__(name, value)


class load(metaclass=_Options):
    """Options of :func:`flambeau.load`.

    Attributes:
        mmap: map files where a call does not say.
        endianness: the byte order of files that do not name theirs; None is little.
        mmap_flags: how files are mapped, 2 for ``mmap.MAP_PRIVATE``; None on Windows.
        calculate_storage_offsets: taken for PyTorch's sake; nothing depends on it.
    """

    mmap: bool = False
    endianness: Any = None
    mmap_flags: int | None = None if sys.platform == "win32" else 2
    calculate_storage_offsets: bool = False


class save(metaclass=_Options):
    """Options of :func:`flambeau.save`.

    Attributes:
        compute_crc32: whether checksums are computed.
        use_pinned_memory_for_d2h: taken for PyTorch's sake; nothing depends on it.
        storage_alignment: storages begin at multiples of so many bytes.
    """

    compute_crc32: bool = True
    use_pinned_memory_for_d2h: bool = False
    storage_alignment: int = 64


@contextmanager
def patch(arg1: str | dict[str, Any] | None = None, arg2: Any = None, **kwargs: Any) -> Iterator[None]:
    """In a ``with`` block, or in a function that is decorated, let options such as ``"load.mmap"`` have other values.

    Args:
        arg1: the name of an option, or a dict from names to values.
        arg2: the value of the option that ``arg1`` names.

    Raises:
        AttributeError: there is no such option; nothing is changed then.
    """
    changes = (arg1 if isinstance(arg1, dict) else {} if arg1 is None else {arg1: arg2}) | kwargs
    before = [(*_option(name), value) for name, value in changes.items()]
    kept = [getattr(owner, name) for owner, name, _ in before]
    try:
        for owner, name, value in before:
            setattr(owner, name, value)
        yield
    finally:
        for (owner, name, _), value in zip(before, kept, strict=True):
            setattr(owner, name, value)


def _option(path: str) -> tuple[_Options, str]:
    owner, _, name = path.partition(".")
    found = {"load": load, "save": save}.get(owner)
    if found is None or not hasattr(found, name):
        raise AttributeError(f"torch.utils.serialization.config.{path} does not exist")
    return found, name
