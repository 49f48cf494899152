"""Archives, which are unpacked into a folder and nowhere else."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._places import Path

__all__ = ["OPENERS", "damage_told", "extract_archive"]

OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""What opens a compressed file, by the end of its name."""
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, EOFError, lzma.LZMAError, zlib.error)
_TARS = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")


@contextmanager
def damage_told(what: str, hint: str) -> Iterator[None]:
    """Raise what is said of damaged files, which names none, as an error that begins with ``what`` and ends with a hint."""
    try:
        yield
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system, as a full disk
            raise
        raise RuntimeError(f"{what}: {error}. {hint}") from error


def extract_archive(from_path: Path, to_path: Path | None = None, remove_finished: bool = False) -> Path:
    """Unpack an archive, or decompress a file; which of both the name's end says.

    Args:
        from_path: ``.zip``, ``.tar``, ``.tar.gz``, ``.tgz`` and the like, or ``.gz``, ``.bz2``, ``.xz``.
        to_path: the folder, by default the one that the archive is in.
        remove_finished: remove the archive afterwards.

    Returns:
        The folder, or the decompressed file.

    Source of the semantics: ``torchvision.datasets.utils``.

    Raises:
        RuntimeError: the name has another end, or the file is damaged or holds what lies outside the folder.
    """
    path = os.fspath(from_path)
    folder = os.path.dirname(path) if to_path is None else to_path
    name = os.path.basename(path).lower()
    result = folder
    hint = "Remove it and download it again if it was cut off; it is not to be trusted if it writes outside its folder"
    with damage_told(f"{path} cannot be unpacked", hint):
        if name.endswith(_TARS):
            with tarfile.open(path) as tar:
                tar.extractall(folder, filter="data")
        elif name.endswith(".zip"):
            _unzip(path, os.fspath(folder))
        else:
            result = _decompressed(path, os.fspath(folder))
    if remove_finished:
        os.remove(path)
    return result


def _unzip(path: str, to: str) -> None:
    with zipfile.ZipFile(path) as archive:
        inside = os.path.realpath(to)
        for name in archive.namelist():
            target = os.path.realpath(os.path.join(inside, name))
            if os.path.commonpath((inside, target)) != inside:
                raise zipfile.BadZipFile(f"its member {name!r} lies outside the folder {to}")
        archive.extractall(to)


def _decompressed(path: str, folder: str) -> str:
    name, end = os.path.splitext(os.path.basename(path))
    opener = OPENERS.get(end.lower())
    if opener is None:
        known = ", ".join(sorted({".zip", *_TARS, *OPENERS}))
        raise RuntimeError(f"File '{path}' has no known way to be unpacked: the known endings are {known}")
    to = os.path.join(folder, name)
    part = f"{to}.part"
    try:
        with opener(path, "rb") as source, open(part, "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(part, to)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise
    return to
