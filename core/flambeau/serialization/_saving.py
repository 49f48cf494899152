"""``torch.save``: writes what :func:`flambeau.load` and PyTorch read."""

from __future__ import annotations

import os
import pickle
import sys
from io import BytesIO
from typing import Any

from ._pickling import dump
from ._replacing import replaced
from ._settings import get_crc32_options, skips_data, storage_alignment
from ._versions import check_dill
from ._writer import ArchiveWriter

__all__ = ["save"]

_FORMAT_VERSION = b"1"


def save(
    obj: object,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Save an object so that :func:`load` gives it back, here and, where it is made of tensors, in PyTorch.

    The memories of tensors are written as they are, each once, whatever lies in it; so save ``clone()`` of a small part of a
    large tensor. A path is written whole or not at all: until everything is on the disk, what was there stays.

    Args:
        obj: tensors, modules' ``state_dict``, and Python objects around them; or what else can be pickled.
        f: a path, or a file that can be written to.
        pickle_module: what makes the pickle; its ``Pickler`` must be derived from Python's own one in Python.
        pickle_protocol: of the pickle; :func:`load` reads 2 alone unless it trusts the file.

    Source of the semantics: ``torch.save``.

    Raises:
        RuntimeError: the folder does not exist; or tensors of several dtypes lie in one memory.
        AttributeError: ``f`` is neither a path nor a file.

    Example:
        >>> import io
        >>> import flambeau as torch
        >>> file = io.BytesIO()
        >>> torch.save(torch.arange(3), file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        tensor([0, 1, 2])
    """
    check_dill(pickle_module)
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if not _use_new_zipfile_serialization and skips_data():
        raise RuntimeError("Cannot use skip_data=True with _use_new_zipfile_serialization=False")

    def write(file: Any, folder: str) -> None:
        if _use_new_zipfile_serialization:
            _save(obj, file, folder, pickle_module, pickle_protocol, not _disable_byteorder_record)
        else:
            from ._older import write_older  # which hardly anything asks for

            write_older(obj, file, pickle_module, pickle_protocol)

    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        with replaced(path) as file:
            write(file, _folder(path))
    elif not callable(f.write):
        raise TypeError(f"Buffer of {str(type(f)).strip('<>')} has no callable attribute 'write'")
    else:
        write(f, "archive")
        if hasattr(f, "flush"):
            f.flush()


def _folder(path: str | bytes) -> str:
    """The name of the folder in an archive: that of the file without what is behind the last dot."""
    name = os.path.basename(os.fsdecode(path))
    stem = name[: name.rindex(".")] if "." in name else name
    return stem if stem.isascii() and stem not in ("", ".", "..") and "\\" not in stem else "archive"


def _save(obj: object, file: Any, folder: str, module: Any, protocol: int, with_byte_order: bool) -> None:
    content = BytesIO()
    storages = dump(obj, content, module, protocol)
    alignment = storage_alignment()
    with ArchiveWriter(file.write, folder, alignment, checksums=get_crc32_options()) as archive:
        archive.add("data.pkl", content.getbuffer())
        archive.add(".format_version", _FORMAT_VERSION)
        archive.add(".storage_alignment", b"%d" % alignment)
        if with_byte_order:
            archive.add("byteorder", sys.byteorder.encode())
        for key, stored in storages.items():
            if skips_data():
                archive.add_space(f"data/{key}", stored.memory.nbytes)
            else:
                archive.add(f"data/{key}", stored.data)
        archive.finish()
